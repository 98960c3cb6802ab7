"""The same application, with what Ray Serve LLM puts in the place of vLLM's own logger: it counts in Ray's metrics.

Names are as vLLM's RayPrometheusStatLogger makes them (v1/metrics/ray_wrappers.py): Ray writes `ray_` before them.
"""

from typing import Any

from served import FIRST, LABELS, MODEL, Engine, Model  # type: ignore[import-not-found]  # it is beside this one


class RayEngine(Engine):  # type: ignore[misc]
    """All of vLLM's metrics that Rayscope has a use for, each of which is there as soon as it is counted."""

    def __init__(self) -> None:
        super().__init__()
        self._queue = self._histogram("request_queue_time_seconds", FIRST)
        self._preemptions = self._counter("num_preemptions")
        self._queries = self._counter("prefix_cache_queries")
        self._hits = self._counter("prefix_cache_hits")

    def count(self, prompt: int, tokens: int, latency: float) -> None:
        super().count(prompt, tokens, latency)
        self._queue.observe(latency / 8)
        self._preemptions.inc()
        self._queries.inc(prompt)
        self._hits.inc(prompt)

    def _gauge(self, name: str) -> Any:
        from ray.util.metrics import Gauge  # type: ignore[import-not-found]

        return _labelled(Gauge(f"vllm_{name}", name, tuple(LABELS)))

    def _counter(self, name: str, **more: str) -> Any:
        from ray.util.metrics import Counter

        return _labelled(Counter(f"vllm_{name}", name, (*LABELS, *more)), **more)

    def _histogram(self, name: str, buckets: tuple[float, ...]) -> Any:
        from ray.util.metrics import Histogram

        return _labelled(Histogram(f"vllm_{name}", name, list(buckets), tuple(LABELS)))


def _labelled(metric: Any, **more: str) -> Any:
    metric.set_default_tags({**dict(zip(LABELS, MODEL, strict=True)), **more})
    return metric


app = Model.bind(RayEngine)
