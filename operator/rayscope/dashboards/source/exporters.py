"""The exporters in the pods, by what they say of themselves and by what Prometheus says of its scrapes."""

from __future__ import annotations

from collections.abc import Iterable

from rayscope.dashboards.source.frame import Row
from rayscope.dashboards.source.panel import Panel, graph, number
from rayscope.dashboards.source.query import ANY_SERVICE, Query
from rayscope.dashboards.source.table import Column, Rows, table

EXPORTER = f'endpoint="vllm-metrics", {ANY_SERVICE}'
LIVE = f'state="live", {ANY_SERVICE}'
EACH = "{{namespace}}/{{rayservice}} {{pod}}"


def of(series: str, select: str = ANY_SERVICE) -> str:
    """A series of the exporters, of the chosen namespaces."""
    return f"{series}{{{select}}}"


def rate(series: str) -> str:
    """Of a counter of theirs, per second."""
    return f"rate({of(series)}[$__rate_interval])"


def scrapes() -> Row:
    """How Prometheus gets at the numbers."""
    return Row(
        "Scrapes of the services",
        [
            *_numbers(),
            graph(
                "Targets down, by service and port",
                "Pods whose port did not answer the last scrape. vllm-metrics is the exporter, "
                "metrics Ray's own port. From `up`.",
                Query(
                    f"count by (namespace, rayservice, endpoint) ({of('up')} == 0)"
                    f" or 0 * count by (namespace, rayservice, endpoint) ({of('up')})",
                    "{{namespace}}/{{rayservice}} {{endpoint}}",
                ),
                unit="short",
            ),
            graph(
                "Longest scrape, by port",
                "Ray's own port sends everything it has, about a megabyte, before Prometheus drops most "
                "of it. From scrape_duration_seconds.",
                Query(
                    f"max by (rayservice, endpoint) ({of('scrape_duration_seconds')})", "{{rayservice}} {{endpoint}}"
                ),
                unit="s",
            ),
            graph(
                "Series stored per scrape",
                "What a service costs the Prometheus, after the list of what is essential. "
                "From scrape_samples_post_metric_relabeling.",
                Query(
                    f"sum by (rayservice, endpoint) ({of('scrape_samples_post_metric_relabeling')})",
                    "{{rayservice}} {{endpoint}}",
                ),
                unit="short",
                stacked=True,
            ),
            graph(
                "Series dropped per scrape",
                "What Ray's own port sends and nobody needs. From scrape_samples_scraped.",
                Query(
                    f"sum by (rayservice, endpoint) ({of('scrape_samples_scraped')}"
                    f" - {of('scrape_samples_post_metric_relabeling')})",
                    "{{rayservice}} {{endpoint}}",
                ),
                unit="short",
                stacked=True,
            ),
        ],
    )


def exporters() -> Row:
    """What they read, and what it costs."""
    return Row("Exporters", [*_reading(), *_cost(), _versions()])


def _numbers() -> Iterable[Panel]:
    up = of("up", EXPORTER)
    yield number(
        "Exporters up",
        "Share of the exporters that answered the last scrape.",
        Query(f"avg({up})"),
        unit="percentunit",
        width=4,
    )
    yield number(
        "Processes read",
        "Living processes whose files are read: engines, and what else writes in their pods.",
        Query(f"sum({of('rayscope_exporter_writers', LIVE)})"),
        unit="short",
        width=4,
    )
    yield number(
        "Fullest directory",
        "The metrics directory of a pod that has the least room. A full one would kill the engine.",
        Query(f"max({of('rayscope_exporter_directory_fill_ratio')})"),
        unit="percentunit",
        width=4,
        limits=[(0.5, "orange"), (0.8, "red")],
    )
    yield number(
        "Directories absent",
        "Exporters whose directory is not there: its mount is missing.",
        Query(f"count({of('rayscope_exporter_directory_present')}) - sum({of('rayscope_exporter_directory_present')})"),
        unit="short",
        width=4,
        limits=[(1, "red")],
    )
    yield number(
        "Blind to deaths",
        "Exporters that cannot tell ended processes from living ones: their gauges stay. The label reason says why.",
        Query(f"count({of('rayscope_exporter_liveness_works')}) - sum({of('rayscope_exporter_liveness_works')})"),
        unit="short",
        width=4,
        limits=[(1, "orange")],
    )
    yield number(
        "Longest read",
        "What the last read of a directory took, at worst.",
        Query(f"max({of('rayscope_exporter_scrape_duration_seconds')})"),
        unit="s",
        width=4,
    )


