"""For every alert: series in which it fires and resolves again, and series that come near, in which it does not."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from rayscope.model.manifest import Manifest
from rayscope.render.rules.slo import SUBJECTS
from rayscope.render.rules.vocabulary import buckets
from tests.rules.promtool import Series
from tests.rules.rulebook import CLUSTER, INSTALLATION, MODEL, NAMESPACE, SERVICE, THRESHOLD

PLACE = f'namespace="{NAMESPACE}",rayservice="{SERVICE}",ray_io_cluster="{CLUSTER}"'
ENGINE = f'{PLACE},pod="head",pid="7",engine="0",model_name="{MODEL}"'
RAYS = f'{PLACE},pod="head",ReplicaId="x",engine="0",model_name="{MODEL}"'
OF_MODEL = {"namespace": NAMESPACE, "rayservice": SERVICE, "ray_io_cluster": CLUSTER, "model_name": MODEL}
OF_CLUSTER = {key: value for key, value in OF_MODEL.items() if key != "model_name"}
OF_POD = {**OF_CLUSTER, "pod": "head"}


@dataclass(frozen=True)
class Story:
    """Of one alert."""

    alert: str
    severity: str
    labels: Mapping[str, str]
    """Of the alert, besides the severity."""
    series: Series
    silent: str
    fires: str
    resolved: str
    """Times: before, during and after."""
    near: Series
    """It does not fire in these, ever."""
    step: str = "1m"
    rules: tuple[Manifest, ...] = field(default=tuple(INSTALLATION), repr=False)
    """Beside the service's own."""
    way: str = ""
    """What sets it apart from other stories of the alert."""

    def __str__(self) -> str:
        return f"{self.alert} {self.way}".rstrip()

    @property
    def end(self) -> str:
        """Past all of its series, and past the end of what is still under way then."""
        return "3h" if self.step == "1m" else _time(WELL + 260)

    @property
    def firing(self) -> dict[str, str]:
        """The labels of ALERTS."""
        return {"alertname": self.alert, "alertstate": "firing", "severity": self.severity, **self.labels}


def _up(endpoint: str, pod: str = "head") -> str:
    return f'up{{{PLACE},pod="{pod}",endpoint="{endpoint}"}}'


def _engines() -> Iterator[Story]:
    for way, prefix, labels in (("by the exporter", "vllm:", ENGINE), ("by Ray", "ray_vllm_", RAYS)):
        waiting = f"{prefix}num_requests_waiting{{{labels}}}"
        yield Story(
            "VLLMQueueGrowing",
            "warning",
            OF_MODEL,
            {waiting: "0x20 2+1x40 41-2x20 0x20"},
            silent="20m",
            fires="50m",
            resolved="85m",
            near={waiting: "10x90"},
            way=way,
        )
        usage = f"{prefix}kv_cache_usage_perc{{{labels}}}"
        yield Story(
            "VLLMKVCachePressure",
            "warning",
            OF_MODEL,
            {usage: "0.5x10 0.97x20 0.5x20", waiting: "3x50"},
            silent="15m",
            fires="25m",
            resolved="40m",
            near={usage: "0.97x50", waiting: "0x50"},
            way=way,
        )
        preempted = f"{prefix}num_preemptions_total{{{labels}}}"
        yield Story(
            "VLLMPreemptions",
            "warning",
            OF_MODEL,
            {preempted: "0x10 0+6x30 180x20"},
            silent="20m",
            fires="35m",
            resolved="55m",
            near={preempted: "0x10 1x50"},
            way=way,
        )
        stop, error, abort = (
            f'{prefix}request_success_total{{{labels},finished_reason="{reason}"}}'
            for reason in ("stop", "error", "abort")
        )
        yield Story(
            "VLLMRequestsFailing",
            "critical",
            OF_MODEL,
            {stop: "0+60x60", error: "0x10 0+6x25 150x25"},
            silent="15m",
            fires="30m",
            resolved="55m",
            near={stop: "0+60x60", error: "0+1x60", abort: "0+60x60"},
            way=way,
        )


