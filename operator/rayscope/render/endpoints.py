"""What a Prometheus is told about each port: the same, whichever kind of monitor tells it.

Only fields that Prometheus Operator has had for years: an apply with a field that an older CRD lacks fails as a whole.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from rayscope.model.manifest import Manifest
from rayscope.model.monitor import RayPort, Scrape
from rayscope.model.names import (
    EXPORTER_PORT_NAME,
    RAY_CLUSTER_LABEL,
    RAY_GROUP_LABEL,
    RAY_METRICS_PORT_NAME,
    RAY_NODE_TYPE_LABEL,
)
from rayscope.model.relabeling import Relabeling
from rayscope.model.service import Service
from rayscope.render.essential import PATTERN

SERVICE_TARGET_LABEL = "rayservice"
"""On every series of a service. KubeRay's sample monitors do not set it, so it also tells their copies from ours."""


def target_label(label: str) -> str:
    """A pod label's name as Prometheus writes it."""
    return label.translate(str.maketrans("./-", "___"))


CLUSTER_TARGET_LABEL = target_label(RAY_CLUSTER_LABEL)


def port_endpoints(service: Service, scrape: Scrape, *, exporter: bool, job: str | None = None) -> Iterator[Manifest]:
    """Both ports of a Ray pod, by name: the exporter's, where there is one, and Ray's own unless it is off."""
    if exporter:
        yield endpoint(EXPORTER_PORT_NAME, service, scrape, job=job)
    if scrape.ray is not RayPort.OFF:
        yield endpoint(RAY_METRICS_PORT_NAME, service, scrape, _kept(scrape.ray), job=job)


def endpoint(
    port: str, service: Service, scrape: Scrape, samples: Sequence[Manifest] = (), *, job: str | None = None
) -> Manifest:
    """How the port of that name is scraped. `samples`: our own sample relabelling, before the owner's.

    `job`: name of a ServiceMonitor, whose targets are to have the labels that they would have by a PodMonitor of it.

    Left out on purpose: `honorLabels` (target labels win, so no exporter can pose as another pod), `sampleLimit`
    (Prometheus drops the whole scrape above it: the first thing it would ever do is blind somebody; a cluster's own
    `enforcedSampleLimit` still holds), `attachMetadata` (needs rights on nodes, and no rule of ours uses it).
    """
    metric_relabelings = [*samples, *_written(scrape.metric_relabelings)]
    return {
        "port": port,
        **({"interval": scrape.interval} if scrape.interval else {}),
        **({"scrapeTimeout": scrape.scrape_timeout} if scrape.scrape_timeout else {}),
        "relabelings": [*_target_labels(service), *_as_by_a_pod_monitor(job), *_written(scrape.relabelings)],
        **({"metricRelabelings": metric_relabelings} if metric_relabelings else {}),
    }


def _kept(ray: RayPort) -> list[Manifest]:
    if ray is RayPort.FULL:
        return []
    return [{"action": "keep", "sourceLabels": ["__name__"], "regex": PATTERN}]


def _target_labels(service: Service) -> Iterator[Manifest]:
    """In the spelling that KubeRay's dashboards query; namespace and pod come by themselves."""
    yield {"targetLabel": SERVICE_TARGET_LABEL, "replacement": service.key.name, "action": "replace"}
    for label in (RAY_CLUSTER_LABEL, RAY_NODE_TYPE_LABEL, RAY_GROUP_LABEL):
        name = target_label(label)
        yield {"sourceLabels": [f"__meta_kubernetes_pod_label_{name}"], "targetLabel": name, "action": "replace"}


def _as_by_a_pod_monitor(monitor: str | None) -> Iterator[Manifest]:
    """The job `<namespace>/<monitor>` and no label `service`: so Prometheus Operator has it for one (promcfg.go).

    With the same labels a series goes on when the kind of its monitor changes. With others it would be a second one,
    and every sum twice what it is for as long as Prometheus shows the first (five minutes).
    """
    if monitor:
        yield {"regex": "service", "action": "labeldrop"}
        yield {
            "sourceLabels": ["__meta_kubernetes_namespace"],
            "targetLabel": "job",
            "replacement": f"$1/{monitor}",
            "action": "replace",
        }


def _written(relabelings: Iterable[Relabeling]) -> list[Manifest]:
    """As Prometheus Operator reads them."""
    return [step.model_dump(mode="json", by_alias=True, exclude_none=True) for step in relabelings]
