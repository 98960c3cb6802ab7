"""Which processes there are, and whether they live."""

from __future__ import annotations

import pytest

from rayscope.exporter.files.layout import parse_name
from rayscope.exporter.files.reader import WriterFile
from rayscope.exporter.files.writers import Writer, writers


def file(entry: str) -> WriterFile:
    name = parse_name(entry)
    assert name is not None
    return WriterFile("/metrics", entry, (0, 0), name)


@pytest.mark.parametrize(
    ("counter", "gauge", "state"),
    [
        (True, True, "live"),
        (True, False, "live"),
        (None, True, "live"),
        (None, None, "unknown"),
        (False, None, "unknown"),
        (False, False, "dead"),
    ],
)
def test_a_process_lives_if_any_of_its_files_has_a_writer_and_is_dead_only_if_none_has(
    *, counter: bool | None, gauge: bool | None, state: str
) -> None:
    answers = {"counter_7.db": counter, "gauge_all_7.db": gauge}
    assert writers(map(file, answers), answers.__getitem__) == [Writer("7", state, ("counter_7.db", "gauge_all_7.db"))]


def test_files_are_grouped_by_process() -> None:
    entries = ["counter_8.db", "counter_worker_1.db", "histogram_8.db"]
    found = writers(map(file, entries), lambda _entry: True)
    assert [(one.pid, one.files) for one in found] == [
        ("8", ("counter_8.db", "histogram_8.db")),
        ("worker_1", ("counter_worker_1.db",)),
    ]
