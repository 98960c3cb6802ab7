"""Alerts on Rayscope itself, from its own metrics: while it does not work, nobody else tells of what it would do.

What it did goes on without it: clusters stay injected, monitors stay. So none of these wakes anybody.
"""

from __future__ import annotations

from collections.abc import Iterator

from rayscope.render.rules.alert import Alert
from rayscope.render.rules.promql import over

INSTALLATION = ("namespace", "job")
"""Of Rayscope: there may be several, each for some namespaces."""
PODS = (*INSTALLATION, "pod")
WEEK = 7 * 86400
WHERE = "Rayscope in {{ $labels.namespace }}"


def operator_alerts() -> Iterator[Alert]:
    yield from (_absent(), _leaderless(), _failing(), _webhook(), _certificate(), _not_selected())


def _absent() -> Alert:
    """Only where it was scraped before: many do not scrape it, and that is their decision."""
    before, now = (
        over("group", INSTALLATION, series)
        for series in ("last_over_time(rayscope_build_info[6h])", "rayscope_build_info")
    )
    return Alert(
        name="RayscopeOperatorAbsent",
        severity="warning",
        expression=f"{before}\nunless on ({', '.join(INSTALLATION)})\n{now}",
        hold="10m",
        summary="No replica of Rayscope answers in {{ $labels.namespace }}.",
        description=f"{WHERE} was scraped within the last six hours, and no replica answers now: new RayClusters "
        "are not injected, and new services not monitored. What is injected and monitored stays so.",
    )


def _leaderless() -> Alert:
    return Alert(
        name="RayscopeNoLeader",
        severity="warning",
        expression=f"{over('max', INSTALLATION, 'rayscope_leader')} == 0",
        hold="5m",
        summary="No replica of Rayscope leads in {{ $labels.namespace }}.",
        description=f"No replica of {WHERE} has had the Lease for five minutes: clusters are injected, but no monitor "
        "is made or mended, and no status is true.",
    )


def _failing() -> Alert:
    visits = "rayscope_reconciles_total"
    failed, all_ = (
        over("sum", INSTALLATION, f"rate({series}[5m])") for series in (f'{visits}{{result="failed"}}', visits)
    )
    return Alert(
        name="RayscopeReconcilesFailing",
        severity="warning",
        expression=f"{failed}\n/ {all_} > 0.5",
        hold="15m",
        summary="Rayscope cannot do what it wants in {{ $labels.namespace }}.",
        description=f"{{{{ $value | humanizePercentage }}}} of the visits of {WHERE} to services have failed for "
        "15 minutes. Its log names the services and the API server's answers.",
    )


def _webhook() -> Alert:
    return Alert(
        name="RayscopeWebhookFailing",
        severity="warning",
        expression=over("sum", INSTALLATION, 'increase(rayscope_webhook_reviews_total{outcome="error"}[15m])') + " > 0",
        hold="0m",
        summary="Rayscope let a RayCluster pass as it was, by a fault of its own.",
        description=f"{WHERE} failed at reviews of RayClusters, and allowed them without injection. "
        "Its log has the reason; the VLLMMonitor of such a cluster says RestartRequired.",
    )


def _certificate() -> Alert:
    expiry = over("min", PODS, "rayscope_webhook_certificate_expiry_timestamp_seconds")
    return Alert(
        name="RayscopeCertificateExpiring",
        severity="warning",
        expression=f"{expiry} - time() < {WEEK}",
        hold="1h",
        summary="The certificate of Rayscope's webhook expires in less than a week.",
        description=f"The certificate that pod {{{{ $labels.pod }}}} of {WHERE} presents to the API server expires in "
        "{{ $value | humanizeDuration }}; it should have been renewed long ago. Then no RayCluster is injected.",
    )


def _not_selected() -> Alert:
    condition = 'rayscope_monitor_conditions{type="Selected",status="False"}'
    return Alert(
        name="RayscopeMonitorNotSelected",
        severity="warning",
        expression=f"{over('max', INSTALLATION, condition)} > 0",
        hold="15m",
        summary="No Prometheus takes the monitors of a service.",
        description="{{ $value }} labelled services have monitors that no Prometheus selects: nothing of them is "
        "scraped, and no other alert of theirs can fire. `kubectl get vmon -A` has them with SELECTED False.",
    )
