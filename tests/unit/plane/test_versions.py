"""The versions that versions.toml names are those that the pinned modules give."""

import pytest

from tests.plane import catalogue
from tests.plane.catalogue import Module
from tests.plane.versions import FOLDER, VERSIONS

EARLIER = catalogue.kuberay(VERSIONS.kuberay_before)
PARTS = (*catalogue.PARTS, *catalogue.NODE_PARTS, *catalogue.TOOLS, catalogue.KIND, EARLIER)
MODULES = {part.module for part in PARTS if part.module.path}


@pytest.mark.parametrize("module", sorted(MODULES, key=str), ids=lambda module: f"{module.path}@{module.version}")
def test_every_module_has_its_sum_pinned(module: Module) -> None:
    sums = (FOLDER / "modules" / module.folder / "go.sum").read_text().splitlines()
    assert any(line.startswith(f"{module.path} {module.version} h1:") for line in sums)


def test_the_go_that_is_fetched_is_new_enough_for_every_module() -> None:
    least = [
        line.split()[1]
        for file in FOLDER.glob("modules/*/go.mod")
        for line in file.read_text().splitlines()
        if line.startswith("go ")
    ]
    for version in (*least, VERSIONS.go_least):
        assert _numbers(version) <= _numbers(VERSIONS.go)


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(map(int, version.split(".")))
