"""What is packed is imported like any other module, and a traceback from it can be read."""

from __future__ import annotations

import importlib
import sys
import traceback
from collections.abc import Iterator

import pytest

from rayscope.packed import SEPARATOR, Modules

ARCHIVE = "/opt/exporter.pyz"
SOURCES = {
    "crate/__init__.py": "LABEL = 'fragile'",
    "crate/inner/__init__.py": "",
    "crate/inner/faulty.py": "from crate import LABEL\n\n\ndef fall():\n    raise ValueError(LABEL)\n",
}


@pytest.fixture
def modules() -> Iterator[Modules]:
    found = Modules(ARCHIVE, SEPARATOR.join(part for file in SOURCES.items() for part in file))
    sys.meta_path.insert(0, found)
    yield found
    sys.meta_path.remove(found)
    for name in [name for name in sys.modules if name.partition(".")[0] == "crate"]:
        del sys.modules[name]


def test_packages_and_modules_are_imported(modules: Modules) -> None:
    faulty = importlib.import_module("crate.inner.faulty")
    assert faulty.LABEL == "fragile"
    assert [modules.is_package(name) for name in ("crate", "crate.inner", "crate.inner.faulty")] == [True, True, False]


@pytest.mark.usefixtures("modules")
def test_a_module_is_told_by_its_place_in_the_archive() -> None:
    assert importlib.import_module("crate.inner.faulty").__file__ == f"{ARCHIVE}/crate/inner/faulty.py"
    assert importlib.import_module("crate").__file__ == f"{ARCHIVE}/crate/__init__.py"


@pytest.mark.usefixtures("modules")
def test_a_traceback_shows_the_line() -> None:
    with pytest.raises(ValueError, match="fragile") as raised:
        importlib.import_module("crate.inner.faulty").fall()
    told = "".join(traceback.format_exception(raised.value))
    assert f'File "{ARCHIVE}/crate/inner/faulty.py", line 5, in fall\n    raise ValueError(LABEL)\n' in told


def test_what_is_not_packed_is_left_to_others(modules: Modules) -> None:
    assert modules.find_spec("json") is None
    with pytest.raises(ModuleNotFoundError, match=r"crate\.missing"):
        importlib.import_module("crate.missing")
    with pytest.raises(ImportError, match=r"crate\.missing is not packed in /opt/exporter\.pyz"):
        modules.get_source("crate.missing")
