"""What a service runs on: replicas, engines, clusters and the targets that a Prometheus sees of them."""

from __future__ import annotations

from rayscope.dashboards.source.frame import Row
from rayscope.dashboards.source.panel import Panel, graph
from rayscope.dashboards.source.query import SERVICE, Query, recorded


def replicas() -> Row:
    """Through rollouts, which the marks show."""
    return Row("Replicas and rollouts", [_wanted(), _engines(), _clusters(), _steps(), _targets(), _restarts()])


def _wanted() -> Panel:
    return graph(
        "Replicas, by deployment",
        "What Serve wants, and what is healthy. During a rollout both clusters have theirs. "
        "From Ray Serve, on Ray's own port.",
        Query(
            recorded(
                "sum", "rayscope_deployment:serve_replicas_target:max", "application", "deployment", select=SERVICE
            ),
            "wanted {{application}}/{{deployment}}",
        ),
        Query(
            recorded(
                "sum", "rayscope_deployment:serve_replicas_healthy:sum", "application", "deployment", select=SERVICE
            ),
            "healthy {{application}}/{{deployment}}",
        ),
        unit="short",
    )


def _engines() -> Panel:
    return graph(
        "Engines, by cluster",
        "vLLM engines that report. Fewer than there are replicas: some start, or write nothing. Where Ray's logger is "
        "the source, only those that are busy.",
        Query(recorded("sum", "rayscope_model:engines:count", "ray_io_cluster"), "{{ray_io_cluster}}"),
        unit="short",
        stacked=True,
    )


def _clusters() -> Panel:
    return graph(
        "Tokens generated per second, by cluster",
        "Which of two clusters has the traffic during a rollout. From vLLM's generation_tokens_total.",
        Query(recorded("sum", "rayscope_model:generation_tokens:rate5m", "ray_io_cluster"), "{{ray_io_cluster}}"),
        unit="short",
        stacked=True,
    )


def _steps() -> Panel:
    engines = "on (namespace, pod, pid, engine, model_name)"
    busy = f"vllm:num_requests_running{{{SERVICE}}} > 0"
    return graph(
        "Age of the last step of busy engines",
        "An engine that has requests and makes no steps hangs, whatever its health check says. From the exporter's "
        "rayscope_vllm_last_step_age_seconds, of engines with requests running.",
        Query(f"rayscope_vllm_last_step_age_seconds{{{SERVICE}}} and {engines} ({busy})", "{{pod}} {{pid}}"),
        unit="s",
        limits=[(60, "red")],
    )


def _targets() -> Panel:
    return graph(
        "Targets, by port",
        "Pods that Prometheus scrapes: vllm-metrics is the exporter, metrics is Ray's own port. From `up`.",
        Query(f"sum by (endpoint) (up{{{SERVICE}}})", "up {{endpoint}}"),
        Query(f"count by (endpoint) (up{{{SERVICE}}})", "all {{endpoint}}"),
        unit="short",
    )


def _restarts() -> Panel:
    started = f"ray_serve_deployment_replica_starts_total{{{SERVICE}}}"
    return graph(
        "Replicas started",
        "Starts of replicas in five minutes. Without a rollout or scaling, replicas die and come back. "
        "From Ray Serve, on Ray's own port.",
        Query(f"sum by (application, deployment) (increase({started}[5m]))", "{{application}}/{{deployment}}"),
        unit="short",
    )
