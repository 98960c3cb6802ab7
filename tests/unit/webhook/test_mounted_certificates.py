"""Certificates that somebody mounts."""

import asyncio
import ssl
from datetime import UTC, datetime
from pathlib import Path

import pytest
from prometheus_client import REGISTRY

from rayscope.webhook.certificates import Pair, issue, service_names
from rayscope.webhook.mounted_certificates import MountedCertificates

NAMES = service_names("rayscope", "monitoring")


def pair() -> Pair:
    return issue(NAMES, datetime.now(UTC))[0]


def mount(directory: Path, mounted: Pair) -> None:
    """As a kubelet does it: a new directory, and a symbolic link that is moved over to it."""
    version = directory / f"..{mounted.leaf.serial_number:x}"
    version.mkdir(parents=True)
    (version / "tls.crt").write_bytes(mounted.certificate)
    (version / "tls.key").write_bytes(mounted.key)
    link = directory / "..new"
    link.symlink_to(version.name)
    link.replace(directory / "..data")
    for name in ("tls.crt", "tls.key"):
        if not (directory / name).is_symlink():
            (directory / name).symlink_to(f"..data/{name}")


async def test_mounted_files_are_presented_and_so_are_those_that_replace_them(tmp_path: Path) -> None:
    keeper = MountedCertificates(tmp_path)
    for mounted in (pair(), pair()):
        mount(tmp_path, mounted)
        await keeper.look()
        assert keeper.presented.pair == mounted


async def test_a_pair_that_does_not_fit_leaves_the_former_one_in_place(tmp_path: Path) -> None:
    keeper, good, other = MountedCertificates(tmp_path), pair(), pair()
    mount(tmp_path, good)
    await keeper.look()
    mount(tmp_path, Pair(other.certificate, good.key))
    with pytest.raises(ssl.SSLError):
        await keeper.look()
    assert keeper.presented.pair == good


async def test_files_that_are_not_there_yet_are_an_error_that_passes(tmp_path: Path) -> None:
    keeper, mounted = MountedCertificates(tmp_path), pair()
    with pytest.raises(FileNotFoundError):
        await keeper.look()
    mount(tmp_path, mounted)
    await keeper.look()
    assert keeper.presented.pair == mounted


async def test_trouble_is_logged_and_counted_and_ends_nothing(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    def failures() -> float:
        return REGISTRY.get_sample_value("rayscope_webhook_certificate_failures_total") or 0

    before, task = failures(), asyncio.create_task(MountedCertificates(tmp_path).run())
    await asyncio.sleep(0)  # its first look
    assert failures() == before + 1
    assert "no review is answered" in caplog.text
    assert not task.done()
    task.cancel()
    await asyncio.wait([task])
