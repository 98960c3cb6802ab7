"""A Serve application that counts as vLLM does, and keeps a ledger of what it counts.

Names, types, modes, labels and buckets are those of vLLM 0.33 (v1/metrics/loggers.py). The client says how much there
is to count, so that its own sums can be compared with Prometheus'. The ledger is never in the metrics directory.
"""

import asyncio
import json
import os
from pathlib import Path
from typing import Any

from fastapi import FastAPI
from ray import serve  # type: ignore[import-not-found]  # it is in the image

from rayscope.endpoint import MetricsEndpoint

FOLDER = Path("/tmp/e2e")  # a volume: the ledger outlives the container
LABELS = ["model_name", "engine"]
MODEL = ("tiny", "0")  # of every replica: engine is no replica id
LATENCY = (
    *(0.3, 0.5, 0.8, 1.0, 1.5, 2.0, 2.5, 5.0, 10.0, 15.0, 20.0, 30.0, 40.0, 50.0, 60.0),
    *(120.0, 240.0, 480.0, 960.0, 1920.0, 7680.0),
)
FIRST = (
    *(0.001, 0.005, 0.01, 0.02, 0.04, 0.06, 0.08, 0.1, 0.25, 0.5, 0.75, 1.0, 2.5, 5.0, 7.5),
    *(10.0, 20.0, 40.0, 80.0, 160.0, 640.0, 2560.0),
)
BETWEEN = (0.01, 0.025, 0.05, 0.075, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.75, 1.0, 2.5, 5.0, 7.5, 10.0, 20.0, 40.0, 80.0)
STEPS = (1, 8, 16, 32, 64, 128, 256, 512, 1024, 2048, 4096, 8192, 16384)

api = FastAPI()
api.add_route("/metrics", MetricsEndpoint())  # type: ignore[arg-type]  # an ASGI app is one, too


class Ledger:
    """A line before what it tells is counted, and one after: whatever ends the process, the truth lies between."""

    def __init__(self) -> None:
        folder = FOLDER / "ledger"
        folder.mkdir(parents=True, exist_ok=True)
        self._file = os.open(folder / f"{os.getpid()}.jsonl", os.O_WRONLY | os.O_CREAT | os.O_APPEND)

    def write(self, step: str, prompt: int, tokens: int, latency: float) -> None:
        line = {"step": step, "prompt": prompt, "tokens": tokens, "latency": latency}
        os.write(self._file, json.dumps(line).encode() + b"\n")


class Engine:
    """vLLM's metrics, of one engine."""

    def __init__(self) -> None:
        self.running = self._gauge("num_requests_running")
        self.waiting = self._gauge("num_requests_waiting")
        self.cache = self._gauge("kv_cache_usage_perc")
        self.prompt = self._counter("prompt_tokens")
        self.generated = self._counter("generation_tokens")
        self.success = self._counter("request_success", finished_reason="stop")
        self.latency = self._histogram("e2e_request_latency_seconds", LATENCY)
        self.first = self._histogram("time_to_first_token_seconds", FIRST)
        self.between = self._histogram("inter_token_latency_seconds", BETWEEN)
        self.steps = self._histogram("iteration_tokens_total", STEPS)
        for gauge in (self.running, self.waiting, self.cache):
            gauge.set(0)

    def hold(self, requests: int) -> None:
        """Told again and again, as an engine does at each of its steps: Ray forgets a gauge that nobody sets."""
        self.running.set(requests)
        self.waiting.set(0)
        self.cache.set(requests / 128)

    def count(self, prompt: int, tokens: int, latency: float) -> None:
        self.prompt.inc(prompt)
        self.generated.inc(tokens)
        self.first.observe(latency / 4)
        self.between.observe(latency / 64)
        self.steps.observe(prompt + tokens)
        self.latency.observe(latency)
        self.success.inc()

    def _gauge(self, name: str) -> Any:
        from prometheus_client import Gauge

        return Gauge(f"vllm:{name}", name, LABELS, multiprocess_mode="mostrecent").labels(*MODEL)

    def _counter(self, name: str, **more: str) -> Any:
        from prometheus_client import Counter

        return Counter(f"vllm:{name}", name, [*LABELS, *more]).labels(*MODEL, *more.values())

    def _histogram(self, name: str, buckets: tuple[float, ...]) -> Any:
        from prometheus_client import Histogram

        return Histogram(f"vllm:{name}", name, LABELS, buckets=buckets).labels(*MODEL)


def _own() -> Any:
    """What is not vLLM's, so that the exporter leaves it to the application's own route."""
    from prometheus_client import Counter

    return Counter("app_answers", "Answers")


# One slot each: the cluster's groups say how many replicas are in each of their pods.
@serve.deployment(
    num_replicas=4,
    max_ongoing_requests=100,
    health_check_period_s=1,
    ray_actor_options={"num_cpus": 0.1, "resources": {"slot": 1}},
)
@serve.ingress(api)
class Model:
    def __init__(self, engine: type[Engine] = Engine) -> None:
        self._ledger = Ledger()
        self._engine = engine()
        self._held = 0
        self._answers = _own()

    @api.get("/generate")
    async def generate(self, prompt: int, tokens: int, latency: float, until: str = "") -> dict[str, int]:
        """Answer at once, or when the file UNTIL is there."""
        self._ledger.write("intended", prompt, tokens, latency)
        if until:
            await self._hold(FOLDER / until)
        self._engine.count(prompt, tokens, latency)
        self._ledger.write("committed", prompt, tokens, latency)
        self._answers.inc()
        return {"prompt": prompt, "tokens": tokens}

    async def _hold(self, release: Path) -> None:
        self._held += 1
        self._engine.hold(self._held)
        while not release.exists():  # noqa: ASYNC240  # made by another process
            await asyncio.sleep(0.05)
            self._engine.hold(self._held)
        self._held -= 1
        self._engine.hold(self._held)


app = Model.bind()  # type: ignore[attr-defined]  # the decorator gives it
