"""A round of a service's pods: who is asked now, and what is known afterwards.

Asked is at a resync, and when a pod has become ready; who has not answered, or shows nothing of vLLM yet (a model loads
for minutes), is asked again when there is news of the service, though not all the time.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable, Sequence

from rayscope.control.account import Seen
from rayscope.control.asking import Answer, Asking
from rayscope.control.pods import Pod
from rayscope.model.status import Source

PAUSE = 30.0
"""Seconds, at least, between two questions to the same pod, unless it has just become ready."""


class Rounds:
    """What is known of the pods of one service."""

    def __init__(self, sources: dict[str, frozenset[Source]]) -> None:
        """`sources`: what an earlier leader has seen, by cluster."""
        self.seen = Seen(sources=sources)
        self._asked: dict[str, tuple[bool, float]] = {}
        """By uid: whether it was ready when it was asked last, and when."""

    def again(self) -> None:
        """Have everybody asked anew: what was answered holds until then."""
        self._asked.clear()

    async def look(self, pods: tuple[Pod, ...], clusters: Iterable[str], asking: Asking) -> Seen:
        """Ask who is to be asked; `clusters` are those that live."""
        due = [pod for pod in pods if pod.address and self._due(pod)]
        self._asked = {pod.uid: self._asked[pod.uid] for pod in pods if pod.uid in self._asked}
        self._asked |= {pod.uid: (pod.ready, time.monotonic()) for pod in due}
        answers = await _exporters(asking, [pod for pod in due if pod.injected])
        known = {pod.uid: self.seen.answers[pod.uid] for pod in pods if pod.uid in self.seen.answers}
        sources = {name: self.seen.sources.get(name, frozenset()) for name in clusters}
        for pod in pods:
            if answers.get(pod.uid) is Answer.ENGINE and pod.cluster in sources:
                sources[pod.cluster] |= {Source.MULTIPROCESS}
        for name in await _on_rays_port(asking, due, [name for name in sources if Source.RAY not in sources[name]]):
            sources[name] |= {Source.RAY}
        self.seen = Seen(pods, known | answers, sources)
        return self.seen

    def _due(self, pod: Pod) -> bool:
        ready, when = self._asked.get(pod.uid, (False, None))
        if when is None or (pod.ready and not ready):
            return True
        content = self.seen.answers.get(pod.uid) is Answer.ENGINE or Source.RAY in self.seen.sources.get(
            pod.cluster, ()
        )
        return not content and time.monotonic() - when > PAUSE


async def _exporters(asking: Asking, pods: Sequence[Pod]) -> dict[str, Answer]:
    answers = await asyncio.gather(*(asking.exporter(str(pod.address), pod.port) for pod in pods))
    return {pod.uid: answer for pod, answer in zip(pods, answers, strict=True)}


async def _on_rays_port(asking: Asking, pods: Iterable[Pod], clusters: Sequence[str]) -> set[str]:
    """The clusters of which Ray's port shows vLLM's metrics: one ready pod of each node group is asked."""
    chosen = {(pod.cluster, pod.group): pod for pod in pods if pod.ready and pod.cluster in clusters}
    shown = await asyncio.gather(*(asking.ray(str(pod.address), pod.ray_port) for pod in chosen.values()))
    return {pod.cluster for pod, shows in zip(chosen.values(), shown, strict=True) if shows}
