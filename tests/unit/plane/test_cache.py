"""An entry of the cache is whole or absent, and filled by one run at a time."""

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.plane.cache import Entry

ROOT = Path(__file__).parents[3]

# Fills an entry unless it is there, and tells which of the two it was. It waits for a word before it ends the filling.
FILLER = """
import sys
from tests.plane.cache import Entry
entry = Entry("part", "v1")
with entry.lock():
    if entry.present():
        print("found", flush=True)
    else:
        with entry.filling() as draft:
            (draft / "file").write_text("whole")
            print("filling", flush=True)
            sys.stdin.readline()
"""


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("RAYSCOPE_CACHE", str(tmp_path))
    return tmp_path


def test_an_entry_that_fails_half_way_is_absent_and_leaves_no_draft(cache: Path) -> None:
    entry = Entry("part", "v1")
    with pytest.raises(IsADirectoryError), entry.lock(), entry.filling() as draft:
        draft.write_text("a directory is no file")
    assert not entry.present()
    assert [path.name for path in (cache / "part").iterdir() if path.is_dir()] == []


def test_an_entry_whose_maker_was_killed_is_made_anew() -> None:
    entry = Entry("part", "v1")
    with _filler() as killed:
        assert _line(killed) == "filling"
        killed.send_signal(signal.SIGKILL)
    assert not entry.present()
    with entry.lock(), entry.filling() as draft:
        assert list(draft.iterdir()) == []


def test_of_two_runs_at_once_one_fills_and_the_other_finds() -> None:
    with _filler() as first:
        assert _line(first) == "filling"
        second = _filler()
        first.communicate("done\n")
    with second:
        assert _line(second) == "found"
        second.communicate()
    assert (Entry("part", "v1").path / "file").read_text() == "whole"


def _filler() -> subprocess.Popen[str]:
    command = [sys.executable, "-c", FILLER]
    return subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def _line(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()
