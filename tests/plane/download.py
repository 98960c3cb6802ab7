"""Files from the hosts where their projects publish them, never used without their published sum.

A host that cannot be reached is asked once a run and for seconds only: many machines that test have no way out.
"""

import hashlib
import http.client
import shutil
import tarfile
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from tests.plane.catalogue import Download

CONNECT_SECONDS = 3.0
STALL_SECONDS = 30.0
_unreachable: dict[str, str] = {}


class UnavailableError(Exception):
    """This file cannot be had from there; another source may be asked."""


class SumMismatchError(Exception):
    """A file is not what its project published: never to be used, never to be passed over in silence."""


def fetch(wanted: Download, target: Path) -> None:
    """Put the published program at TARGET, executable."""
    expected = _sum(_text(wanted.sums), wanted.filename)
    archive = target.with_name(f"{target.name}.download")
    _copy(wanted.url, archive)
    _verify(archive, expected, wanted.url)
    if wanted.member is None:
        archive.rename(target)
    else:
        _extract(archive, wanted.member, target)
        archive.unlink()
    target.chmod(0o755)


def _text(url: str) -> str:
    with _opened(url, CONNECT_SECONDS) as response:
        return response.read(1 << 20).decode()


def _copy(url: str, target: Path) -> None:
    with _opened(url, STALL_SECONDS) as response, target.open("wb") as file:
        shutil.copyfileobj(response, file, 1 << 20)


@contextmanager
def _opened(url: str, seconds: float) -> Iterator[IO[bytes]]:
    """The response, whose reading may fail as its opening may."""
    try:
        with _open(url, seconds) as response:
            yield response
    except (OSError, http.client.HTTPException) as error:
        raise UnavailableError(f"{url}: {error!r}") from error


def _open(url: str, seconds: float) -> IO[bytes]:
    host = urllib.parse.urlsplit(url).netloc
    if host in _unreachable:
        raise UnavailableError(f"{host} cannot be reached: {_unreachable[host]}")
    try:
        response: IO[bytes] = urllib.request.urlopen(url, timeout=seconds)
    except urllib.error.HTTPError as error:
        error.close()
        raise UnavailableError(f"{url}: {error.code} {error.reason}") from error
    except OSError as error:
        _unreachable[host] = str(error)
        raise UnavailableError(f"{host} cannot be reached: {error}") from error
    return response


def _sum(sums: str, filename: str) -> str:
    """The sum of one file: the line that names it, or the only word of a list of one."""
    for words in map(str.split, sums.splitlines()):
        if words and len(words[0]) == 64 and words[1:] in ([], [filename], [f"*{filename}"]):
            return words[0].lower()
    raise UnavailableError(f"no published sum of {filename}")


def _verify(file: Path, expected: str, url: str) -> None:
    with file.open("rb") as content:
        actual = hashlib.file_digest(content, "sha256").hexdigest()
    if actual != expected:
        raise SumMismatchError(f"{url} has the SHA-256 {actual}, published is {expected}")


def _extract(archive: Path, member: str, target: Path) -> None:
    with tarfile.open(archive) as tar, target.open("wb") as file:
        content = tar.extractfile(member)
        if content is None:
            raise UnavailableError(f"{archive.name} has no file {member}")
        shutil.copyfileobj(content, file)
