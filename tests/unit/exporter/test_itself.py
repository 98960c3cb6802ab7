"""What the exporter says about itself."""

from __future__ import annotations

import re
from pathlib import Path

from rayscope import __version__
from rayscope.exporter.itself import own_families
from rayscope.exporter.options import PROCESS, Options
from rayscope.exporter.own.failures import Failures
from rayscope.exporter.own.sampling import FAMILY
from rayscope.exporter.own.scrapes import Scrapes
from rayscope.exporter.source import Source
from tests.unit.exporter.writers import Writer, leave, until

DOCUMENT = Path(__file__).parents[3] / "docs" / "exporter.md"
Shown = dict[tuple[str, tuple[tuple[str, str], ...]], float]


def source(directory: Path) -> Source:
    return Source(Options(str(directory), 0, "", (), PROCESS))


def shown(made: Source | None, scrapes: Scrapes | None = None, failures: Failures | None = None) -> Shown:
    families = own_families(made, scrapes or Scrapes(), failures or Failures())
    return {(one.family.name, labels): value for one in families for _, labels, value in one.samples}


def states(made: Source) -> dict[str, float]:
    made.scrape()
    of = {labels[0][1]: value for (name, labels), value in shown(made).items() if name == "rayscope_exporter_writers"}
    assert set(of) == {"live", "dead", "unknown"}
    return of


def read_errors(made: Source) -> dict[str, float]:
    return {
        labels[0][1]: value for (name, labels), value in shown(made).items() if name == "rayscope_exporter_read_errors"
    }


def test_without_a_directory_it_speaks_of_the_program_alone() -> None:
    own = shown(None)
    assert own["rayscope_exporter_directory_present", ()] == 0
    assert ("rayscope_exporter_directory_bytes", ()) not in own
    assert [dict(labels)["version"] for (name, labels) in own if name == "rayscope_exporter_build_info"] == [
        __version__
    ]
    assert 0 < own["rayscope_exporter_resident_memory_bytes", ()] < 1 << 40
    assert own["rayscope_exporter_cpu_seconds", ()] > 0


def test_writers_are_counted_by_state(tmp_path: Path) -> None:
    made = source(tmp_path)
    leave(tmp_path, 'Counter("c", "help").inc()', pid="1")
    with Writer(tmp_path, 'Counter("c", "help").inc()', pid="2"):
        assert states(made) == {"live": 1, "dead": 1, "unknown": 0}
        assert shown(made)["rayscope_exporter_files", ()] == 2
    assert states(made) == {"live": 0, "dead": 2, "unknown": 0}


def test_an_exporter_beside_the_directorys_owner_never_shows_less_than_there_was(tmp_path: Path) -> None:
    owner, other = source(tmp_path), source(tmp_path)
    assert (owner.folder.owner, other.folder.owner) == (True, False)
    leave(tmp_path, 'Counter("c", "help").inc()')
    assert "c_total 1.0" in other.scrape().text().decode()
    until(lambda: owner.folder.fold() == 0 and owner.folder.finished == 1)
    assert "c_total 1.0" in other.scrape().text().decode()


def test_damaged_files_are_counted_by_reason_at_each_read(tmp_path: Path) -> None:
    made = source(tmp_path)
    (tmp_path / "counter_1.db").touch()
    made.scrape()
    made.scrape()
    assert read_errors(made) == {"empty": 2, "short": 0, "garbled": 0, "foreign": 0, "unreadable": 0}
    made.forget()
    assert read_errors(made)["empty"] == 2


def test_failures_and_scrapes_are_counted() -> None:
    failures, scrapes = Failures(), Scrapes(reads=3, seconds=0.25)
    failures.attempt("fold", lambda: bytes(1 << 62))
    scrapes.note("10.0.0.9", "Prometheus", 1.0)
    own = shown(None, scrapes, failures)
    assert own["rayscope_exporter_failures", (("during", "fold"), ("reason", "memory"))] == 1
    assert own["rayscope_exporter_failures", (("during", "scrape"), ("reason", "mistake"))] == 0
    assert own["rayscope_exporter_scrapes", ()] == 1
    assert own["rayscope_exporter_reads", ()] == 3
    assert own["rayscope_exporter_scrape_duration_seconds", ()] == 0.25


def test_every_family_of_ours_is_in_the_document_and_no_other(tmp_path: Path) -> None:
    made = source(tmp_path)
    declare = f'g = Gauge("{FAMILY}", "h", ["engine"], multiprocess_mode="mostrecent").labels("0")'
    with Writer(tmp_path, declare) as writer:
        made.scrape()
        writer.run("g.set(1)")
        made.scrape()
        families = own_families(made, Scrapes(), Failures())
    ours = {f"{one.family.name}_total" if one.family.type == "counter" else one.family.name for one in families}
    assert set(re.findall(r"^\| `(rayscope_\w+)", DOCUMENT.read_text(), re.MULTILINE)) == ours