def _reading() -> Iterable[Panel]:
    yield graph(
        "Processes, by state",
        "live: read. dead: about to be folded into the archive. unknown: cannot be told. "
        "From rayscope_exporter_writers.",
        Query(f"sum by (state) ({of('rayscope_exporter_writers')})", "{{state}}"),
        unit="short",
        stacked=True,
    )
    yield graph(
        "Directory fill, by pod",
        "Of the memory-backed volume in which the engines' processes write. "
        "From rayscope_exporter_directory_fill_ratio.",
        Query(f"max by (namespace, rayservice, pod) ({of('rayscope_exporter_directory_fill_ratio')})", EACH),
        unit="percentunit",
        limits=[(0.5, "orange"), (0.8, "red")],
    )
    yield graph(
        "Files that could not be read",
        "Per second, by reason. Such a file costs its newest numbers, never the scrape. "
        "From rayscope_exporter_read_errors_total.",
        Query(f"sum by (reason) ({rate('rayscope_exporter_read_errors_total')})", "{{reason}}"),
        unit="cps",
    )
    yield graph(
        "Faults",
        "Failures of the exporter itself, of folding, and copies of the archive that were damaged, per second.",
        Query(
            f"sum by (reason) ({rate('rayscope_exporter_failures_total')})",
            "exporter: {{reason}}",
        ),
        Query(
            f"sum by (step) ({rate('rayscope_exporter_folding_errors_total')})",
            "folding: {{step}}",
        ),
        Query(f"sum({rate('rayscope_exporter_archive_errors_total')})", "archive"),
        unit="cps",
    )
    yield graph(
        "Files folded",
        "Files of ended processes whose counts went into the archive, per second; and those on the way there.",
        Query(f"sum({rate('rayscope_exporter_folded_files_total')})", "folded per second"),
        Query(f"sum({of('rayscope_exporter_folding_files')})", "on the way"),
        unit="short",
    )
    yield graph(
        "Duration of a read, by pod",
        "What the last read of a directory took. From rayscope_exporter_scrape_duration_seconds.",
        Query(f"max by (namespace, rayservice, pod) ({of('rayscope_exporter_scrape_duration_seconds')})", EACH),
        unit="s",
    )


def _cost() -> Iterable[Panel]:
    yield graph(
        "CPU, by pod",
        "Cores that an exporter takes. From rayscope_exporter_cpu_seconds_total.",
        Query(f"sum by (namespace, rayservice, pod) ({rate('rayscope_exporter_cpu_seconds_total')})", EACH),
        unit="short",
    )
    yield graph(
        "Memory, by pod",
        "Resident memory, and the least of the limits that exporters set themselves.",
        Query(f"max by (namespace, rayservice, pod) ({of('rayscope_exporter_resident_memory_bytes')})", EACH),
        Query(f"min({of('rayscope_exporter_memory_limit_bytes')})", "limit"),
        unit="bytes",
    )


def _versions() -> Panel:
    return table(
        "Versions of the exporter",
        "A cluster keeps the exporter that it was injected with until its next rollout. "
        "From rayscope_exporter_build_info.",
        Rows({"namespace": "Namespace", "rayservice": "Service", "ray_io_cluster": "Cluster", "version": "Version"}),
        Column(
            "Pods", f"count by (namespace, rayservice, ray_io_cluster, version) ({of('rayscope_exporter_build_info')})"
        ),
        height=7,
    )
