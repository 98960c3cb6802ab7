"""All services at once: which of them needs somebody, and a way to each."""

from __future__ import annotations

from collections.abc import Iterable

from rayscope.dashboards.source.frame import Board, Row, board, choice, uid
from rayscope.dashboards.source.panel import Panel, graph, number
from rayscope.dashboards.source.query import ANY_SERVICE, Query, quantile, ratio, recorded
from rayscope.dashboards.source.table import Column, Rows, table

EACH = ("namespace", "rayservice")
LEGEND = "{{namespace}}/{{rayservice}}"
TO_SERVICE = (
    f"/d/{uid('service')}?var-datasource=${{datasource}}&var-namespace=${{__data.fields.Namespace}}"
    "&var-service=${__data.fields.Service}&${__url_time_range}"
)
FULL = ((0.8, "orange"), (0.95, "red"))
SOME_FAIL = ((0.01, "orange"), (0.05, "red"))


def overview() -> Board:
    """The dashboard."""
    namespaces = choice(
        "namespace",
        "Namespace",
        'label_values(up{rayservice!=""}, namespace)',
        "Where the services live.",
        several=True,
    )
    return board(
        "overview",
        "vLLM on Ray / All services",
        "Every labelled RayService: load, latency, errors, memory. Click on one for more.",
        [namespaces],
        [Row("Now", [*_totals(), _services()]), Row("Service level objectives", [_objectives()]), *_over_time()],
    )


def _all(aggregate: str, series: str, *by: str) -> str:
    return recorded(aggregate, series, *by, select=ANY_SERVICE)


def _each(series: str, aggregate: str = "sum") -> str:
    return _all(aggregate, series, *EACH)


def _slowest(share: float, family: str) -> str:
    return quantile(share, family, *EACH, select=ANY_SERVICE)


FAILED = 'rayscope_model:requests_finished:rate5m{{finished_reason="error", {select}}}'


def _failed(*by: str) -> str:
    """Of what finished in these services, what failed; 0 where nothing did."""
    grouping = f" by ({', '.join(by)})" if by else ""
    failed = f"sum{grouping} ({FAILED.format(select=ANY_SERVICE)})"
    whole = _all("sum", "rayscope_model:requests_finished:rate5m", *by)
    return ratio(f"({failed} or 0 * {whole})", whole)


def _totals() -> Iterable[Panel]:
    up = f"up{{{ANY_SERVICE}}}"
    yield number(
        "Services",
        "Labelled services that a Prometheus scrapes. From `up`.",
        Query(f"count(count by (namespace, rayservice) ({up}))"),
        unit="short",
    )
    yield number(
        "Targets down",
        "Ports of Ray pods that did not answer the last scrape. From `up`. While pods start or end, some are.",
        Query(f"count({up} == 0) or 0 * count({up})"),
        unit="short",
        limits=[(1, "orange")],
    )
    yield number(
        "Requests running",
        "Requests in the batches of all engines. From vLLM's num_requests_running.",
        Query(_all("sum", "rayscope_model:num_requests_running:sum")),
        unit="short",
    )
    yield number(
        "Requests waiting",
        "Requests that wait for a place in a batch. From vLLM's num_requests_waiting.",
        Query(_all("sum", "rayscope_model:num_requests_waiting:sum")),
        unit="short",
        limits=[(1, "orange")],
    )
    yield number(
        "Tokens generated per second",
        "By all engines, over five minutes. From vLLM's generation_tokens_total.",
        Query(_all("sum", "rayscope_model:generation_tokens:rate5m")),
        unit="short",
        decimals=0,
    )
    yield number(
        "Failed",
        "Of the requests that finished in five minutes, those with finished_reason error. Nothing while none finishes.",
        Query(_failed()),
        unit="percentunit",
        limits=SOME_FAIL,
    )
    yield number(
        "Fullest KV cache",
        "The one engine that has the least room. Above 95 % it preempts requests. From vLLM's kv_cache_usage_perc.",
        Query(_all("max", "rayscope_model:kv_cache_usage_ratio:max")),
        unit="percentunit",
        limits=FULL,
    )
    yield number(
        "Alerts firing",
        "Alerts about these services. From ALERTS, so as seen by this Prometheus.",
        Query(f'count(ALERTS{{alertstate="firing", {ANY_SERVICE}}}) or 0 * count({up})'),
        unit="short",
        limits=[(1, "red")],
    )


