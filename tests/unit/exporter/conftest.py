"""Fixtures of the reader's tests."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from prometheus_client import values

from tests.unit.exporter.scene import Scene


@pytest.fixture
def client(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """prometheus_client writes to this directory; its value class, which programs change, is put back afterwards."""
    monkeypatch.setattr(values, "ValueClass", values.ValueClass)
    directory = tmp_path / "metrics"
    directory.mkdir()
    monkeypatch.setenv("PROMETHEUS_MULTIPROC_DIR", str(directory))
    return directory


@pytest.fixture
def scene(client: Path) -> Iterator[Scene]:
    """An exporter that shows all families, and gauges by process."""
    scene = Scene(client)
    yield scene
    scene.close()
