"""A directory, programs that write there, and the exporter that reads it: what most tests of the reader need."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from rayscope.exporter.archive.archive import Archive
from rayscope.exporter.archive.fold import Folder
from rayscope.exporter.files.liveness import Liveness
from rayscope.exporter.numbers.collector import Collector, Exposition
from tests.unit.exporter.programs import Program


class Scene:
    """One exporter over `directory`; close() ends all programs."""

    def __init__(self, directory: Path, families: Sequence[str] = (), gauges: str = "process") -> None:
        self.directory = directory
        self.liveness = Liveness(str(directory))
        self.archive = Archive(str(directory))
        self.collector = Collector(str(directory), families, gauges, self.liveness, self.archive)
        self._programs: list[Program] = []

    def program(self, pid: str = "1") -> Program:
        """A program that has just started."""
        self._programs.append(Program(pid))
        return self._programs[-1]

    def scrape(self) -> Exposition:
        return self.collector.scrape()

    def lines(self) -> list[str]:
        """The samples as text, without HELP and TYPE."""
        return [line for line in self.text().splitlines() if not line.startswith("#")]

    def text(self) -> str:
        return self.scrape().text().decode()

    def openmetrics(self) -> str:
        return self.scrape().openmetrics().decode() + "# EOF\n"

    def fold(self) -> None:
        """Fold the files of all dead programs."""
        folder = Folder(str(self.directory), self.liveness, self.archive, grace=0)
        folder.fold()
        folder.fold()
        folder.close()

    def another(self, families: Sequence[str] = (), gauges: str = "process") -> Collector:
        """A second collector, with other options."""
        return Collector(str(self.directory), families, gauges, self.liveness, self.archive)

    def close(self) -> None:
        for program in self._programs:
            program.die()
        self.liveness.close()