def _hung() -> Iterator[Story]:
    age, running = f"rayscope_vllm_last_step_age_seconds{{{ENGINE}}}", f"vllm:num_requests_running{{{ENGINE}}}"
    yield Story(
        "VLLMEngineHung",
        "critical",
        {**OF_POD, "model_name": MODEL, "pid": "7", "engine": "0"},
        {age: "1x10 60+60x10 1x10", running: "4x31"},
        silent="12m",
        fires="15m",
        resolved="25m",
        near={age: "1+60x60", running: "0x60"},
    )


def _serve() -> Iterator[Story]:
    requests = f'ray_serve_num_http_requests_total{{{PLACE},pod="head",route="/v1",status_code="200"}}'
    errors, strangers = (
        f'ray_serve_num_http_error_requests_total{{{PLACE},pod="head",route="/v1",error_code="{code}"}}'
        for code in ("500", "404")
    )
    yield Story(
        "VLLMServeErrors",
        "critical",
        OF_CLUSTER,
        {requests: "0+60x60", errors: "0x10 0+6x25 150x25"},
        silent="15m",
        fires="30m",
        resolved="55m",
        near={requests: "0+60x60", strangers: "0+30x60", errors: "0+1x60"},
    )
    deployment = f'{PLACE},pod="head",application="default",deployment="LLM"'
    target = f"ray_serve_autoscaling_target_replicas{{{deployment}}}"
    first, second = (f'ray_serve_deployment_replica_healthy{{{deployment},replica="{name}"}}' for name in "ab")
    yield Story(
        "VLLMReplicasMissing",
        "warning",
        {**OF_CLUSTER, "application": "default", "deployment": "LLM"},
        {target: "2x140", first: "1x140", second: "1x59 stale _x50 1x30"},
        silent="70m",
        fires="85m",
        resolved="125m",
        near={target: "1x60 2x80", first: "1x140", second: "_x80 1x60"},
    )


def _unscraped() -> Iterator[Story]:
    exporter, rays = _up("vllm-metrics"), _up("metrics")
    yield Story(
        "RayscopeExporterDown",
        "warning",
        {**OF_POD, "endpoint": "vllm-metrics"},
        {exporter: "1x10 0x20 1x20", rays: "1x50"},
        silent="12m",
        fires="20m",
        resolved="35m",
        near={exporter: "0x20 1x30", rays: "0x20 1x30"},
    )
    yield Story(
        "RayscopeTargetsDown",
        "warning",
        OF_CLUSTER,
        {exporter: "1x10 0x50 1x20", rays: "1x10 0x50 1x20"},
        silent="30m",
        fires="45m",
        resolved="65m",
        near={rays: "0x80", _up("metrics", "worker"): "1x80"},
    )


def _directory() -> Iterator[Story]:
    fill = f'rayscope_exporter_directory_fill_ratio{{{PLACE},pod="head"}}'
    yield Story(
        "RayscopeDirectoryFilling",
        "critical",
        OF_POD,
        {fill: "0.5x10 0.85x20 0.4x20"},
        silent="12m",
        fires="20m",
        resolved="35m",
        near={fill: "0.79x60"},
    )
    garbled, empty = (
        f'rayscope_exporter_read_errors_total{{{PLACE},pod="head",reason="{reason}"}}'
        for reason in ("garbled", "empty")
    )
    yield Story(
        "RayscopeReadErrors",
        "warning",
        {**OF_POD, "reason": "garbled"},
        {garbled: "0x10 0+5x30 150x20"},
        silent="15m",
        fires="30m",
        resolved="55m",
        near={empty: "0+5x60", garbled: "0x10 1x50"},
    )


def _unheard() -> Iterator[Story]:
    """Nobody evaluates the rules, or takes the monitor."""
    rays = _up("metrics")
    yield Story(
        "RayscopeRecordingRulesMissing",
        "warning",
        {"namespace": NAMESPACE, "rayservice": SERVICE},
        {rays: "1x50", f"rayscope_cluster:targets_up:ratio{{{PLACE}}}": "_x30 1x20"},
        silent="10m",
        fires="20m",
        resolved="35m",
        near={rays: "1x10 _x20 1x10", f"rayscope_cluster:targets_up:ratio{{{PLACE}}}": "1x10 _x20 1x10"},
        rules=(),
    )


