"""A stand-in for a Serve replica: a process that writes vLLM's metrics through prometheus_client, as vLLM does.

Names, types, modes and labels are those of vLLM 0.33 (vllm/v1/metrics/loggers.py). It reports what it did as one JSON
line, so that somebody else's sum can be compared with its own, and then lives until it is killed.

    python -m tests.demo.replica RUNNING REQUESTS      (PROMETHEUS_MULTIPROC_DIR set)
"""

import json
import random
import signal
import sys

from prometheus_client import Counter, Gauge, Histogram

LABELS = ["model_name", "engine"]
LATENCY_BUCKETS = (0.3, 0.5, 0.8, 1.0, 1.5, 2.0, 2.5, 5.0, 10.0, 15.0, 20.0, 30.0, 40.0, 50.0, 60.0)
STEP_BUCKETS = (1, 8, 16, 32, 64, 128, 256, 512, 1024, 2048, 4096, 8192, 16384)


def serve(running: int, requests: int) -> dict[str, float]:
    """Write what `requests` answered requests leave behind, with `running` more in the batch; the truth about it."""
    model = ("Qwen/Qwen2.5-7B-Instruct", "0")  # every replica of a model has these labels: engine is no replica id
    gauge = Gauge("vllm:num_requests_running", "Running.", LABELS, multiprocess_mode="mostrecent").labels(*model)
    tokens = Counter("vllm:generation_tokens", "Generated tokens.", LABELS).labels(*model)
    latency = Histogram("vllm:e2e_request_latency_seconds", "Latency.", LABELS, buckets=LATENCY_BUCKETS).labels(*model)
    steps = Histogram("vllm:iteration_tokens_total", "Tokens per step.", LABELS, buckets=STEP_BUCKETS).labels(*model)
    chance = random.Random(running)
    generated = 0
    for _ in range(requests):
        answer = chance.randrange(5, 200)
        tokens.inc(answer)
        latency.observe(chance.lognormvariate(0, 1))
        steps.observe(answer + running)
        generated += answer
    gauge.set(running)
    return {"running": running, "requests": requests, "tokens": generated}


if __name__ == "__main__":
    print(json.dumps(serve(int(sys.argv[1]), int(sys.argv[2]))), flush=True)
    signal.pause()
