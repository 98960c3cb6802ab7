"""Names and contents of writers' files."""

from __future__ import annotations

from pathlib import Path

import pytest

from rayscope.exporter.files.layout import Damaged, FileName, parse, parse_name, used
from rayscope.exporter.files.series import decode
from tests.unit.exporter.programs import MODES, POOL, Program


@pytest.mark.parametrize(
    ("name", "parts"),
    [
        ("counter_7.db", FileName("counter", "", "7")),
        ("histogram_21705.db", FileName("histogram", "", "21705")),
        ("summary_1.db", FileName("summary", "", "1")),
        ("gauge_all_worker_1.db", FileName("gauge", "all", "worker_1")),
        ("gauge_livemostrecent_7.db", FileName("gauge", "livemostrecent", "7")),
        ("counter_.._odd name.db.db", FileName("counter", "", ".._odd name.db")),
    ],
)
def test_a_name_says_type_mode_and_process(name: str, parts: FileName) -> None:
    assert parse_name(name) == parts


@pytest.mark.parametrize(
    "name",
    [
        "counter.db",
        "counter_.db",
        "gauge_7.db",
        "gauge_average_7.db",
        "info_7.db",
        "counter_7.db.tmp",
        "Counter_7.db",
        "",
    ],
)
def test_other_names_are_nobodys(name: str) -> None:
    assert parse_name(name) is None


@pytest.mark.parametrize("mode", MODES)
def test_a_mode_is_a_rule_for_the_living_or_for_all(mode: str) -> None:
    parts = parse_name(f"gauge_{mode}_7.db")
    assert parts is not None
    assert parts.rule == mode.removeprefix("live")


def test_values_and_times_come_out_in_order_of_the_keys(client: Path) -> None:
    program = Program("7")
    for engine, level in (("0", 1.5), ("1", 2.5)):
        program.metric(POOL[11], engine)._value.set(level, timestamp=level * 100)
    program.metric(POOL[11], "never")
    data = (client / "gauge_mostrecent_7.db").read_bytes()
    layout = parse(data)
    assert [decode(key).labels for key in layout.keys] == [(("engine", text),) for text in ("0", "1", "never")]
    assert layout.values(data) == (1.5, 2.5, 0.0)
    assert layout.timestamps(data) == (150.0, 250.0, 0.0)
    program.die()


def test_parsing_goes_on_where_a_known_layout_ends(client: Path) -> None:
    program = Program("7")
    path = client / "counter_7.db"
    program.metric(POOL[2]).inc(1)
    first = parse(path.read_bytes())
    program.metric(POOL[0], "0").inc(2)
    data = path.read_bytes()
    assert not first.fits(data[: used(data)])
    second = parse(data, first)
    assert second.keys[:1] == first.keys
    assert second.values(data) == (1.0, 2.0)
    assert second is parse(data)
    assert second.fits(data[: second.used])
    program.die()


def test_equal_layouts_are_one_object_and_equal_keys_share_their_bytes(client: Path) -> None:
    programs = [Program(pid) for pid in ("7", "8", "9")]
    for program in programs[:2]:
        program.metric(POOL[4], "0").observe(1)
    programs[2].metric(POOL[4], "1").observe(1)
    programs[2].metric(POOL[4], "0").observe(1)
    seven, eight, nine = (parse((client / f"histogram_{pid}.db").read_bytes()) for pid in ("7", "8", "9"))
    assert seven is eight
    assert nine is not seven
    assert all(any(key is other for other in nine.keys) for key in seven.keys)
    for program in programs:
        program.die()


def test_a_layout_cannot_be_had_of_less_than_it_covers(client: Path) -> None:
    program = Program("7")
    program.metric(POOL[2]).inc(1)
    data = (client / "counter_7.db").read_bytes()
    with pytest.raises(Damaged) as damaged:
        parse(data[: used(data) - 1])
    assert damaged.value.reason == "short"
    program.die()
