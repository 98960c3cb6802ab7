"""The ports that a Ray pod uses: those that its containers name, and those that `ray start` takes without naming them.

All containers of a pod share one network, so the exporter's port must be outside all of these.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain

from rayscope.inject.candidate import Candidate
from rayscope.model.manifest import Manifest, mapping
from rayscope.model.names import EXPORTER_CONTAINER, EXPORTER_PORT_NAME

# Ray's defaults (`ray start --help`, KubeRay's utils/constant.go), by rayStartParams key.
_EVERY_NODE = {"metrics-export-port": "8080", "dashboard-agent-listen-port": "52365"}
_HEAD_ONLY = {"port": "6379", "dashboard-port": "8265", "ray-client-server-port": "10001"}
_WORKER_PORTS = ("10002", "19999")
_FIXED = {8000: "Ray Serve's proxy", 44217: "the autoscaler's metrics", 44227: "the dashboard's metrics"}


def port_user(candidate: Candidate) -> str | None:
    """Who uses the candidate's port number, or the name that the exporter's port needs; None if nobody does."""
    return next(chain(_containers(candidate), _ray(candidate)), None)


def _containers(candidate: Candidate) -> Iterator[str]:
    for container, port in candidate.named("ports"):
        if container.get("name") == EXPORTER_CONTAINER:
            continue
        if port.get("containerPort") == candidate.port and (port.get("protocol") or "TCP") == "TCP":
            yield f"port {candidate.port} is used by container {container.get('name')}"
        if port.get("name") == EXPORTER_PORT_NAME:
            yield f"name {EXPORTER_PORT_NAME} belongs to a port of container {container.get('name')}"


def _ray(candidate: Candidate) -> Iterator[str]:
    given = mapping(candidate.group.manifest, "rayStartParams")
    params = {**_EVERY_NODE, **(_HEAD_ONLY if candidate.is_head else {}), **given}
    for key, value in params.items():
        if key.endswith(("port", "ports", "port-list")) and candidate.port in _numbers(value):
            yield f"port {candidate.port} is Ray's {key}"
    if candidate.port in _worker_ports(given):
        yield f"port {candidate.port} is in Ray's range of worker ports"
    if user := _FIXED.get(candidate.port):
        yield f"port {candidate.port} belongs to {user}"


def _numbers(value: object) -> tuple[int, ...]:
    """The port numbers of a parameter, which may be a list; what is no number is Ray's to complain about."""
    return tuple(int(item) for item in str(value).split(",") if item.strip().isdecimal())


def _worker_ports(params: Manifest) -> range:
    """Where workers listen; nowhere in particular if a list is given, or if the lower end is 0 (`ray start --help`)."""
    if params.get("worker-port-list"):
        return range(0)
    ends = zip(("min-worker-port", "max-worker-port"), _WORKER_PORTS, strict=True)
    low, high = (max(_numbers(params.get(key, default)), default=0) for key, default in ends)
    return range(low, high + 1) if low else range(0)
