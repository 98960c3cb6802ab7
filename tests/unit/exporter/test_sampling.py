"""Batch sizes and last steps, from gauges that real processes set."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from rayscope.exporter.own.sampling import BOUNDS, Batches, StepSampler
from tests.unit.exporter.writers import Writer

ENGINE = (("engine", "0"), ("model_name", "m"))
DECLARE = """
gauge = Gauge("vllm:num_requests_running", "Running.", ["model_name", "engine"], multiprocess_mode="mostrecent")
other = Gauge("vllm:num_requests_running_elsewhere", "Not it.", ["engine"], multiprocess_mode="mostrecent")
other.labels("0").set(99)
engine = gauge.labels("m", "0")
"""


def everybody(_name: str) -> bool:
    return True


def nobody(_name: str) -> bool:
    return False


def unknown(_name: str) -> None:
    return None


def sizes(sampler: StepSampler) -> dict[float, int]:
    """How often each bucket was hit, of the one engine."""
    counts = sampler.batches[ENGINE].counts if sampler.batches else []
    return {edge: count for edge, count in zip([*BOUNDS, float("inf")], counts, strict=False) if count}


def test_a_step_is_sampled_once_however_often_it_is_looked_at(tmp_path: Path) -> None:
    sampler = StepSampler(str(tmp_path))
    with Writer(tmp_path, DECLARE) as writer:
        sampler.sample()
        writer.run("engine.set(3)")
        for _ in range(5):
            sampler.sample()
        assert sizes(sampler) == {4: 1}
        writer.run("engine.set(3)")
        sampler.sample()
    assert sizes(sampler) == {4: 2}
    assert sampler.batches[ENGINE].sum == 6


def test_the_step_of_before_our_start_is_no_sample(tmp_path: Path) -> None:
    with Writer(tmp_path, DECLARE, "engine.set(7)") as writer:
        sampler = StepSampler(str(tmp_path))
        sampler.sample()
        sampler.sample()
        assert sampler.batches == {}
        writer.run("engine.set(8)")
        sampler.sample()
    assert sizes(sampler) == {8: 1}


def test_the_first_step_of_a_process_that_we_saw_start_is_a_sample(tmp_path: Path) -> None:
    sampler = StepSampler(str(tmp_path))
    with Writer(tmp_path, DECLARE) as writer:
        sampler.sample()
        assert sampler.last_steps(everybody) == []
        writer.run("engine.set(1)")
        sampler.sample()
    assert sizes(sampler) == {1: 1}


def test_samples_of_all_processes_add_up_and_outlive_them(tmp_path: Path) -> None:
    sampler = StepSampler(str(tmp_path))
    with Writer(tmp_path, DECLARE) as one, Writer(tmp_path, DECLARE) as two:
        sampler.sample()
        one.run("engine.set(20)")
        two.run("engine.set(21)")
        sampler.sample()
        one.kill()
        for file in tmp_path.glob("*"):
            file.unlink()
        sampler.sample()
    assert sizes(sampler) == {24: 2}
    assert sampler.last_steps(everybody) == []


def test_the_last_step_has_the_time_that_the_engine_set(tmp_path: Path) -> None:
    sampler = StepSampler(str(tmp_path))
    with Writer(tmp_path, DECLARE) as writer:
        before = time.time()
        writer.run("engine.set(2)")
        sampler.sample()
        (step,) = sampler.last_steps(everybody)
        assert before <= step.time <= time.time()
        assert (step.pid, step.labels) == (str(writer.process.pid), ENGINE)


def test_the_dead_have_no_last_step_and_the_unknown_keep_theirs(tmp_path: Path) -> None:
    sampler = StepSampler(str(tmp_path))
    with Writer(tmp_path, DECLARE, "engine.set(2)"):
        sampler.sample()
    assert sampler.last_steps(nobody) == []
    assert len(sampler.last_steps(unknown)) == 1


def test_a_pid_that_comes_back_is_another_process(tmp_path: Path) -> None:
    sampler = StepSampler(str(tmp_path))
    with Writer(tmp_path, DECLARE, "engine.set(2)", pid="7"):
        sampler.sample()
    for file in tmp_path.glob("*"):
        file.unlink()
    with Writer(tmp_path, DECLARE, "engine.set(5)", pid="7") as writer:
        sampler.sample()
        assert sampler.batches == {}
        writer.run("engine.set(6)")
        sampler.sample()
    assert sizes(sampler) == {8: 1}


def test_an_engine_that_appears_in_a_known_file_is_sampled_too(tmp_path: Path) -> None:
    sampler = StepSampler(str(tmp_path))
    with Writer(tmp_path, DECLARE) as writer:
        sampler.sample()
        writer.run('second = gauge.labels("m", "1")')
        sampler.sample()
        writer.run("second.set(64)")
        sampler.sample()
    assert sampler.batches[(("engine", "1"), ("model_name", "m"))].sum == 64


def test_gauges_that_keep_no_time_are_no_samples(tmp_path: Path) -> None:
    sampler = StepSampler(str(tmp_path))
    with Writer(tmp_path, DECLARE.replace("mostrecent", "livesum"), "engine.set(2)") as writer:
        sampler.sample()
        writer.run("engine.set(3)")
        sampler.sample()
    assert sampler.batches == {}
    assert sampler.last_steps(everybody) == []


@pytest.mark.parametrize("content", [b"", b"\x01", b"\xff" * 100, b"\x10\0\0\0\0\0\0\0"])
def test_a_damaged_file_is_no_sample_and_hides_no_other(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "gauge_mostrecent_1.db").write_bytes(content)
    (tmp_path / "gauge_mostrecent_2.db").mkdir()
    sampler = StepSampler(str(tmp_path))
    with Writer(tmp_path, DECLARE) as writer:
        sampler.sample()
        writer.run("engine.set(2)")
        sampler.sample()
    assert sizes(sampler) == {2: 1}


def test_without_a_directory_there_are_no_samples(tmp_path: Path) -> None:
    sampler = StepSampler(str(tmp_path / "absent"))
    sampler.sample()
    assert sampler.batches == {}


def test_a_batch_beyond_the_last_bound_counts_as_infinite() -> None:
    batches = Batches()
    for size in (0, 1, 1024, 1025):
        batches.add(size)
    assert (batches.counts[0], batches.counts[1], batches.counts[-2], batches.counts[-1]) == (1, 1, 1, 1)
    assert batches.sum == 2050
