"""What is kept of Ray's own metrics port: the one list, with the reason for every entry.

A Ray node exports thousands of series there (raylet, object store, gRPC, Python), most of them for those who develop
Ray. Kept is what says how a model is served: nothing is here because it might be interesting. A Prometheus still
transfers the whole answer; what this saves is what it stores.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Essential:
    """Metric names worth keeping, and why."""

    names: tuple[str, ...]
    """As RE2, anchored at both ends; by the name that Ray exports, with `_total`, `_bucket`, `_sum`, `_count`."""
    why: str


ESSENTIALS = (
    Essential(
        ("ray_vllm_.+", "ray_vllm:.+"),
        "the engine's own metrics where Ray Serve LLM has replaced vLLM's logger; older versions of Ray write a colon",
    ),
    Essential(
        ("ray_node_gram_used", "ray_node_gram_available"),
        "GPU memory in MiB, which vLLM does not export",
    ),
    Essential(
        ("ray_node_gpus_utilization", "ray_node_gpus_available"),
        "whether the GPUs that a model occupies also work",
    ),
    Essential(
        ("ray_node_gpu_power_milliwatts", "ray_node_gpu_temperature_celsius"),
        "a GPU that is throttled serves slowly, with nothing to see in the engine",
    ),
    Essential(
        ("ray_node_mem_used", "ray_node_mem_total"),
        "Ray kills replicas when a node runs out of memory",
    ),
    Essential(
        ("ray_serve_http_request_latency_ms_(bucket|sum|count)",),
        "latency as the callers see it, whatever serves them",
    ),
    Essential(
        ("ray_serve_deployment_processing_latency_ms_(sum|count)",),
        "which deployment of a chain is slow; without the buckets, which come per replica and route",
    ),
    Essential(
        ("ray_serve_num_http_requests_total", "ray_serve_num_http_error_requests_total"),
        "requests and errors at the door",
    ),
    Essential(
        ("ray_serve_deployment_request_counter_total", "ray_serve_deployment_error_counter_total"),
        "requests and errors by deployment; Ray's LLM dashboard joins engines to deployments through the former",
    ),
    Essential(
        ("ray_serve_deployment_queued_queries", "ray_serve_num_ongoing_http_requests"),
        "requests that wait for a replica, before any engine knows of them",
    ),
    Essential(
        ("ray_serve_num_ongoing_requests_at_replicas", "ray_serve_replica_processing_queries"),
        "concurrent requests, also while the engine's gauges are absent",
    ),
    Essential(
        ("ray_serve_deployment_replica_healthy", "ray_serve_autoscaling_target_replicas"),
        "replicas that there are, and replicas that there should be",
    ),
    Essential(
        ("ray_serve_deployment_replica_starts_total", "ray_serve_health_check_failures_total"),
        "replicas that die and come back",
    ),
    Essential(
        ("ray_serve_deployment_status", "ray_serve_application_status"),
        "what Serve itself says about the health of the whole",
    ),
)

PATTERN = "|".join(name for essential in ESSENTIALS for name in essential.names)
"""All of them as one regular expression, as Prometheus anchors it itself."""
