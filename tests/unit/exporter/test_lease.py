"""What the kernel says about who has a file open."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

import pytest

from rayscope.exporter.files.lease import HasWriter, Lease, has_writer, survive_breaks


@pytest.fixture
def path(tmp_path: Path) -> str:
    survive_breaks()
    file = tmp_path / "counter_1.db"
    file.write_bytes(b"content" + bytes(100))
    return str(file)


def test_a_file_that_nobody_has_open_has_no_writer(path: str) -> None:
    assert not has_writer(path)


def test_a_file_that_is_open_for_reading_has_no_writer(path: str) -> None:
    with open(path, "rb"):
        assert not has_writer(path)


def test_a_file_that_is_open_for_appending_has_a_writer(path: str) -> None:
    with open(path, "a+b"):
        assert has_writer(path)
    assert not has_writer(path)


def test_no_lease_is_granted_on_a_file_with_a_writer(path: str) -> None:
    with open(path, "a+b"), pytest.raises(HasWriter):
        Lease(path)


def test_a_refused_lease_leaves_no_descriptor_open(path: str) -> None:
    before = len(os.listdir("/proc/self/fd"))
    with open(path, "a+b"), contextlib.suppress(HasWriter):
        Lease(path)
    assert len(os.listdir("/proc/self/fd")) == before


def test_a_lease_is_unbroken_until_somebody_comes_to_write(path: str) -> None:
    with contextlib.closing(Lease(path)) as lease:
        assert lease.unbroken
        with open(path, "rb"):
            assert lease.unbroken
        with pytest.raises(BlockingIOError):
            os.open(path, os.O_RDWR | os.O_NONBLOCK)
        assert not lease.unbroken


def test_a_lease_reads_the_file_up_to_a_limit(path: str) -> None:
    with contextlib.closing(Lease(path)) as lease:
        assert lease.read(4) == b"cont"
        assert lease.read(1000) == b"content" + bytes(100)


def test_a_file_that_is_gone_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        has_writer(str(tmp_path / "counter_1.db"))


def test_a_fifo_is_an_error_and_does_not_hold_us(tmp_path: Path) -> None:
    fifo = tmp_path / "counter_1.db"
    os.mkfifo(fifo)
    with pytest.raises(OSError, match="Invalid argument"):
        has_writer(str(fifo))


def test_a_symbolic_link_is_not_followed(path: str, tmp_path: Path) -> None:
    link = tmp_path / "counter_2.db"
    link.symlink_to(path)
    with pytest.raises(OSError, match="symbolic links"):
        has_writer(str(link))
