"""How samples of steps are shown."""

from __future__ import annotations

from pathlib import Path

from prometheus_client.openmetrics.parser import text_string_to_metric_families

from rayscope.exporter.own.families import render
from rayscope.exporter.own.sampling import StepSampler
from rayscope.exporter.own.steps import AGE, BATCHES, step_families
from tests.unit.exporter.test_sampling import DECLARE, everybody
from tests.unit.exporter.writers import Writer


def samples(sampler: StepSampler, now: float, *, merged: bool) -> dict[tuple[str, tuple[tuple[str, str], ...]], float]:
    text = render(step_families(sampler, everybody, now, merged=merged), openmetrics=True).decode() + "# EOF\n"
    families = text_string_to_metric_families(text)  # type: ignore[no-untyped-call]
    return {(one.name, tuple(sorted(one.labels.items()))): one.value for family in families for one in family.samples}


def sampled(directory: Path, one: Writer, two: Writer) -> StepSampler:
    sampler = StepSampler(str(directory))
    sampler.sample()
    one.run("engine.set(3)")
    two.run("engine.set(5)")
    sampler.sample()
    return sampler


def test_batches_are_one_histogram_an_engine_and_ages_one_gauge_a_process(tmp_path: Path) -> None:
    with Writer(tmp_path, DECLARE, pid="1") as one, Writer(tmp_path, DECLARE, pid="2") as two:
        sampler = sampled(tmp_path, one, two)
    engine = (("engine", "0"), ("model_name", "m"))
    times = {step.pid: step.time for step in sampler.last_steps(everybody)}
    shown = samples(sampler, times["2"] + 60, merged=False)
    assert shown[f"{BATCHES}_count", engine] == 2
    assert shown[f"{BATCHES}_sum", engine] == 8
    assert shown[f"{BATCHES}_bucket", (("engine", "0"), ("le", "2.0"), ("model_name", "m"))] == 0
    assert shown[f"{BATCHES}_bucket", (("engine", "0"), ("le", "4.0"), ("model_name", "m"))] == 1
    assert shown[f"{BATCHES}_bucket", (("engine", "0"), ("le", "+Inf"), ("model_name", "m"))] == 2
    assert shown[AGE, (*engine, ("pid", "2"))] == 60
    assert shown[AGE, (*engine, ("pid", "1"))] == times["2"] + 60 - times["1"]


def test_merged_ages_are_those_of_who_spoke_last(tmp_path: Path) -> None:
    with Writer(tmp_path, DECLARE, pid="1") as one, Writer(tmp_path, DECLARE, pid="2") as two:
        sampler = sampled(tmp_path, one, two)
    newest = max(step.time for step in sampler.last_steps(everybody))
    shown = samples(sampler, newest + 60, merged=True)
    assert [(labels, age) for (name, labels), age in shown.items() if name == AGE] == [
        ((("engine", "0"), ("model_name", "m")), 60)
    ]


def test_a_clock_that_was_set_back_makes_no_negative_age(tmp_path: Path) -> None:
    with Writer(tmp_path, DECLARE, pid="1") as one, Writer(tmp_path, DECLARE, pid="2") as two:
        sampler = sampled(tmp_path, one, two)
    assert set(samples(sampler, 0.0, merged=True).values()) >= {0.0}
    assert min(samples(sampler, 0.0, merged=False).values()) == 0


def test_without_samples_nothing_is_shown(tmp_path: Path) -> None:
    assert render(step_families(StepSampler(str(tmp_path)), everybody, 1.0, merged=False), openmetrics=False) == b""
