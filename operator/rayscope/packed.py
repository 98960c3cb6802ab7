"""What the packed exporter begins with: its modules are imported from one member of the archive that it came in.

Compressed together they take two thirds of what they take file by file, and etcd keeps a copy a namespace. It is
packed as the archive's `__main__.py`, and so needs nothing of this package; and it knows nothing of what it imports.
"""

from __future__ import annotations

import os
import sys
from importlib.machinery import ModuleSpec
from importlib.util import spec_from_file_location
from runpy import run_module
from types import CodeType, ModuleType
from typing import Dict, Optional
from zipimport import zipimporter

MEMBER = "modules"
SEPARATOR = "\0"
"""Between paths and sources: no Python source may hold it."""


class Modules:
    """Finds and loads what is packed; what `traceback` writes shows the lines of its sources.

    A finder and loader without importlib.abc's classes, whose module takes a megabyte of every pod's memory.
    """

    def __init__(self, archive: str, packed: str) -> None:
        """`packed`: path and source of each module, in turn."""
        parts = packed.split(SEPARATOR)
        self._archive = archive
        self._sources: Dict[str, str] = dict(zip(parts[::2], parts[1::2]))  # noqa: B905 - not before Python 3.10

    def find_spec(self, fullname: str, *_: object) -> Optional[ModuleSpec]:
        """None for what is not packed."""
        if self._file(fullname) is None:
            return None
        return spec_from_file_location(fullname, self._origin(fullname), loader=self)  # type: ignore[arg-type]

    def create_module(self, spec: ModuleSpec) -> None:
        """As any module is made."""

    def exec_module(self, module: ModuleType) -> None:
        exec(self.get_code(module.__name__), module.__dict__)  # noqa: S102 - what a loader is for

    def is_package(self, fullname: str) -> bool:
        return self._packed(fullname).endswith("/__init__.py")

    def get_source(self, fullname: str) -> str:
        """ImportError for what is not packed."""
        return self._sources[self._packed(fullname)]

    def get_code(self, fullname: str) -> CodeType:
        """Compiled under a path by which a traceback names it."""
        code: CodeType = compile(self.get_source(fullname), self._origin(fullname), "exec", dont_inherit=True)
        return code

    def _origin(self, fullname: str) -> str:
        return os.path.join(self._archive, self._packed(fullname))

    def _packed(self, fullname: str) -> str:
        file = self._file(fullname)
        if file is None:
            raise ImportError(f"{fullname} is not packed in {self._archive}", name=fullname)
        return file

    def _file(self, fullname: str) -> Optional[str]:
        place = fullname.replace(".", "/")
        return next((file for file in (f"{place}/__init__.py", f"{place}.py") if file in self._sources), None)


def run() -> None:
    """Run the exporter that is packed, whatever else of its name is installed."""
    archive = os.path.dirname(os.path.abspath(__file__))
    sys.meta_path.insert(0, Modules(archive, zipimporter(archive).get_data(MEMBER).decode()))
    run_module("rayscope.exporter", run_name="__main__")


if __name__ == "__main__":
    run()
