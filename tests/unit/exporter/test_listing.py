"""When the directory is listed again, and when it need not be."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from rayscope.exporter.files.listing import SETTLED_NS, Listing
from tests.plane.waiting import eventually


def aged(directory: Path) -> None:
    """Let the directory's last change lie back far enough."""
    past = time.time_ns() - 10 * SETTLED_NS
    os.utime(directory, ns=(past, past))


def next_tick(probe: Path) -> None:
    """Wait for the file system's clock: an inode that is used again within a tick of it is the same to everybody."""
    probe.touch()
    first = probe.stat().st_ctime_ns

    def ticked() -> bool:
        probe.touch()
        return probe.stat().st_ctime_ns > first

    eventually(ticked, "the file system's clock has moved")


def test_a_settled_directory_is_listed_once(tmp_path: Path) -> None:
    (tmp_path / "counter_7.db").touch()
    aged(tmp_path)
    listing = Listing(str(tmp_path))
    first = listing.entries()
    assert listing.entries() is first
    assert list(first) == ["counter_7.db"]


def test_what_comes_and_goes_is_seen(tmp_path: Path) -> None:
    aged(tmp_path)
    listing = Listing(str(tmp_path))
    assert listing.entries() == {}
    (tmp_path / "counter_7.db").touch()
    assert list(listing.entries()) == ["counter_7.db"]
    os.rename(tmp_path / "counter_7.db", tmp_path / "counter_8.db")
    assert list(listing.entries()) == ["counter_8.db"]
    os.unlink(tmp_path / "counter_8.db")
    assert listing.entries() == {}


def test_two_changes_within_one_tick_are_both_seen(tmp_path: Path) -> None:
    """The directory's time may be the same for both, so a change that is fresh is looked at again."""
    listing = Listing(str(tmp_path))
    (tmp_path / "counter_7.db").touch()
    status = os.stat(tmp_path)
    assert list(listing.entries()) == ["counter_7.db"]
    (tmp_path / "counter_8.db").touch()
    os.utime(tmp_path, ns=(status.st_atime_ns, status.st_mtime_ns))
    assert sorted(listing.entries()) == ["counter_7.db", "counter_8.db"]


def test_a_file_that_replaces_another_has_another_identity(
    tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path / "counter_7.db"
    path.touch()
    aged(tmp_path)
    listing = Listing(str(tmp_path))
    before = listing.entries()["counter_7.db"]
    next_tick(tmp_path_factory.mktemp("clock") / "probe")
    path.unlink()
    path.touch()
    assert listing.entries()["counter_7.db"] != before


def test_a_directory_that_is_not_there_is_empty(tmp_path: Path) -> None:
    listing = Listing(str(tmp_path / "later"))
    assert listing.entries() == {}
    (tmp_path / "later").mkdir()
    (tmp_path / "later" / "counter_7.db").touch()
    assert list(listing.entries()) == ["counter_7.db"]


def test_what_is_no_directory_cannot_be_listed(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(NotADirectoryError):
        Listing(str(tmp_path / "file")).entries()
