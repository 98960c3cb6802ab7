"""All that is made of one directory: who lives, the archive, the reader, the sampler. Made once the directory is there.

Everything here runs in one thread and takes turns, so nothing has a lock.
"""

from __future__ import annotations

import os
import time
from typing import List

from rayscope.exporter.archive.archive import Archive
from rayscope.exporter.archive.fold import Folder
from rayscope.exporter.files.liveness import Liveness
from rayscope.exporter.files.series import decode
from rayscope.exporter.files.usage import Usage, measure
from rayscope.exporter.files.writers import Writer, writers
from rayscope.exporter.numbers.collector import Collector, Exposition
from rayscope.exporter.options import MERGED, Options
from rayscope.exporter.own.families import OwnFamily
from rayscope.exporter.own.sampling import StepSampler
from rayscope.exporter.own.steps import step_families

REREADS = 4
"""At most so many: an owner that folds a long backlog changes something all the time."""


class Source:
    """The directory of `options`, opened. What an earlier exporter left half folded is put right first."""

    def __init__(self, options: Options) -> None:
        directory = options.directory
        self.liveness = Liveness(directory)
        self.archive = Archive(directory)
        self.folder = Folder(directory, self.liveness, self.archive)
        self._options = options
        self.collector = self._collector()
        self.sampler = StepSampler(directory)
        self.usage = Usage()
        self.measure()

    def scrape(self) -> Exposition:
        """Read everything once; again if another exporter, the directory's owner, has folded what was being read."""
        self.sampler.sample()
        exposition = self.collector.scrape()
        for _ in range(REREADS):
            if self.folder.owner or not (self.archive.load() or self.collector.reader.vanished):
                break
            exposition = self.collector.scrape()
        return exposition

    @property
    def present(self) -> bool:
        """Whether the directory is there now."""
        return os.path.isdir(self._options.directory)

    def forget(self) -> None:
        """Let go of all that was read, so that there is memory to go on with."""
        errors = self.collector.reader.errors
        self.collector = self._collector()
        self.collector.reader.errors.update(errors)
        decode.cache_clear()

    def writers(self) -> List[Writer]:
        """The processes that have files here, as of the last read."""
        return writers(self.collector.reader.files, self.liveness.writer_alive)

    def steps(self) -> List[OwnFamily]:
        """What sampling has to say, as of now."""
        return step_families(
            self.sampler, self.liveness.writer_alive, time.time(), merged=self._options.gauges == MERGED
        )

    def _collector(self) -> Collector:
        options = self._options
        return Collector(options.directory, options.families, options.gauges, self.liveness, self.archive)

    def measure(self) -> None:
        """Look how full the directory is; a directory that cannot be looked at keeps its last figures."""
        try:
            self.usage = measure(self._options.directory)
        except OSError:
            return
