"""What usually runs out first: KV cache and GPU memory."""

from __future__ import annotations

from rayscope.dashboards.source.frame import Row
from rayscope.dashboards.source.panel import Panel, graph
from rayscope.dashboards.source.query import SERVICE, Query, ratio, recorded

USED = "rayscope_pod:gpu_memory_used_bytes:sum"
TOTAL = "rayscope_pod:gpu_memory_total_bytes:sum"


def memory() -> Row:
    """Cache, what follows when it is full, and the GPUs."""
    return Row("Memory", [_cache(), _preemptions(), _gpu(), _gpu_share()])


def _cache() -> Panel:
    return graph(
        "KV cache",
        "How full the cache of keys and values is: this, not GPU memory, is what load fills. Near 100 % requests "
        "wait, or are preempted. From vLLM's kv_cache_usage_perc, which is a share in spite of its name.",
        Query(
            recorded("max", "rayscope_model:kv_cache_usage_ratio:max", "model_name"), "fullest engine {{model_name}}"
        ),
        Query(recorded("avg", "rayscope_model:kv_cache_usage_ratio:avg", "model_name"), "average {{model_name}}"),
        unit="percentunit",
        highest=1,
        limits=[(0.8, "orange"), (0.95, "red")],
    )


def _preemptions() -> Panel:
    return graph(
        "Preemptions",
        "Requests that were thrown out of a batch for want of cache, and will be computed again. From vLLM's "
        "num_preemptions_total, per second over five minutes.",
        Query(recorded("sum", "rayscope_model:num_preemptions:rate5m", "model_name"), "{{model_name}}"),
        unit="cps",
    )


def _gpu() -> Panel:
    return graph(
        "GPU memory used, by pod",
        "vLLM reserves its share at its start, so this is flat: a step is a restart or another process. From Ray's "
        "ray_node_gram_used, or DCGM where Ray has none; both are MiB, shown in bytes. Not seen on hardware by us.",
        Query(recorded("sum", USED, "pod", select=SERVICE), "{{pod}}"),
        unit="bytes",
    )


def _gpu_share() -> Panel:
    used, total = (recorded("sum", series, "pod", select=SERVICE) for series in (USED, TOTAL))
    return graph(
        "GPU memory used, share",
        "Used of all the GPU memory of a pod's node. From ray_node_gram_used and ray_node_gram_available, or DCGM. Not "
        "seen on hardware by us.",
        Query(ratio(used, total), "{{pod}}"),
        unit="percentunit",
        highest=1,
    )
