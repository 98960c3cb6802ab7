"""What differs from prometheus_client's MultiProcessCollector on purpose; docs/exporter.md has the list."""

from __future__ import annotations

import math
import os
from typing import Any

import pytest
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.mmap_dict import MmapedDict, mmap_key
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.openmetrics.parser import text_string_to_metric_families as parse_openmetrics

from tests.unit.exporter.programs import POOL, Metric
from tests.unit.exporter.scene import Scene


def stock(scene: Scene) -> list[str]:
    """All lines of MultiProcessCollector's answer."""
    registry = CollectorRegistry()
    MultiProcessCollector(registry, str(scene.directory))  # type: ignore[no-untyped-call]
    return generate_latest(registry).decode().splitlines()


def merged(scene: Scene) -> list[str]:
    return scene.another(gauges="merged").scrape().text().decode().splitlines()


def gauge(mode: str, name: str = "g", *labels: str) -> Metric:
    return Metric(Gauge, name, "A gauge.", labels, {"multiprocess_mode": mode})


def test_gauges_carry_the_pid_of_their_process(scene: Scene) -> None:
    for pid, level in (("7", 19), ("8", 21)):
        scene.program(pid).metric(gauge("mostrecent")).set(level)
    assert "g 21.0" in stock(scene)
    assert scene.lines() == ['g{pid="7"} 19.0', 'g{pid="8"} 21.0']


@pytest.mark.parametrize("mode", ["all", "mostrecent", "max", "min", "sum", "liveall", "livesum"])
def test_a_dead_process_has_no_gauges_whatever_their_mode(scene: Scene, mode: str) -> None:
    dead = scene.program("7")
    dead.metric(gauge(mode)).set(5)
    dead.die()
    assert any(line.startswith("g") for line in stock(scene))
    assert scene.lines() == []
    assert merged(scene) == []


def test_a_family_without_samples_has_no_header(scene: Scene) -> None:
    scene.program().metric(gauge("mostrecent"))
    assert stock(scene) == ["# HELP g A gauge.", "# TYPE g gauge"]
    assert scene.text() == ""


def test_families_come_by_type_and_name_and_samples_by_label_whatever_order_they_were_made_in(scene: Scene) -> None:
    program = scene.program()
    for metric, labels in ((POOL[1], ("b", "200")), (POOL[1], ("a", "200")), (POOL[5], ()), (POOL[0], ("0",))):
        child = program.metric(metric, *labels)
        child.inc() if metric.kind is Counter else child.observe(9)
    assert scene.lines() == [
        'http_requests_total{handler="a",status="200"} 1.0',
        'http_requests_total{handler="b",status="200"} 1.0',
        'vllm:prompt_tokens_total{engine="0"} 1.0',
        'vllm:iteration_tokens_total_bucket{le="1.0"} 0.0',
        'vllm:iteration_tokens_total_bucket{le="8.0"} 0.0',
        'vllm:iteration_tokens_total_bucket{le="16.0"} 1.0',
        'vllm:iteration_tokens_total_bucket{le="+Inf"} 1.0',
        "vllm:iteration_tokens_total_sum 9.0",
        "vllm:iteration_tokens_total_count 1.0",
    ]


def test_sums_are_rounded_once(scene: Scene) -> None:
    values = [1e16, 1.0, 1.0, 1.0, 1.0]
    for pid, value in enumerate(values):
        scene.program(str(pid)).metric(POOL[2]).inc(value)
    assert math.fsum(values) == 1.0000000000000004e16
    assert scene.lines() == ["plain_total 1.0000000000000004e+16"]


def test_an_identifier_with_an_underscore_is_whole(scene: Scene) -> None:
    for number in (1, 2):
        scene.program(f"worker_{number}").metric(gauge("all")).set(number)
    assert sum(line.startswith('g{pid="wor"}') for line in stock(scene)) == 1
    assert scene.lines() == ['g{pid="worker_1"} 1.0', 'g{pid="worker_2"} 2.0']


def test_a_gauges_own_pid_is_exported_pid(scene: Scene) -> None:
    """Ray's dashboard has one on its gauges: the pid of the process that it measures."""
    program = scene.program("7")
    for pid, level in (("100", 1), ("200", 2)):
        program.metric(gauge("all", "g", "pid"), pid).set(level)
    assert stock(scene)[2:] == ['g{pid="7"} 1.0', 'g{pid="7"} 2.0'], "the same series twice"
    assert merged(scene)[2:] == ['g{pid="7"} 2.0']
    assert scene.lines() == ['g{exported_pid="100",pid="7"} 1.0', 'g{exported_pid="200",pid="7"} 2.0']


def test_of_families_that_clash_one_is_left_out_and_named(scene: Scene) -> None:
    old, new = scene.program("7"), scene.program("8")
    old.metric(gauge("all", "jobs")).set(3)
    new.metric(Metric(Counter, "jobs", "A counter now.")).inc(5)
    new.metric(Metric(Histogram, "size", "A histogram.", (), {"buckets": (1,)})).observe(1)
    old.metric(gauge("all", "size_count")).set(1)
    assert scene.lines() == [
        "jobs_total 5.0",
        'size_bucket{le="1.0"} 1.0',
        'size_bucket{le="+Inf"} 1.0',
        "size_sum 1.0",
        "size_count 1.0",
    ]
    assert scene.collector.status()["left_out"] == {"jobs (gauge)": "jobs", "size_count (gauge)": "size_count"}


def test_merged_a_gauge_in_two_modes_has_the_one_that_hides_least(scene: Scene) -> None:
    scene.program("7").metric(gauge("max")).set(3)
    scene.program("8").metric(gauge("sum")).set(5)
    assert merged(scene)[2:] == ["g 3.0"]
    scene.program("9").metric(gauge("liveall")).set(4)
    assert merged(scene)[2:] == ['g{pid="9"} 4.0']
    assert scene.lines() == ['g{pid="7"} 3.0', 'g{pid="8"} 5.0', 'g{pid="9"} 4.0']


