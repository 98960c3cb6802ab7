"""`rayscope dashboards export` gives what the chart installs."""

from __future__ import annotations

import json
from pathlib import Path

import yaml

from rayscope.dashboards.packaged import packaged
from tests.unit.cli.files import call

NAMES = [dashboard.name for dashboard in packaged()]
TEXTS = {f"{dashboard.name}.json": dashboard.text for dashboard in packaged()}


def test_all_of_them_are_written_into_a_directory_that_need_not_be_there(tmp_path: Path) -> None:
    called = call("dashboards", "export", "--dir", tmp_path / "made" / "here")
    written = {file.name: file.read_text(encoding="utf-8") for file in (tmp_path / "made" / "here").iterdir()}
    assert (called.status, written) == (0, TEXTS)
    assert called.output.splitlines() == [str(tmp_path / "made" / "here" / name) for name in TEXTS]


def test_one_of_them_is_printed_as_it_is() -> None:
    assert call("dashboards", "export", "service").output == TEXTS["service.json"]


def test_several_need_a_directory() -> None:
    called = call("dashboards", "export")
    assert called.status == 2
    assert all(name in called.errors for name in NAMES)


def test_one_that_there_is_not_is_refused_with_those_that_there_are() -> None:
    called = call("dashboards", "export", "services")
    assert called.status == 2
    assert all(name in called.errors for name in NAMES)


def test_config_maps_hold_the_same_and_grafanas_sidecar_finds_them() -> None:
    maps = list(yaml.safe_load_all(call("dashboards", "export", "--configmaps").output))
    assert [made["metadata"]["name"] for made in maps] == [f"rayscope-dashboard-{name}" for name in NAMES]
    assert {name: text for made in maps for name, text in made["data"].items()} == TEXTS
    assert all(made["metadata"]["labels"]["grafana_dashboard"] == "1" for made in maps)
    assert all(json.loads(text)["panels"] for made in maps for text in made["data"].values())


def test_config_maps_can_be_files_too(tmp_path: Path) -> None:
    assert call("dashboards", "export", "--configmaps", "--dir", tmp_path, "service").status == 0
    (made,) = tmp_path.iterdir()
    assert yaml.safe_load(made.read_text(encoding="utf-8"))["data"] == {"service.json": TEXTS["service.json"]}


def test_a_place_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    taken = tmp_path / "taken"
    taken.write_text("")
    called = call("dashboards", "export", "--dir", taken / "below")
    assert called.status == 1
    assert "cannot be written" in called.errors
