"""Which cluster, and by which proxy."""

from __future__ import annotations

from pathlib import Path

import pytest

from rayscope.kube.connection import configuration

KUBECONFIG = """\
apiVersion: v1
kind: Config
clusters: [{name: c, cluster: {server: "https://SERVER:6443"}}]
users: [{name: u, user: {token: secret}}]
contexts: [{name: c, context: {cluster: c, user: u}}]
current-context: c
"""


def written(folder: Path, server: str) -> str:
    file = folder / server
    file.write_text(KUBECONFIG.replace("SERVER", server))
    return str(file)


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTPS_PROXY", "https_proxy", "NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)


async def test_a_given_kubeconfig_beats_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KUBECONFIG", written(tmp_path, "environment"))
    assert (await configuration(written(tmp_path, "given"))).host == "https://given:6443"


async def test_the_environment_beats_the_home_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KUBECONFIG", written(tmp_path, "environment"))
    assert (await configuration()).host == "https://environment:6443"


async def test_the_token_becomes_the_authorization(tmp_path: Path) -> None:
    loaded = await configuration(written(tmp_path, "given"))
    assert (await loaded.auth_settings())["BearerToken"]["value"] == "Bearer secret"


async def test_the_environments_proxy_is_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy:3128")
    assert (await configuration(written(tmp_path, "given"))).proxy == "http://proxy:3128"


async def test_a_server_that_needs_no_proxy_gets_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy:3128")
    monkeypatch.setenv("NO_PROXY", "given")
    assert (await configuration(written(tmp_path, "given"))).proxy is None
