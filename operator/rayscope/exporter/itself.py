"""What the exporter says about itself and about the directory: whether the numbers beside it can be trusted.

Every reason and state has its series from the start, at 0: what appears with its first event shows no increase.
"""

from __future__ import annotations

import os
import sys
import time
from collections import Counter
from typing import Iterable, List, Mapping, Optional, Tuple

from rayscope import __version__
from rayscope.exporter.files.layout import REASONS as DAMAGE
from rayscope.exporter.files.series import Labels
from rayscope.exporter.files.writers import STATES
from rayscope.exporter.limits import MEMORY_BYTES
from rayscope.exporter.own.failures import REASONS, Failures
from rayscope.exporter.own.families import OwnFamily, counter, gauge, labelled
from rayscope.exporter.own.scrapes import Scrapes
from rayscope.exporter.source import Source

TASKS = ("scrape", "sample", "fold", "measure")
FOLDING_STEPS = ("lock", "list", "rename", "read", "archive", "reserve", "remove")
PYTHON = ".".join(map(str, sys.version_info[:3]))
_STARTED = time.time()
_PAGE = os.sysconf("SC_PAGE_SIZE")


def own_families(source: Optional[Source], scrapes: Scrapes, failures: Failures) -> List[OwnFamily]:
    """All families of ours; without a source, those about the program alone."""
    families = [
        *_program(),
        *_scrapes(scrapes),
        _failures(failures),
        _one("directory_present", "1 if the directory is there.", source is not None and source.present),
    ]
    if source:
        families += [*_directory(source), *_files(source), *_folding(source), *source.steps()]
    return families


def _program() -> Iterable[OwnFamily]:
    built = labelled(version=__version__, python=PYTHON)
    yield gauge("rayscope_exporter_build_info", "The version, in a label.", (built, 1))
    yield _one("start_time_seconds", "When the exporter started (Unix time).", _STARTED)
    yield _total("cpu_seconds", "CPU time of the exporter.", time.process_time())
    yield _one("resident_memory_bytes", "Memory of the exporter.", _resident())
    yield _one("memory_limit_bytes", "The limit that the exporter has set itself.", MEMORY_BYTES)


def _scrapes(scrapes: Scrapes) -> Iterable[OwnFamily]:
    yield _total("scrapes", "Answers on /metrics.", scrapes.served)
    yield _total("reads", "Times that the directory was read; one serves all who wait.", scrapes.reads)
    yield _one("scrape_duration_seconds", "What this read of the directory took.", scrapes.seconds)


def _failures(failures: Failures) -> OwnFamily:
    known = {(during, reason): 0 for during in TASKS for reason in REASONS}
    values = (
        (labelled(during=during, reason=reason), float(count))
        for (during, reason), count in {**known, **failures.counts}.items()
    )
    return counter(
        "rayscope_exporter_failures", "What failed in the exporter: its memory limit, or a mistake.", *values
    )


def _directory(source: Source) -> Iterable[OwnFamily]:
    usage = source.usage
    yield _one("directory_bytes", "What the directory's files occupy.", usage.directory)
    yield _one("directory_size_bytes", "Size of the file system that the directory is on.", usage.size)
    yield _one("directory_fill_ratio", "How full that is, from 0 to 1. At 1 every writer dies by SIGBUS.", usage.fill)
    works = (labelled(reason=source.liveness.reason), float(source.liveness.works))
    text = "1 if ended processes can be told. At 0 their gauges stay, and nothing is folded."
    yield gauge("rayscope_exporter_liveness_works", text, works)


def _files(source: Source) -> Iterable[OwnFamily]:
    writers = source.writers()
    states = Counter(writer.state for writer in writers)
    by_state = tuple((labelled(state=state), float(states[state])) for state in STATES)
    yield gauge("rayscope_exporter_writers", "Processes with files in the directory.", *by_state)
    yield _one("files", "Files of writers.", sum(len(writer.files) for writer in writers))
    errors = source.collector.reader.errors
    yield _counts("read_errors", "Files that could not be read, at each read.", "reason", DAMAGE, errors)


def _folding(source: Source) -> Iterable[OwnFamily]:
    folder, archive = source.folder, source.archive
    yield _total("folded_files", "Files of ended processes, archived and removed.", folder.finished)
    yield _one("folding_files", "Files on the way into the archive.", folder.pending)
    yield _counts(
        "folding_errors", "What failed in folding; it is tried again.", "step", FOLDING_STEPS, folder.faults.counts
    )
    yield _one("archive_bytes", "What ended processes have counted.", archive.size)
    yield _total("archive_errors", "Times that the archive was found damaged.", archive.errors)


def _one(name: str, text: str, value: float) -> OwnFamily:
    return gauge(f"rayscope_exporter_{name}", text, ((), value))


def _total(name: str, text: str, value: float) -> OwnFamily:
    return counter(f"rayscope_exporter_{name}", text, ((), value))


def _counts(name: str, text: str, label: str, known: Iterable[str], counts: Mapping[str, int]) -> OwnFamily:
    values: List[Tuple[Labels, float]] = [
        (((label, one),), counts.get(one, 0)) for one in (*known, *sorted({*counts} - {*known}))
    ]
    return counter(f"rayscope_exporter_{name}", text, *values)


def _resident() -> int:
    """Bytes; 0 where /proc does not say."""
    try:
        with open("/proc/self/statm", "rb") as statm:
            return int(statm.read().split()[1]) * _PAGE
    except OSError:
        return 0
