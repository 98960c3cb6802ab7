"""A round of a service's pods: who is asked now, and what is known afterwards.

Asked is at a resync, and when a pod has become ready; who has not answered, or shows nothing of vLLM yet (a model loads
for minutes, and Ray has none of its metrics before the first request), is asked again, later and later.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable, Mapping, Sequence

from rayscope.control.account import Seen
from rayscope.control.asking import Answer, Asking, Report
from rayscope.control.pods import Pod
from rayscope.model.rules import Edges, common
from rayscope.model.status import Source

PAUSE = 30.0
"""Seconds, at least, between two questions to the same pod, unless it has just become ready."""
LONGEST_PAUSE = 600.0
REACHED = frozenset({Answer.ALIVE, Answer.ENGINE})


class Rounds:
    """What is known of the pods of one service."""

    def __init__(self, sources: Mapping[str, frozenset[Source]], edges: Mapping[str, Edges] | None = None) -> None:
        """`sources`, `edges`: what an earlier leader has seen, by cluster."""
        self.seen = Seen(sources=sources, edges=edges or {})
        self._asked: dict[str, tuple[bool, float]] = {}
        """By uid: whether it was ready when it was asked last, and when."""
        self._in_vain = 0
        """Rounds in a row after which somebody was still to be asked again."""
        self.pause: float | None = None
        """Seconds until a look is due that no news may give a reason for; None where everybody has told all."""

    def again(self) -> None:
        """Have everybody asked anew: what was answered holds until then."""
        self._asked.clear()

    async def look(
        self, pods: tuple[Pod, ...], clusters: Iterable[str], asking: Asking, *, measured: bool = False
    ) -> Seen:
        """Ask who is to be asked; `clusters` are those that live. `measured`: bucket edges are wanted, of Ray's too."""
        due = [pod for pod in pods if pod.address and self._due(pod, measured=measured)]
        if any(pod.uid not in self.seen.answers for pod in due):
            self._in_vain = 0  # somebody new
        self._asked = {pod.uid: self._asked[pod.uid] for pod in pods if pod.uid in self._asked}
        self._asked |= {pod.uid: (pod.ready, time.monotonic()) for pod in due}
        reports = await _exporters(asking, [pod for pod in due if pod.injected])
        answers = {uid: report.answer for uid, report in reports.items()}
        known = {pod.uid: self.seen.answers[pod.uid] for pod in pods if pod.uid in self.seen.answers}
        sources = {name: self.seen.sources.get(name, frozenset()) for name in clusters}
        for pod in pods:
            if answers.get(pod.uid) is Answer.ENGINE and pod.cluster in sources:
                sources[pod.cluster] |= {Source.MULTIPROCESS}
        edges = {name: _reported(name, pods, reports) or self.seen.edges.get(name, {}) for name in sources}
        unseen = [name for name in sources if Source.RAY not in sources[name] or (measured and not edges[name])]
        for name, shown in (await _on_rays_port(asking, due, unseen, edges=measured)).items():
            sources[name] |= {Source.RAY}
            edges[name] = edges[name] or shown
        self.seen = Seen(pods, known | answers, sources, edges)
        self._rest(over=all(self._told(pod, measured=measured) for pod in pods if pod.address), asked=bool(due))
        return self.seen

    def _due(self, pod: Pod, *, measured: bool) -> bool:
        ready, when = self._asked.get(pod.uid, (False, None))
        if when is None or (pod.ready and not ready):
            return True
        return not self._told(pod, measured=measured) and time.monotonic() - when > PAUSE

    def _told(self, pod: Pod, *, measured: bool) -> bool:
        """Whether there is nothing to ask a pod again before the next resync."""
        answer = self.seen.answers.get(pod.uid)
        if pod.injected and answer not in REACHED:
            return False
        engine = answer is Answer.ENGINE or Source.RAY in self.seen.sources.get(pod.cluster, ())
        return engine and (not measured or bool(self.seen.edges.get(pod.cluster)))

    def _rest(self, *, over: bool, asked: bool) -> None:
        if over:
            self._in_vain, self.pause = 0, None
        elif asked or self.pause is None:
            self.pause = min(1.0 + PAUSE * 2**self._in_vain, LONGEST_PAUSE)
            self._in_vain = min(self._in_vain + 1, 10)


def _reported(cluster: str, pods: Iterable[Pod], reports: Mapping[str, Report]) -> Edges:
    """The edges that all pods of the cluster have that spoke of them."""
    return common(reports[pod.uid].edges for pod in pods if pod.cluster == cluster and pod.uid in reports)


async def _exporters(asking: Asking, pods: Sequence[Pod]) -> dict[str, Report]:
    answers = await asyncio.gather(*(asking.exporter(str(pod.address), pod.port) for pod in pods))
    return {pod.uid: answer for pod, answer in zip(pods, answers, strict=True)}


async def _on_rays_port(
    asking: Asking, pods: Iterable[Pod], clusters: Sequence[str], *, edges: bool
) -> dict[str, Edges]:
    """The clusters of which Ray's port shows vLLM's metrics: one ready pod of each node group is asked."""
    chosen = {(pod.cluster, pod.group): pod for pod in pods if pod.ready and pod.cluster in clusters}
    found = await asyncio.gather(*(asking.ray(str(pod.address), pod.ray_port, edges=edges) for pod in chosen.values()))
    shown = [(pod.cluster, each) for pod, each in zip(chosen.values(), found, strict=True) if each and each.engine]
    return {name: common(each.edges for cluster, each in shown if cluster == name) for name, _ in shown}
