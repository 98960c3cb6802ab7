"""Services, clusters and settings as they come: names up to the longest that a label takes, any number of clusters."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import jsonpatch
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from rayscope.inject import inject
from rayscope.model.manifest import Manifest
from rayscope.model.monitor import AppRoute, Exporter, Injection, MonitorKind, MonitorSpec, RayPort, Scrape
from rayscope.model.names import (
    EXPORTER_VOLUME,
    MONITOR_LABEL,
    MONITOR_VALUE,
    RAY_ORIGIN_KIND,
    RAY_ORIGIN_KIND_LABEL,
    RAY_ORIGIN_NAME_LABEL,
    exporter_config_map,
)
from rayscope.model.payload import Payload
from rayscope.model.rules import Rules
from rayscope.model.service import Service
from rayscope.render.settings import Settings

Situation = tuple[Service, list[Manifest], MonitorSpec, Settings]
"""What `render` is asked about."""
OWN = "0123456789"
"""Digest of this version's exporter."""
FORMER = "abcdef0123"


def service(name: str = "llm", namespace: str = "team", expected: Sequence[str] = ()) -> Service:
    """A labelled RayService whose status names the clusters `expected`: active first, then pending."""
    roles = zip(("activeServiceStatus", "pendingServiceStatus"), expected, strict=False)
    return Service.of(
        {
            "apiVersion": "ray.io/v1",
            "kind": "RayService",
            "metadata": {
                "name": name,
                "namespace": namespace,
                "uid": "0b5e1c0e-7d8f-4a0e-9d5b-3f3b8c2f6a11",
                "labels": {MONITOR_LABEL: MONITOR_VALUE},
            },
            "status": {role: {"rayClusterName": cluster} for role, cluster in roles},
        }
    )


def pod_spec(mounts: str | None) -> Manifest:
    """A pod's spec that mounts the ConfigMap `mounts` as injection does."""
    if mounts is None:
        return {"containers": [{"name": "ray", "image": "rayproject/ray"}]}
    return {
        "containers": [{"name": "ray", "image": "rayproject/ray"}],
        "volumes": [{"name": "logs"}, {"name": EXPORTER_VOLUME, "configMap": {"name": mounts, "optional": True}}],
    }


def cluster(name: str, of: str = "llm", digest: str | None = None) -> dict[str, Any]:
    """A RayCluster of the service `of`, whose worker pods mount the exporter `digest`."""
    mounts = exporter_config_map(digest) if digest else None
    return {
        "metadata": {
            "name": name,
            "labels": {RAY_ORIGIN_NAME_LABEL: of, RAY_ORIGIN_KIND_LABEL: RAY_ORIGIN_KIND},
        },
        "spec": {
            "headGroupSpec": {"template": {"metadata": None, "spec": pod_spec(None)}},
            "workerGroupSpecs": [{"groupName": "gpu", "template": {"spec": pod_spec(mounts)}}],
        },
    }


def injected(name: str, *families: str, digest: str = OWN) -> Manifest:
    """A RayCluster as the webhook lets it in, whose exporter passes on these families; none means all."""
    bare = cluster(name)
    patch = inject(bare, Payload(exporter=digest, families=families)).patch
    assert patch
    patched: Manifest = jsonpatch.apply_patch(bare, patch)
    return patched


unhurried = hypothesis_settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.too_slow])
"""How fast a machine is says nothing about what is rendered."""
object_names = st.from_regex(r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?", fullmatch=True)
"""DNS labels. KubeRay takes RayServices of up to 47 characters; more must do no harm."""
digests = st.from_regex(r"[0-9a-f]{10}", fullmatch=True)
label_names = st.from_regex(r"([a-z]{1,5}\.[a-z]{1,5}/)?[a-z]{1,10}", fullmatch=True)
label_values = st.from_regex(r"[A-Za-z0-9]{1,10}", fullmatch=True)
services = st.builds(service, object_names, object_names, st.lists(object_names, max_size=2))
label_sets = st.dictionaries(label_names, label_values, max_size=3)
settings = st.builds(Settings, exporter=digests, labels=label_sets, rule_labels=label_sets)
wishes = st.builds(
    MonitorSpec,
    injection=st.builds(
        Injection,
        enabled=st.booleans(),
        exporter=st.builds(Exporter, families=st.sampled_from([(), ("vllm:",), ("vllm:", "http_")])),
    ),
    scrape=st.builds(
        Scrape,
        kind=st.sampled_from(MonitorKind),
        interval=st.none() | st.sampled_from(["15s", "1m"]),
        labels=label_sets,
        ray=st.sampled_from(RayPort),
        app=st.none() | st.just(AppRoute()),
    ),
    rules=st.builds(Rules, enabled=st.booleans()),
)


@st.composite
def situations(draw: st.DrawFn) -> Situation:
    """Clusters of a service, some of them injected."""
    subject, wanted, chosen = draw(services), draw(wishes), draw(settings)
    mounted = draw(st.lists(st.none() | digests, max_size=4))
    names = draw(st.lists(object_names, min_size=len(mounted), max_size=len(mounted), unique=True))
    clusters: list[Manifest] = [
        cluster(name, subject.key.name, digest) for name, digest in zip(names, mounted, strict=True)
    ]
    return subject, clusters, wanted, chosen
