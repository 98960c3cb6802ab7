"""Alerts on the engines of a service, and on what its callers meet, besides its SLOs.

None of them speaks while a cluster starts or is drained, or while there is nothing to serve: a rollout and a scale to
zero are no faults.
"""

from __future__ import annotations

from collections.abc import Iterator

from rayscope.render.rules import surroundings
from rayscope.render.rules.alert import Alert
from rayscope.render.rules.scope import Scope
from rayscope.render.rules.vocabulary import MODEL

WHERE = "{{ $labels.rayservice }} (cluster {{ $labels.ray_io_cluster }}, model {{ $labels.model_name }})"
CLUSTER = "{{ $labels.rayservice }} (cluster {{ $labels.ray_io_cluster }})"


def engine_alerts(scope: Scope) -> Iterator[Alert]:
    yield from (_queue(scope), _cache(scope), _preemptions(scope), _failures(scope), _hung(scope))
    yield from (_door(scope), _replicas(scope))


def _queue(scope: Scope) -> Alert:
    waiting = f"{scope.series(f'{MODEL}:num_requests_waiting:sum')}[15m]"
    return Alert(
        name="VLLMQueueGrowing",
        severity="warning",
        expression=f"deriv({waiting}) * 900 > 5\nand\nmin_over_time({waiting}) > 0",
        hold="5m",
        summary="{{ $labels.rayservice }}: the queue of {{ $labels.model_name }} grows.",
        description=f"The queue of {WHERE} has not been empty for 15 minutes, and grew by "
        "{{ $value | humanize }} requests in that time: more arrives than is served.",
    )


def _cache(scope: Scope) -> Alert:
    usage, waiting = (
        scope.series(f"{MODEL}:{what}") for what in ("kv_cache_usage_ratio:max", "num_requests_waiting:sum")
    )
    return Alert(
        name="VLLMKVCachePressure",
        severity="warning",
        expression=f"{usage} > 0.95\nand\n{waiting} > 0",
        hold="10m",
        summary="{{ $labels.rayservice }}: the KV cache of {{ $labels.model_name }} is full, and requests wait for it.",
        description=f"The fullest engine of {WHERE} has {{{{ $value | humanizePercentage }}}} of its KV cache in use, "
        "and requests wait. What cannot be held is preempted and computed again.",
    )


def _preemptions(scope: Scope) -> Alert:
    return Alert(
        name="VLLMPreemptions",
        severity="warning",
        expression=f"{scope.series(f'{MODEL}:num_preemptions:rate5m')} > 0",
        hold="15m",
        summary="{{ $labels.rayservice }}: engines of {{ $labels.model_name }} throw requests out of the batch.",
        description=f"Engines of {WHERE} have preempted {{{{ $value | humanize }}}} requests a second for 15 minutes: "
        "the KV cache is too small for what is asked at once.",
    )


def _failures(scope: Scope) -> Alert:
    return Alert(
        name="VLLMRequestsFailing",
        severity="critical",
        expression=f"{scope.series(f'{MODEL}:requests_failed:ratio_rate5m')} > 0.05",
        hold="10m",
        summary="{{ $labels.rayservice }}: requests to {{ $labels.model_name }} end in errors.",
        description=f"{{{{ $value | humanizePercentage }}}} of the requests to {WHERE} end with finished_reason=error.",
    )


def _hung(scope: Scope) -> Alert:
    age = scope.series("rayscope_vllm_last_step_age_seconds")
    running = scope.series("vllm:num_requests_running")
    return Alert(
        name="VLLMEngineHung",
        severity="critical",
        expression=f"{age} > 60\nand on (namespace, pod, pid, engine, model_name)\n{running} > 0",
        hold="1m",
        summary="{{ $labels.rayservice }}: an engine in pod {{ $labels.pod }} hangs.",
        description=f"Process {{{{ $labels.pid }}}} of pod {{{{ $labels.pod }}}} of {WHERE} has requests in its batch, "
        "and has made no step for {{ $value | humanizeDuration }}. Its health check may well be green.",
    )


def _door(scope: Scope) -> Alert:
    errors, requests = scope.series(surroundings.ERRORS), scope.series(surroundings.REQUESTS)
    return Alert(
        name="VLLMServeErrors",
        severity="critical",
        expression=f"{errors} / ({requests} > 0) > 0.05",
        hold="10m",
        summary="{{ $labels.rayservice }}: Ray Serve answers with 5xx.",
        description=f"{{{{ $value | humanizePercentage }}}} of the HTTP requests to {CLUSTER} are answered with a 5xx.",
    )


def _replicas(scope: Scope) -> Alert:
    """A new target is given half an hour to be met: models load for long. A loss is told after a quarter of one."""
    healthy, target = scope.series(surroundings.HEALTHY), scope.series(surroundings.TARGET)
    return Alert(
        name="VLLMReplicasMissing",
        severity="warning",
        expression=f"{healthy} < {target}\nand\n{target} == {target} offset 30m",
        hold="15m",
        summary="{{ $labels.rayservice }}: replicas of deployment {{ $labels.deployment }} are missing.",
        description=f"Deployment {{{{ $labels.deployment }}}} of {CLUSTER} has {{{{ $value }}}} healthy replicas, "
        "fewer than Serve has wanted for more than half an hour.",
    )
