"""What goes wrong with values in a shared directory: restarts, deaths, clocks, versions, in real programs."""

from __future__ import annotations

import os

import pytest
from prometheus_client import Counter, Gauge, Histogram

from tests.unit.exporter.programs import POOL, Metric
from tests.unit.exporter.scene import Scene
from tests.unit.exporter.writers import Writer, until, writers_files

TOKENS = POOL[0]
RUNNING = Metric(Gauge, "running", "Running.", ("engine",), {"multiprocess_mode": "mostrecent"})
INFLIGHT = Metric(Gauge, "inflight", "In flight.", (), {"multiprocess_mode": "livesum"})


@pytest.mark.parametrize("gauges", ["process", "merged"])
def test_gauges_of_a_killed_process_are_gone_while_its_counts_stay(scene: Scene, gauges: str) -> None:
    collector = scene.another(gauges=gauges)

    def lines() -> list[str]:
        return [line for line in collector.scrape().text().decode().splitlines() if line[0] != "#"]

    statements = (
        "counter = Counter('c', 'help'); counter.inc(2)",
        "gauge = Gauge('g', 'help', multiprocess_mode='mostrecent'); gauge.set(30)",
    )
    with Writer(scene.directory, *statements, pid="7") as writer:
        assert lines() == ["c_total 2.0", 'g{pid="7"} 30.0' if gauges == "process" else "g 30.0"]
        writer.kill()
        until(lambda: lines() == ["c_total 2.0"])


def test_counts_go_on_through_death_folding_and_return_of_a_pid(scene: Scene) -> None:
    first = scene.program("1")
    first.metric(TOKENS, "0").inc(2)
    assert scene.lines() == ['vllm:prompt_tokens_total{engine="0"} 2.0']
    first.die()
    assert scene.lines() == ['vllm:prompt_tokens_total{engine="0"} 2.0']
    scene.fold()
    assert not list(scene.directory.glob("*.db"))
    assert scene.lines() == ['vllm:prompt_tokens_total{engine="0"} 2.0']
    scene.program("1").metric(TOKENS, "0").inc(3)
    assert scene.lines() == ['vllm:prompt_tokens_total{engine="0"} 5.0']


def test_a_restarted_container_does_not_add_to_its_predecessors_gauges(scene: Scene) -> None:
    before = scene.program("10")
    before.metric(INFLIGHT).set(7)
    before.die()
    scene.program("11").metric(INFLIGHT).set(2)
    assert scene.another(gauges="merged").scrape().text().decode().splitlines()[2:] == ["inflight 2.0"]
    assert scene.lines() == ['inflight{pid="11"} 2.0']


def test_a_gauge_that_was_never_set_is_absent_until_it_is(scene: Scene) -> None:
    gauge = scene.program("7").metric(RUNNING, "0")
    assert scene.lines() == []
    gauge.set(0)
    assert scene.lines() == ['running{engine="0",pid="7"} 0.0']


def test_one_engines_gauge_is_absent_while_anothers_is_set(scene: Scene) -> None:
    program = scene.program("7")
    program.metric(RUNNING, "0")
    program.metric(RUNNING, "1").set(4)
    assert scene.lines() == ['running{engine="1",pid="7"} 4.0']


def test_a_clock_that_was_put_back_hides_no_process(scene: Scene) -> None:
    """Merged, the older value wins, as in stock; by process there is nothing to win."""
    for pid, level, time in (("7", 19.0, 2e9), ("8", 21.0, 1e9)):
        scene.program(pid).metric(RUNNING, "0")._value.set(level, timestamp=time)
    assert scene.lines() == ['running{engine="0",pid="7"} 19.0', 'running{engine="0",pid="8"} 21.0']
    merged = scene.another(gauges="merged").scrape().text().decode().splitlines()
    assert merged[2:] == ['running{engine="0"} 19.0']


def test_versions_with_other_buckets_are_added_up_bound_by_bound(scene: Scene) -> None:
    for pid, bounds in (("7", (1, 2, 4)), ("8", (1, 4))):
        histogram = scene.program(pid).metric(Metric(Histogram, "h", "help", (), {"buckets": bounds}))
        for value in (0.5, 1.5):
            histogram.observe(value)
    assert scene.lines() == [
        'h_bucket{le="1.0"} 2.0',
        'h_bucket{le="2.0"} 3.0',
        'h_bucket{le="4.0"} 4.0',
        'h_bucket{le="+Inf"} 4.0',
        "h_sum 4.0",
        "h_count 4.0",
    ]


def test_a_histogram_with_bounds_below_zero_has_its_sum(scene: Scene) -> None:
    scene.program().metric(POOL[6], "x").observe(-5)
    assert scene.lines()[-2:] == ['negative_sum{a="x"} -5.0', 'negative_count{a="x"} 1.0']


def test_infinities_that_meet_are_not_a_number_and_no_error(scene: Scene) -> None:
    for pid, value in (("7", "inf"), ("8", "-inf")):
        scene.program(pid).metric(POOL[8]).observe(float(value))
    assert scene.lines() == ["unlabelled_count 2.0", "unlabelled_sum NaN"]


def test_a_sum_beyond_the_range_is_infinite_and_no_error(scene: Scene) -> None:
    for pid in ("7", "8"):
        scene.program(pid).metric(POOL[2]).inc(1.7e308)
    assert scene.lines() == ["plain_total +Inf"]


def test_a_program_that_was_forked_and_writes_nothing_keeps_its_parent_alive(scene: Scene) -> None:
    statements = (
        "gauge = Gauge('g', 'help', multiprocess_mode='all'); gauge.set(1)",
        "child = os.fork() or (sys.stdin.close(), os.read(gate, 1), os._exit(0))",
    )
    gate, opener = os.pipe()
    with Writer(scene.directory, f"gate = {gate}", *statements, pid="7", descriptors=(gate,)) as writer:
        os.close(gate)
        writer.kill()
        assert scene.lines() == ['g{pid="7"} 1.0']
    os.close(opener)
    until(lambda: scene.lines() == [])


def test_hundreds_of_dead_processes_cost_nothing_once_they_are_folded(scene: Scene) -> None:
    for pid in range(300):
        dead = scene.program(str(pid))
        dead.metric(TOKENS, "0").inc()
        dead.die()
    living = scene.program("living")
    living.metric(TOKENS, "0").inc()
    while len(writers_files(scene.directory)) > 1:
        scene.fold()
    assert scene.lines() == ['vllm:prompt_tokens_total{engine="0"} 301.0']
    assert [file.entry for file in scene.collector.reader.files] == ["counter_living.db"]


def test_a_counter_of_another_version_with_more_labels_stands_beside_the_old_one(scene: Scene) -> None:
    scene.program("7").metric(Metric(Counter, "c", "Old.")).inc(1)
    scene.program("8").metric(Metric(Counter, "c", "New.", ("engine",)), "0").inc(2)
    assert scene.lines() == ["c_total 1.0", 'c_total{engine="0"} 2.0']
