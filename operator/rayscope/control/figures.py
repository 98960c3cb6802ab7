"""The operator's own metrics: what it does, how well it keeps up, and what it cannot do."""

from __future__ import annotations

from prometheus_client import Counter, Gauge, Histogram, Info

from rayscope import __version__

visits = Counter("rayscope_reconciles_total", "Visits of services, by what came of them.", ["result"])
for result in ("done", "failed", "terminating"):
    visits.labels(result)  # from the start, so that Prometheus sees the first of each as an increase
durations = Histogram(
    "rayscope_reconcile_duration_seconds",
    "From the beginning of a visit to its end.",
    buckets=(0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30),
)
writes = Counter("rayscope_child_writes_total", "Requests that create, change or delete a child.", ["kind", "verb"])
events = Counter("rayscope_events_total", "Events posted on RayServices.", ["reason"])
depth = Gauge("rayscope_queue_depth", "Services that wait for a visit.")
services = Gauge("rayscope_services", "Labelled services that are known.")
conditions = Gauge("rayscope_monitor_conditions", "VLLMMonitors, by what a condition says.", ["type", "status"])
leader = Gauge("rayscope_leader", "1 where this replica leads.")
missing = Gauge("rayscope_kind_missing", "1 where a kind that is needed is not installed.", ["kind"])
resyncs = Counter("rayscope_resyncs_total", "Comparisons of everything known with the cluster.", ["result"])
build = Info("rayscope_build", "What runs here.")
build.info({"version": __version__})
