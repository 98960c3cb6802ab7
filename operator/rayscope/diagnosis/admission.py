"""The webhook: whether the API server knows it, and whether it answers, which only a dry run shows."""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime

from cryptography import x509

from rayscope.diagnosis.case import Case
from rayscope.diagnosis.finding import Finding, ok, problem, skipped, unknown
from rayscope.diagnosis.preview import new_cluster
from rayscope.inject import GroupReport, inspect
from rayscope.kube.errors import ApiError, Forbidden
from rayscope.kube.kinds import ENDPOINT_SLICE
from rayscope.model.manifest import Manifest, labels, mapping, sequence
from rayscope.model.names import WEBHOOK
from rayscope.model.selector import selects, written

UNANSWERED = "failed calling webhook"
"""The API server's words, where failurePolicy is Fail."""


async def webhook(case: Case) -> Finding:
    """The API server is told to ask Rayscope about the service's clusters, and whom to ask."""
    if (why := await _needless(case)) is not None:
        return skipped(why)
    registered = [
        (configuration["metadata"]["name"], entry)
        for configuration in await case.webhooks()
        for entry in sequence(configuration, "webhooks")
        if entry["name"] == WEBHOOK
    ]
    if not registered:
        return problem(
            f"No MutatingWebhookConfiguration has the webhook {WEBHOOK}: Rayscope is not installed in this cluster.",
            "kubectl apply -k deploy/base  # or, to try it: rayscope operator --dev",
        )
    faults = {name: await _fault(case, entry) for name, entry in registered}
    right = [name for name, fault in faults.items() if fault is None]
    if right:
        return ok(f"MutatingWebhookConfiguration {right[0]} has the service's clusters reviewed.")
    name, fault = next(iter(faults.items()))
    return problem(
        f"MutatingWebhookConfiguration {name}: {fault}", f"kubectl get mutatingwebhookconfiguration {name} -o yaml"
    )


async def admission(case: Case) -> Finding:
    """A cluster that KubeRay made now would be injected."""
    if (why := await _needless(case)) is not None:
        return skipped(why)
    following = (await case.installation()).logs
    try:
        made = await case.api.preview(new_cluster(await case.service()))
    except Forbidden:
        return unknown(
            "You may not create RayClusters, not even as a dry run.", "kubectl auth can-i create rayclusters"
        )
    except ApiError as failure:
        if failure.status == 0:
            raise
        if UNANSWERED in failure.message and WEBHOOK in failure.message:
            return problem(f"The webhook does not answer: {failure.message}", following)
        return unknown(f"A dry run of a new RayCluster was refused: {failure.message}")
    return _previewed(inspect(made).groups, following)


async def _needless(case: Case) -> str | None:
    """Why nothing has to be injected by the webhook."""
    if not (await case.spec()).injection.enabled:
        return "Its VLLMMonitor says spec.injection.enabled: false."
    made = inspect(new_cluster(await case.service()))
    return "The RayService's own manifest carries the injection." if made.complete and made.groups else None


def _previewed(groups: tuple[GroupReport, ...], following: str) -> Finding:
    left = [report.group for report in groups if report.outcome == "missing"]
    if left:
        return problem(
            f"A dry run of a new RayCluster comes back without the injection ({', '.join(left)}): the API server does "
            "not reach Rayscope's webhook, and lets clusters through.",
            following,
        )
    if conflicts := [report for report in groups if report.outcome == "skipped"]:
        told = " ".join(f"{report.group}: {report.reason}: {report.message}" for report in conflicts)
        return problem(
            f"A new RayCluster would be left as it is in part: {told}", "docs/injection.md tells each reason."
        )
    return ok("A dry run of a new RayCluster comes back injected.")


async def _fault(case: Case, entry: Manifest) -> str | None:
    """What is wrong with a registration, for this service; None if nothing is."""
    would_be = labels(new_cluster(await case.service()))
    for fault in _selection_faults(entry, would_be, await case.namespace_labels()):
        return fault
    return bundle_fault(entry, datetime.now(UTC)) or await _endpoint_fault(case, entry)


def _selection_faults(entry: Manifest, would_be: Mapping[str, str], namespace: Mapping[str, str]) -> Iterator[str]:
    objects, namespaces = mapping(entry, "objectSelector"), mapping(entry, "namespaceSelector")
    if not selects(objects, would_be):
        yield f"its objectSelector ({written(objects)}) does not select the service's clusters."
    if not selects(namespaces, namespace):
        yield f"its namespaceSelector ({written(namespaces)}) does not select the service's namespace."


def bundle_fault(entry: Manifest, now: datetime) -> str | None:
    """What is wrong with the caBundle, as far as it tells by itself."""
    bundle = b64decode(mapping(entry, "clientConfig").get("caBundle") or "")
    if not bundle:
        return "its caBundle is empty, so the API server trusts no webhook; Rayscope fills it in when it runs."
    try:
        authorities = x509.load_pem_x509_certificates(bundle)
    except ValueError:
        return "its caBundle holds no certificates; Rayscope restores it within a minute where it may."
    if all(authority.not_valid_after_utc < now for authority in authorities):
        return "every certificate in its caBundle has expired."
    return None


async def _endpoint_fault(case: Case, entry: Manifest) -> str | None:
    """Whether the Service behind it leads anywhere; a registration by address has none."""
    service = mapping(entry, "clientConfig", "service")
    if not service:
        return None
    try:
        slices = await case.api.list(
            ENDPOINT_SLICE, service["namespace"], f"kubernetes.io/service-name={service['name']}"
        )
    except Forbidden:
        return None
    endpoints = (endpoint for each in slices for endpoint in sequence(each, "endpoints"))
    if any(mapping(endpoint, "conditions").get("ready") is not False for endpoint in endpoints):
        return None
    return (
        f"its Service {service['namespace']}/{service['name']} has no ready endpoint: no replica of Rayscope answers."
    )
