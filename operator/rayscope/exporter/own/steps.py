"""How the samples of engine steps are shown: batch sizes as a histogram, and the age of each engine's last step."""

from __future__ import annotations

from typing import Callable, Dict, List, Optional

from rayscope.exporter.files.series import Labels
from rayscope.exporter.own.families import OwnFamily, gauge, histogram
from rayscope.exporter.own.sampling import BOUNDS, SAMPLE_SECONDS, LastStep, StepSampler

BATCHES = "rayscope_vllm_requests_per_step_sampled"
BATCHES_HELP = (
    f"Requests in the batch of an engine step, sampled: one at most every {SAMPLE_SECONDS:g} s, of engines that step. "
    "No count of steps; begins anew with the exporter."
)
AGE = "rayscope_vllm_last_step_age_seconds"
AGE_HELP = "Seconds since the engine's last step. With requests running, an engine that hangs."


def step_families(
    sampler: StepSampler, alive: Callable[[str], Optional[bool]], now: float, *, merged: bool
) -> List[OwnFamily]:
    """Both families as of `now` (Unix time); `merged`: one age an engine, as of the process that speaks last for it."""
    steps = sampler.last_steps(alive)
    times = _newest(steps) if merged else {(*step.labels, ("pid", step.pid)): step.time for step in steps}
    sizes = ((labels, batches.counts, batches.sum) for labels, batches in sampler.batches.items())
    return [
        histogram(BATCHES, BATCHES_HELP, BOUNDS, *sizes),
        # A clock that was set back makes no step one of the future.
        gauge(AGE, AGE_HELP, *((labels, max(0.0, now - time)) for labels, time in times.items())),
    ]


def _newest(steps: List[LastStep]) -> Dict[Labels, float]:
    times: Dict[Labels, float] = {}
    for step in steps:
        times[step.labels] = max(step.time, times.get(step.labels, 0.0))
    return times
