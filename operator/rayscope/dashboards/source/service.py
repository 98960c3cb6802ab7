"""One service, from what its users feel down to the memory of its GPUs."""

from __future__ import annotations

from collections.abc import Iterable

from grafana_foundation_sdk.builders import dashboard as d

from rayscope.dashboards.source.batches import batches
from rayscope.dashboards.source.frame import IN_SIGHT, Board, board, choice
from rayscope.dashboards.source.glance import glance
from rayscope.dashboards.source.latency import latency
from rayscope.dashboards.source.memory import memory
from rayscope.dashboards.source.objectives import objectives
from rayscope.dashboards.source.panel import DATA_SOURCE
from rayscope.dashboards.source.replicas import replicas
from rayscope.dashboards.source.throughput import throughput

CLUSTERS = 'group by (ray_io_cluster) (up{{rayservice="$service", namespace="$namespace"}}{offset})'
EARLIER = " offset 2m"


def service() -> Board:
    """The dashboard."""
    rows = [glance(), latency(), throughput(), batches(), memory(), objectives(), replicas()]
    made = board(
        "service",
        "vLLM on Ray / One service",
        "One RayService: latency, concurrency, tokens, batches, memory, and its clusters through rollouts.",
        _choices(),
        rows,
    )
    for mark in _rollouts():
        made.annotation(mark)
    return made


def _choices() -> Iterable[d.QueryVariable]:
    scraped = 'up{rayservice!="", namespace="$namespace"}'
    ours = 'up{rayservice="$service", namespace="$namespace"}'
    models = 'rayscope_model:prompt_tokens:rate5m{rayservice="$service", namespace="$namespace"}'
    yield choice("namespace", "Namespace", 'label_values(up{rayservice!=""}, namespace)', "Where the service lives.")
    yield choice("service", "Service", f"label_values({scraped}, rayservice)", "The RayService.")
    yield choice(
        "cluster",
        "Cluster",
        f"label_values({ours}, ray_io_cluster)",
        "Its RayClusters: two during a rollout.",
        several=True,
    )
    yield choice("model", "Model", f"label_values({models}, model_name)", "The models that it serves.", several=True)


def _rollouts() -> Iterable[d.AnnotationQuery]:
    """Marks by what is scraped: a cluster that was not there two minutes ago, and one that was."""
    now, earlier = CLUSTERS.format(offset=""), CLUSTERS.format(offset=EARLIER)
    yield _mark("Cluster comes", f"{now} unless {earlier}", "blue", "a new RayCluster: the first scrape of it")
    yield _mark("Cluster goes", f"{earlier} unless {now}", "purple", "a RayCluster has gone: no scrape of it any more")


def _mark(name: str, expr: str, colour: str, text: str) -> d.AnnotationQuery:
    return (
        d.AnnotationQuery()
        .name(name)
        .datasource(DATA_SOURCE)
        .expr(expr)
        .icon_color(colour)
        .title_format("{{ray_io_cluster}}")
        .text_format(text)
        .step("30s")
        .placement(IN_SIGHT)
    )
