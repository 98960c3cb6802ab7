"""What is recorded around the engines: GPU memory, Serve's door and its replicas, and whether targets answer.

GPU memory is MiB in both of its sources (Ray's description says bytes; its own dashboard multiplies), bytes here.
"""

from __future__ import annotations

from collections.abc import Iterator

from rayscope.render.rules.promql import CLUSTER_LABELS, first_of, over, rate, selected
from rayscope.render.rules.recorded import Recorded

POD_LABELS = (*CLUSTER_LABELS, "pod")
PLACE = ("namespace", "pod")
DEPLOYMENT_LABELS = (*CLUSTER_LABELS, "application", "deployment")
MIB = "1024 ^ 2"
UP = "rayscope_cluster:targets_up:ratio"
REQUESTS = "rayscope_cluster:serve_http_requests:rate5m"
ERRORS = "rayscope_cluster:serve_http_errors:rate5m"
TARGET = "rayscope_deployment:serve_replicas_target:max"
HEALTHY = "rayscope_deployment:serve_replicas_healthy:sum"


def gpus() -> Iterator[Recorded]:
    """GPU memory by pod: what Ray says of its nodes, else what DCGM's exporter says of pods."""
    used, free = "ray_node_gram_used", "ray_node_gram_available"
    rays = (_by_pod(used), f"({_by_pod(used)} + {_by_pod(free)})")
    dcgm = (_dcgm("DCGM_FI_DEV_FB_USED"), f"({_dcgm('DCGM_FI_DEV_FB_USED')} + {_dcgm('DCGM_FI_DEV_FB_FREE')})")
    for what, ray, other in zip(("used", "total"), rays, dcgm, strict=True):
        alternatives = (f"{MIB} * {ray}", f"{MIB} * {other}\n{_of_service()}")
        yield Recorded(f"rayscope_pod:gpu_memory_{what}_bytes:sum", first_of(alternatives, PLACE))


def serve() -> Iterator[Recorded]:
    """What callers meet, and how many replicas there are for them."""
    yield Recorded(REQUESTS, over("sum", CLUSTER_LABELS, rate("ray_serve_num_http_requests_total")))
    errors = over("sum", CLUSTER_LABELS, rate("ray_serve_num_http_error_requests_total", 'error_code=~"5.."'))
    yield Recorded(ERRORS, f"{errors}\nor\n0 * {selected(REQUESTS)}")
    target = over("max", DEPLOYMENT_LABELS, selected("ray_serve_autoscaling_target_replicas"))
    healthy = over("sum", DEPLOYMENT_LABELS, selected("ray_serve_deployment_replica_healthy"))
    yield Recorded(TARGET, target)
    yield Recorded(HEALTHY, f"{healthy}\nor\n0 * {selected(TARGET)}")
    yield Recorded(UP, over("avg", CLUSTER_LABELS, selected("up")))


def _by_pod(series: str) -> str:
    return over("sum", POD_LABELS, selected(series))


def _dcgm(series: str) -> str:
    """By the pod that has the GPU, which DCGM's exporter names itself: `exported_pod`, or `pod` with honorLabels."""
    renamed = f'{series}{{exported_pod!=""}}'
    for label in PLACE:
        renamed = f'label_replace({renamed}, "{label}", "$1", "exported_{label}", "(.+)")'
    return over("sum", PLACE, f'{renamed} or {series}{{exported_pod=""}}')


def _of_service() -> str:
    """DCGM knows no services: the pods are those that our monitors scrape."""
    joined = f"* on ({', '.join(PLACE)}) group_left ({', '.join(CLUSTER_LABELS[1:])})"
    return f"{joined}\n{over('group', POD_LABELS, selected('up'))}"
