"""The walk: every step in order, from the label to the scrape, so that the first problem is the one to solve first."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from rayscope.diagnosis import admission, exporting, injected, monitoring, opting, running, scraping
from rayscope.diagnosis.case import Case
from rayscope.diagnosis.finding import Finding, State, skipped, unknown
from rayscope.kube.errors import Forbidden

BLOCKING = frozenset({"problem", "skipped"})


@dataclass(frozen=True)
class Examination:
    """A step that can be taken. The docstring of `look` says what holds where it is ok."""

    id: str
    """Stable: people alert on it."""
    look: Callable[[Case], Awaitable[Finding]]
    needs: tuple[str, ...] = ("service",)
    """Steps that must not have failed, or it means nothing."""

    @property
    def title(self) -> str:
        return str(self.look.__doc__)


STEPS = (
    Examination("service", opting.service, needs=()),
    Examination("label", opting.label),
    Examination("rights", running.rights),
    Examination("leader", running.leader),
    Examination("webhook", admission.webhook),
    Examination("admission", admission.admission),
    Examination("cluster", injected.cluster, needs=("service", "label")),
    Examination("pods", injected.pods, needs=("cluster",)),
    Examination("exporter", exporting.exporter, needs=("pods",)),
    Examination("directory", exporting.directory, needs=("exporter",)),
    Examination("families", exporting.families, needs=("exporter",)),
    Examination("prometheus-operator", monitoring.operator),
    Examination("monitor", monitoring.monitor, needs=("service", "label", "prometheus-operator")),
    Examination("selected", monitoring.selected, needs=("monitor",)),
    Examination("prometheus-rights", scraping.rights, needs=("selected",)),
    Examination("network", scraping.network, needs=("selected",)),
)


@dataclass(frozen=True)
class Step:
    """A step that was taken."""

    id: str
    title: str
    state: State
    evidence: str
    next: str | None


@dataclass(frozen=True)
class Diagnosis:
    """The whole walk."""

    service: str
    namespace: str
    steps: tuple[Step, ...]

    @property
    def first_problem(self) -> Step | None:
        return next((step for step in self.steps if step.state == "problem"), None)

    @property
    def healthy(self) -> bool:
        """Whether nothing is wrong, and nothing is still to come. What may not be seen is let be."""
        return not self.blind and not any(step.state in {"problem", "waiting"} for step in self.steps)

    @property
    def blind(self) -> bool:
        """Whether not even the service may be seen."""
        return self.steps[0].state == "unknown"

    def document(self) -> dict[str, Any]:
        """As JSON has it."""
        first = self.first_problem
        return {
            "service": self.service,
            "namespace": self.namespace,
            "healthy": self.healthy,
            "first_problem": first.id if first else None,
            "steps": [asdict(step) for step in self.steps],
        }


async def walk(case: Case) -> Diagnosis:
    """Take every step. ApiError where the cluster is out of reach."""
    taken: dict[str, Step] = {}
    for examination in STEPS:
        found = await _found(examination, case, taken)
        taken[examination.id] = Step(examination.id, examination.title, found.state, found.evidence, found.next)
    return Diagnosis(case.key.name, case.key.namespace, tuple(taken.values()))


async def _found(examination: Examination, case: Case, taken: Mapping[str, Step]) -> Finding:
    blocked = [need for need in examination.needs if taken[need].state in BLOCKING]
    if blocked:
        return skipped(f"It means nothing without: {', '.join(blocked)}.")
    try:
        return await examination.look(case)
    except Forbidden as refusal:
        return unknown(f"You may not {_denied(refusal)}.", "Have somebody look who may, or ask for the right.")


def _denied(refusal: Forbidden) -> str:
    """What was refused, without the caller's name, which they know."""
    _, _, verb = refusal.message.partition(" cannot ")
    return verb or f"see it: {refusal.message}"