def _services() -> Panel:
    up = f"avg by (namespace, rayservice) (up{{{ANY_SERVICE}}})"
    return table(
        "Each service",
        "One row a service; a click on its name opens its dashboard. An empty cell: no such numbers now, e.g. no "
        "request finished in five minutes, or no GPU. From the recorded series (docs/rules.md) and `up`.",
        Rows({"namespace": "Namespace", "rayservice": "Service"}, {"rayservice": ("Open this service", TO_SERVICE)}),
        Column("Targets up", up, "percentunit"),
        Column("Replicas", _each("rayscope_deployment:serve_replicas_healthy:sum")),
        Column("Wanted", _each("rayscope_deployment:serve_replicas_target:max")),
        Column("Running", _each("rayscope_model:num_requests_running:sum")),
        Column("Waiting", _each("rayscope_model:num_requests_waiting:sum"), limits=[(1, "orange")]),
        Column("TTFT p95", _slowest(0.95, "time_to_first_token_seconds"), "s"),
        Column("Inter-token p95", _slowest(0.95, "inter_token_latency_seconds"), "s"),
        Column("End to end p95", _slowest(0.95, "e2e_request_latency_seconds"), "s"),
        Column("Tokens out/s", _each("rayscope_model:generation_tokens:rate5m"), decimals=0),
        Column("Tokens in/s", _each("rayscope_model:prompt_tokens:rate5m"), decimals=0),
        Column("Failed", _failed(*EACH), "percentunit", SOME_FAIL),
        Column("KV cache", _each("rayscope_model:kv_cache_usage_ratio:max", "max"), "percentunit", FULL),
        Column("GPU memory", _gpu_memory(), "percentunit"),
    )


def _gpu_memory() -> str:
    return ratio(_each("rayscope_pod:gpu_memory_used_bytes:sum"), _each("rayscope_pod:gpu_memory_total_bytes:sum"))


def _objectives() -> Panel:
    budget = f"on (namespace, rayservice, slo) group_left () (1 - rayscope_slo:objective_ratio{{{ANY_SERVICE}}})"
    burning = ((1, "orange"), (6, "red"))
    return table(
        "How fast error budgets burn",
        "1: the budget is used up exactly at the end of its period. 14.4 over an hour is what pages. One row an "
        "objective of a service and model; none without `spec.rules.slo` of a VLLMMonitor. From rayscope_slo:*.",
        Rows(
            {"namespace": "Namespace", "rayservice": "Service", "model_name": "Model", "slo": "Objective"},
            {"rayservice": ("Open this service", TO_SERVICE)},
        ),
        *(
            Column(
                f"Burn {window}",
                f"rayscope_slo:error_ratio:rate{window}{{{ANY_SERVICE}}} / {budget}",
                "short",
                burning,
                2,
            )
            for window in ("5m", "1h", "6h", "3d")
        ),
        height=7,
    )


def _over_time() -> Iterable[Row]:
    yield Row(
        "Load",
        [
            graph(
                "Requests running, by service",
                "Requests in the batches of a service. From vLLM's num_requests_running.",
                Query(_each("rayscope_model:num_requests_running:sum"), LEGEND),
                unit="short",
                stacked=True,
            ),
            graph(
                "Requests waiting, by service",
                "A queue that grows and stays is a service that is too small. From vLLM's num_requests_waiting.",
                Query(_each("rayscope_model:num_requests_waiting:sum"), LEGEND),
                unit="short",
            ),
            graph(
                "Tokens generated per second, by service",
                "What a service delivers. From vLLM's generation_tokens_total, over five minutes.",
                Query(_each("rayscope_model:generation_tokens:rate5m"), LEGEND),
                unit="short",
                stacked=True,
            ),
            graph(
                "Failed requests, by service",
                "Of the requests that finished, those with finished_reason error. From vLLM's request_success_total.",
                Query(_failed(*EACH), LEGEND),
                unit="percentunit",
                limits=SOME_FAIL,
            ),
        ],
    )
    yield Row(
        "Latency and memory",
        [
            _latency("Time to first token, p95", "time_to_first_token_seconds", "Until the first token is there."),
            _latency("Inter-token latency, p95", "inter_token_latency_seconds", "Between two tokens of an answer."),
            _latency("End-to-end latency, p95", "e2e_request_latency_seconds", "From arrival to the last token."),
            graph(
                "Fullest KV cache, by service",
                "The engine of a service that has the least room. From vLLM's kv_cache_usage_perc.",
                Query(_each("rayscope_model:kv_cache_usage_ratio:max", "max"), LEGEND),
                unit="percentunit",
                highest=1,
                limits=FULL,
            ),
        ],
    )


def _latency(title: str, family: str, tells: str) -> Panel:
    told = f"{tells} 95 % of a service's are faster. From the buckets of vLLM's {family}, over five minutes."
    return graph(title, told, Query(_slowest(0.95, family), LEGEND), unit="s")
