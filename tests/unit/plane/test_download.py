"""Downloads are used with their published sum only, from a real server on the loopback address."""

import functools
import hashlib
import http.server
import socket
import tarfile
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.plane.catalogue import Download
from tests.plane.download import SumMismatchError, UnavailableError, fetch
from tests.plane.ports import HeldPort

CONTENT = b"#!/bin/sh\necho v1.2.3\n"


class QuietHandler(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *arguments: object) -> None:
        """Say nothing: what was asked is in what the tests assert."""


@pytest.fixture
def published(tmp_path: Path) -> Path:
    """The folder that the server publishes, with one program and its sum in it."""
    folder = tmp_path / "published"
    folder.mkdir()
    (folder / "program").write_bytes(CONTENT)
    (folder / "program.sha256").write_text(hashlib.sha256(CONTENT).hexdigest())
    return folder


@pytest.fixture
def site(published: Path) -> Iterator[str]:
    handler = functools.partial(QuietHandler, directory=str(published))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def test_a_program_with_the_published_sum_is_executable(site: str, tmp_path: Path) -> None:
    fetch(Download(f"{site}/program", f"{site}/program.sha256"), tmp_path / "program")
    assert (tmp_path / "program").read_bytes() == CONTENT
    assert (tmp_path / "program").stat().st_mode & 0o777 == 0o755


def test_a_program_with_another_sum_is_refused(site: str, published: Path, tmp_path: Path) -> None:
    (published / "program").write_bytes(CONTENT + b"rm -rf /\n")
    with pytest.raises(SumMismatchError, match="published is"):
        fetch(Download(f"{site}/program", f"{site}/program.sha256"), tmp_path / "program")
    assert not (tmp_path / "program").exists()


def test_a_program_in_an_archive_is_taken_by_its_line_in_a_list_of_sums(
    site: str, published: Path, tmp_path: Path
) -> None:
    with tarfile.open(published / "release.tar.gz", "w:gz") as tar:
        tar.add(published / "program", "release/program")
    digest = hashlib.sha256((published / "release.tar.gz").read_bytes()).hexdigest()
    (published / "SHA256SUMS").write_text(f"{'0' * 64}  other.tar.gz\n{digest}  release.tar.gz\n")
    fetch(Download(f"{site}/release.tar.gz", f"{site}/SHA256SUMS", "release/program"), tmp_path / "program")
    assert (tmp_path / "program").read_bytes() == CONTENT


def test_a_page_that_is_no_list_of_sums_makes_the_file_unavailable(site: str, published: Path, tmp_path: Path) -> None:
    (published / "program.sha256").write_text("<html>Please log in to this network</html>")
    with pytest.raises(UnavailableError, match="no published sum of program"):
        fetch(Download(f"{site}/program", f"{site}/program.sha256"), tmp_path / "program")


def test_a_file_that_is_not_there_is_unavailable(site: str, tmp_path: Path) -> None:
    with pytest.raises(UnavailableError, match="404"):
        fetch(Download(f"{site}/program", f"{site}/nothing.sha256"), tmp_path / "program")


def test_a_host_that_cannot_be_reached_is_asked_once(tmp_path: Path) -> None:
    with HeldPort() as port:
        wanted = Download(f"http://127.0.0.1:{port.number}/program", f"http://127.0.0.1:{port.number}/sums")
        with pytest.raises(UnavailableError, match=r"cannot be reached: .*refused"):
            fetch(wanted, tmp_path / "program")
        with socket.socket() as server:
            server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            server.bind(("127.0.0.1", port.number))
            server.listen()
            server.settimeout(0)
            with pytest.raises(UnavailableError, match=r"cannot be reached: .*refused"):
                fetch(wanted, tmp_path / "program")
            with pytest.raises(BlockingIOError):
                server.accept()