def test_a_process_that_has_a_gauge_in_two_modes_shows_it_once(scene: Scene) -> None:
    first, second = scene.program("7"), scene.program("7")
    first.metric(gauge("sum")).set(1)
    second.metric(gauge("mostrecent")).set(2)
    assert scene.lines() == ['g{pid="7"} 2.0']


@pytest.mark.parametrize("mode", ["sum", "mostrecent"])
def test_of_an_info_gauge_the_newest_hundred_are_shown(scene: Scene, mode: str) -> None:
    """vLLM's lora_requests_info has one for every combination of adapters that ever ran; its value is the time."""
    info = scene.program("7").metric
    metric = gauge(mode, "vllm:lora_requests_info", "running_lora_adapters")
    for number in range(250):
        info(metric, f"adapter {number:03}").set(1.7e9 + number)
    info(metric, "adapter 000").set(1.8e9)
    shown = [line.split('"')[3] for line in scene.lines()]
    assert shown == ["adapter 000", *(f"adapter {number:03}" for number in range(151, 250))]
    assert len([line for line in stock(scene) if line.startswith("vllm")]) == 250


def test_other_gauges_may_have_as_many_label_sets_as_they_like(scene: Scene) -> None:
    program = scene.program()
    for number in range(250):
        program.metric(gauge("all", "in_flight", "handler"), f"/{number}").set(1)
    assert len(scene.lines()) == 250


def test_a_histogram_of_which_not_all_buckets_are_there_yet_is_not_shown(scene: Scene) -> None:
    path = str(scene.directory / "histogram_7.db")
    file: Any = MmapedDict(path)  # type: ignore[no-untyped-call]
    for labels in ({"le": "1.0"}, {"le": "2.0"}):
        file.write_value(mmap_key("h", "h_bucket", list(labels), list(labels.values()), "help"), 1.0, 0.0)
    assert 'h_bucket{le="2.0"} 2.0' in stock(scene)
    assert scene.lines() == []
    file.write_value(mmap_key("h", "h_bucket", ["le"], ["+Inf"], "help"), 1.0, 0.0)
    assert scene.lines()[-1] == "h_count 3.0"
    file.close()


@pytest.mark.parametrize(("mode", "result"), [("max", "2.0"), ("min", "1.0")])
def test_nan_is_no_number_while_another_process_has_one(scene: Scene, mode: str, result: str) -> None:
    for pid, level in (("7", math.nan), ("8", 1.0), ("9", 2.0)):
        scene.program(pid).metric(gauge(mode)).set(level)
    assert merged(scene)[2:] == [f"g {result}"]


def test_nan_is_what_is_shown_if_every_process_says_so(scene: Scene) -> None:
    for pid in ("7", "8"):
        scene.program(pid).metric(gauge("max")).set(math.nan)
    assert merged(scene)[2:] == ["g NaN"]


def test_a_file_that_stock_cannot_read_costs_that_file(scene: Scene) -> None:
    scene.program("7").metric(POOL[2]).inc()
    (scene.directory / "counter_8.db").touch()
    with pytest.raises(Exception, match="unpack_from requires a buffer"):
        stock(scene)
    assert scene.lines() == ["plain_total 1.0"]


def test_a_label_that_is_no_text_costs_a_character(scene: Scene) -> None:
    scene.program().metric(POOL[0], os.fsdecode(b"caf\xe9")).inc()
    with pytest.raises(UnicodeEncodeError):
        stock(scene)
    assert scene.lines() == ['vllm:prompt_tokens_total{engine="caf?"} 1.0']


def test_names_that_are_equal_once_legal_are_one(scene: Scene) -> None:
    program = scene.program()
    program.metric(Metric(Counter, "per.second", "Dotted.", ("a.b", "a_b")), "1", "2").inc()
    program.metric(Metric(Counter, "per_second", "Not.")).inc()
    assert stock(scene).count("# TYPE per_second_total counter") == 2
    assert scene.lines() == ['per_second_total{a_b="2"} 1.0']


def test_of_several_help_texts_the_first_in_the_alphabet_is_shown(scene: Scene) -> None:
    for pid, text in (("7", "Version two."), ("8", "Version one.")):
        scene.program(pid).metric(Metric(Counter, "c", text)).inc(2)
    assert scene.text().splitlines() == ["# HELP c_total Version one.", "# TYPE c_total counter", "c_total 4.0"]


@pytest.mark.parametrize(
    ("metric", "value"),
    [(POOL[6], -5.0), (POOL[4], math.nan), (POOL[4], -1.0), (POOL[7], math.nan), (POOL[1], math.nan)],
    ids=["a bound below zero", "a histogram of NaN", "a negative sum", "a summary of NaN", "a counter of NaN"],
)
def test_what_openmetrics_refuses_has_no_type_there(scene: Scene, metric: Metric, value: float) -> None:
    program = scene.program()
    for labels in (("x", "y"), ("z", "y")):
        child = program.metric(metric, *labels[: len(metric.labels)])
        child.inc(value) if metric.kind is Counter else child.observe(value)
    program.metric(POOL[2]).inc()
    families = list(parse_openmetrics(scene.openmetrics()))  # type: ignore[no-untyped-call]
    types = {family.type for family in families if family.name.startswith(metric.name)}
    assert types == {"unknown"}
    assert sum(len(family.samples) for family in families) == len(scene.lines())
    assert [family.type for family in families if family.name == "plain"] == ["counter"]
    assert f"# TYPE {metric.name}" in scene.text()
