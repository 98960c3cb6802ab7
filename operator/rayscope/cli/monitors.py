"""VLLMMonitors in files: what the owners of services want, for commands that work without a cluster."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

import click
import yaml
from pydantic import ValidationError

from rayscope.cli.files import Trouble, read
from rayscope.manifests.source import documents
from rayscope.model.manifest import mapping
from rayscope.model.monitor import MonitorSpec

KIND = "VLLMMonitor"


@dataclass
class Monitors:
    """By the name of their service; those that were asked for are remembered, as the others are a mistake."""

    specs: dict[str, MonitorSpec]
    _used: set[str] = field(default_factory=set)

    def of(self, service: str) -> MonitorSpec:
        """The spec for a service, the defaults where it has none."""
        self._used.add(service)
        return self.specs.get(service, MonitorSpec())

    def complete(self) -> None:
        """Object to monitors of no service."""
        if strangers := sorted(self.specs.keys() - self._used):
            raise click.UsageError(f"--monitor: no manifest here is named {', '.join(strangers)}, as its monitor is.")


def load(_: click.Context, __: click.Parameter, names: tuple[str, ...]) -> Monitors:
    """The callback of `--monitor`."""
    return Monitors({name: spec for file in names for name, spec in _file(file)})


def _file(name: str) -> Iterable[tuple[str, MonitorSpec]]:
    (given,) = read([name])
    if isinstance(given, Trouble):
        raise click.BadParameter(f"{name}: {given.message}")
    try:
        found = [document for document in documents(given.text) if isinstance(document, dict)]
        specs = [
            (str(mapping(monitor, "metadata").get("name")), MonitorSpec.model_validate(mapping(monitor, "spec")))
            for monitor in found
            if monitor.get("kind") == KIND
        ]
    except (yaml.YAMLError, ValidationError) as trouble:
        raise click.BadParameter(f"{name}: {trouble}") from trouble
    if not specs:
        raise click.BadParameter(f"{name} has no {KIND}.")
    return specs


option = click.option(
    "--monitor",
    "monitors",
    metavar="FILE",
    multiple=True,
    callback=load,
    help="Take the settings of a service from its VLLMMonitor, which has its name; may be repeated.",
)
