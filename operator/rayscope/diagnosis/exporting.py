"""The exporters: whether they answer, whether the directory is in order, and which metrics they see."""

from __future__ import annotations

from collections.abc import Sequence

from rayscope.diagnosis.answers import Answer
from rayscope.diagnosis.case import Case
from rayscope.diagnosis.finding import Finding, ok, problem, unknown, waiting
from rayscope.inject import recorded_payload
from rayscope.kube.errors import ApiError
from rayscope.kube.kinds import CONFIG_MAP
from rayscope.model.manifest import mapping, sequence
from rayscope.model.names import DIRECTORY, EXPORTER_CONTAINER, MULTIPROC_VARIABLE, exporter_config_map
from rayscope.model.serve import overriding

ENGINE = "vllm:"
ON_RAYS_PORT = b"ray_vllm_"
RAY_PORT = 8080
FULL = 0.9
SHOWN = 3


async def exporter(case: Case) -> Finding:
    """The exporter in each running pod answers."""
    if missing := await _missing_program(case):
        return problem(
            f"ConfigMap {missing}, which holds the exporter's program, is not in {case.key.namespace}: the exporters "
            "idle. Rayscope puts it there while it leads.",
            (await case.installation()).logs,
        )
    answers = await case.answers()
    if not answers:
        return waiting("No pod with an exporter runs yet.")
    silent = [answer for answer in answers if answer.failure is not None]
    if not silent:
        return ok(f"The exporters of all {len(answers)} running pods answer.")
    worst = next((answer for answer in silent if answer.certain), silent[0])
    evidence = f"{len(silent)} of {len(answers)} exporters show nothing, e.g. in pod {worst.pod}: {worst.failure}."
    following = f"kubectl logs {worst.pod} -n {case.key.namespace} -c {EXPORTER_CONTAINER}"
    return problem(evidence, following) if worst.certain else unknown(f"{evidence} The network may be why.", following)


async def directory(case: Case) -> Finding:
    """The shared directory is there, has room, and processes write to it."""
    return in_order(await _heard(case), case.key.namespace)


def in_order(answers: Sequence[Answer], namespace: str) -> Finding:
    """Whether the directories that these exporters read are in order."""
    if not answers:
        return waiting("No exporter has answered yet.")
    for answer in answers:
        state = mapping(answer.status, "directory")
        if not state.get("present"):
            return problem(
                f"In pod {answer.pod} there is no directory {state.get('path', DIRECTORY)}.",
                f"kubectl describe pod {answer.pod} -n {namespace}",
            )
        if (fill := state.get("fill") or 0) >= FULL:
            return problem(
                f"The directory in pod {answer.pod} is {fill:.0%} full; a full one kills the engine.",
                "Raise spec.injection.volume.sizeLimit in its VLLMMonitor, and roll out.",
            )
    if not (writing := sum(answer.writers for answer in answers)):
        return waiting("No process writes to the directory yet: none with prometheus_client has started.")
    return ok(f"{writing} processes write to the directories of {len(answers)} pods.")


async def families(case: Case) -> Finding:
    """vLLM's metrics are among what is seen."""
    answers = await _heard(case)
    if not answers:
        return waiting("No exporter has answered yet.")
    if (found := of_vllm(answers)) is not None:
        return found
    if await _on_rays_port(case, [answer.pod for answer in answers]):
        return ok(
            "vLLM's metrics are on Ray's own port, as ray_vllm_*: Ray Serve LLM has replaced vLLM's logger. For exact "
            "numbers set log_engine_metrics: false in the LLM config."
        )
    if names := overriding(mapping((await case.service()).manifest, "spec").get("serveConfigV2")):
        return problem(
            f"serveConfigV2 sets {MULTIPROC_VARIABLE} in a runtime_env ({', '.join(names)}): those processes write "
            "where Rayscope does not look.",
            f"kubectl edit rayservice {case.place}  # remove it from there",
        )
    return _none(case, ready=await _ready(case))


def of_vllm(answers: Sequence[Answer]) -> Finding | None:
    """The engine's families, where these exporters see any."""
    seen = {family for answer in answers for family in answer.families}
    engine = sorted(family for family in seen if family.startswith(ENGINE))
    return ok(f"Families of vLLM: {len(engine)}, e.g. {', '.join(engine[:SHOWN])}.") if engine else None


async def _missing_program(case: Case) -> str | None:
    clusters = await case.clusters()
    payload = recorded_payload(clusters[0]) if clusters else None
    if payload is None:
        return None
    name = exporter_config_map(payload.exporter)
    return None if await case.api.get(CONFIG_MAP, name, case.key.namespace) else name


async def _heard(case: Case) -> list[Answer]:
    return [answer for answer in await case.answers() if answer.failure is None]


async def _ready(case: Case) -> bool:
    conditions = sequence((await case.service()).manifest, "status", "conditions")
    return any(condition["type"] == "Ready" and condition["status"] == "True" for condition in conditions)


def _none(case: Case, *, ready: bool) -> Finding:
    evidence = f"No family {ENGINE}* is seen"
    if not ready:
        return waiting(f"{evidence}: the application is not ready yet.", f"kubectl describe rayservice {case.place}")
    return problem(
        f"{evidence}, although the application is ready: no vLLM engine writes metrics. Its engine may run with "
        "disable_log_stats.",
        f"kubectl describe rayservice {case.place}  # events of Rayscope, and the Serve applications",
    )


async def _on_rays_port(case: Case, pods: Sequence[str]) -> bool:
    """Whether Ray exports vLLM's metrics; a megabyte a pod is read, so only until the first that has them."""
    for pod in pods:
        try:
            if ON_RAYS_PORT in await case.api.proxied(case.key.namespace, pod, RAY_PORT, "metrics"):
                return True
        except ApiError:
            continue  # it decides nothing: the finding is what is seen elsewhere
    return False