def _operators() -> Iterator[Story]:
    """Rayscope itself."""
    labels = {"namespace": "rayscope", "job": "rayscope"}
    place, pods = 'namespace="rayscope",job="rayscope"', ("rayscope-a", "rayscope-b")
    first, second = (f'{place},pod="{pod}"' for pod in pods)

    def story(name: str, times: tuple[int, int, int], series: Series, near: Series, **more: str) -> Story:
        silent, fires, resolved = (f"{minutes}m" for minutes in times)
        return Story(name, "warning", {**labels, **more}, series, silent, fires, resolved, near)

    conditions = f'rayscope_monitor_conditions{{{place},type="Selected",status="%s"}}'
    visits = f'rayscope_reconciles_total{{{first},result="%s"}}'
    reviews = f'rayscope_webhook_reviews_total{{{first},operation="CREATE",outcome="%s"}}'
    build, leads = "rayscope_build_info{%s}", "rayscope_leader{%s}"
    expiry = f"rayscope_webhook_certificate_expiry_timestamp_seconds{{{first}}}"
    week, day = 7 * 86400, 86400
    yield from (
        story(
            "RayscopeOperatorAbsent",
            (15, 25, 45),
            {build % first: "1x10 stale _x29 1x30", build % second: "1x10 stale"},
            {build % first: "1x10 stale", build % second: "1x190"},
        ),
        story(
            "RayscopeNoLeader",
            (12, 20, 35),
            {leads % first: "1x10 0x20 1x20", leads % second: "0x50"},
            {leads % first: "1x10 0x80", leads % second: "0x12 1x78"},
        ),
        story(
            "RayscopeReconcilesFailing",
            (20, 35, 60),
            {visits % "done": "0+1x60", visits % "failed": "0x10 0+5x30 150x30"},
            {visits % "done": "0+6x90", visits % "failed": "0+5x90"},
        ),
        story(
            "RayscopeWebhookFailing",
            (8, 15, 40),
            {reviews % "error": "0x10 1x60"},
            {reviews % "error": "0x90", reviews % "injected": "0+3x90"},
        ),
        story(
            "RayscopeCertificateExpiring",
            (30, 70, 90),
            {expiry: f"{week}x80 {60 * day}x40"},
            {expiry: f"{week + day}x90"},
            pod=pods[0],
        ),
        story(
            "RayscopeMonitorNotSelected",
            (10, 30, 45),
            {conditions % "False": "0x5 1x30 0x20"},
            {conditions % "Unknown": "3x60", conditions % "False": "0x20 1x10 0x30"},
        ),
    )


STEP = 15
"""Minutes."""
WELL = 288
"""Steps without a fault: three days, the longest window."""


def _slos() -> Iterator[Story]:
    """Recorded rates as they are: ten events a second, some of them too slow for so many steps."""
    burns = (
        ("1h", "5m", "critical", 5.0, 4, 3, 4),
        ("6h", "30m", "critical", 9.2, 24, 22, 8),
        ("1d", "2h", "warning", 9.55, 80, 75, 30),
        ("3d", "6h", "warning", 9.8, 192, 170, 30),
    )
    for indicator, subject in SUBJECTS.items():
        rate = f'{buckets(subject.histogram)}{{{PLACE},model_name="{MODEL}",le="%s"}}'
        every, good = rate % "+Inf", rate % THRESHOLD
        for long, short, severity, good_ones, steps, fires, after in burns:
            yield Story(
                subject.alert,
                severity,
                {
                    "namespace": NAMESPACE,
                    "rayservice": SERVICE,
                    "model_name": MODEL,
                    "slo": str(indicator),
                    "long_window": long,
                    "short_window": short,
                },
                {
                    every: f"10x{WELL + steps + 2 * after}",
                    good: f"10x{WELL} {good_ones}x{steps - 1} 10x{2 * after}",
                },
                silent=_time(WELL),
                fires=_time(WELL + fires),
                resolved=_time(WELL + steps + after),
                near={every: f"0x{WELL} 0.0033 0x30", good: f"0x{WELL + 31}"},
                step=f"{STEP}m",
                rules=(),
                way=f"{long} and {short}",
            )


def _time(steps: int) -> str:
    return f"{STEP * steps}m"


STORIES = (*_engines(), *_hung(), *_serve(), *_unscraped(), *_directory(), *_unheard(), *_operators(), *_slos())
