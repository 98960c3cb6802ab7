"""The dashboards as they are shipped: read from the package, never made while Rayscope runs."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.resources import files

from rayscope.dashboards import __name__ as package


@dataclass(frozen=True)
class Packaged:
    """One dashboard: its name, and the JSON that Grafana imports."""

    name: str
    text: str

    @property
    def file(self) -> str:
        return f"{self.name}.json"


def packaged() -> tuple[Packaged, ...]:
    """All of them, by name."""
    found = (entry for entry in files(package).joinpath("json").iterdir() if entry.name.endswith(".json"))
    return tuple(
        Packaged(entry.name.removesuffix(".json"), entry.read_text(encoding="utf-8"))
        for entry in sorted(found, key=lambda entry: entry.name)
    )
