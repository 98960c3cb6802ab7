"""/status: what the exporter sees, as JSON, for people and for the operator. Keys are only ever added."""

from __future__ import annotations

import math
from typing import Any, Dict, List, Optional

from rayscope import __version__
from rayscope.exporter.itself import PYTHON
from rayscope.exporter.options import Options
from rayscope.exporter.own.failures import Failures
from rayscope.exporter.own.scrapes import Scrapes
from rayscope.exporter.source import Source

Json = Dict[str, Any]


def status(options: Options, source: Optional[Source], scrapes: Scrapes, failures: Failures) -> Json:
    """Everything that is known now. Without a source there is no directory yet, and those parts are empty."""
    return {
        **_program(options, failures, failing=None),
        "directory": _directory(options, source),
        "liveness": _liveness(source),
        "writers": _writers(source),
        **_collected(source),
        "folding": _folding(source),
        "scrapes": _scrapes(scrapes),
    }


def failing(options: Options, failures: Failures, reason: str) -> Json:
    """What is known where the directory could not be read: why, in the words of `own.failures`, and how often."""
    return _program(options, failures, failing=reason)


def _program(options: Options, failures: Failures, *, failing: Optional[str]) -> Json:
    return {
        "version": __version__,
        "python": PYTHON,
        "options": {"families": list(options.families), "gauges": options.gauges},
        "failing": failing,
        "failures": [
            {"during": during, "reason": reason, "count": count} for (during, reason), count in failures.counts.items()
        ],
    }


def _directory(options: Options, source: Optional[Source]) -> Json:
    if source is None:
        return {"path": options.directory, "present": False}
    usage = source.usage
    return {
        "path": options.directory,
        "present": source.present,
        "bytes": usage.directory,
        "size": usage.size,
        "fill": round(usage.fill, 4),
    }


def _liveness(source: Optional[Source]) -> Json:
    if source is None:
        return {}
    liveness = source.liveness
    return {"works": liveness.works, "reason": liveness.reason, "watching": liveness.watching}


def _writers(source: Optional[Source]) -> List[Json]:
    found = source.writers() if source else []
    return [{"pid": writer.pid, "state": writer.state, "files": list(writer.files)} for writer in found]


def _collected(source: Optional[Source]) -> Json:
    """The families shown with the edges of their buckets, those that clash with one of them, and damaged files."""
    found = source.collector.status() if source else {}
    return {
        "families": [_family(family) for family in found.get("families", [])],
        "leftOut": found.get("left_out", {}),
        "damaged": found.get("damaged", {}),
    }


def _family(family: Json) -> Json:
    """Every histogram has a last bound that is infinite, and JSON has no word for it."""
    return {**family, "bounds": [bound for bound in family["bounds"] if math.isfinite(bound)]}


def _folding(source: Optional[Source]) -> Json:
    if source is None:
        return {}
    folder, archive = source.folder, source.archive
    return {
        "owner": folder.owner,
        "finished": folder.finished,
        "pending": folder.pending,
        "errors": dict(folder.faults.counts),
        "lastError": folder.faults.last,
        "archiveBytes": archive.size,
        "archiveErrors": archive.errors,
        "archivedSeries": len(archive.sums),
    }


def _scrapes(scrapes: Scrapes) -> Json:
    clients = [
        {"address": address, "agent": client.agent, "time": client.time} for address, client in scrapes.clients.items()
    ]
    return {
        "served": scrapes.served,
        "reads": scrapes.reads,
        "seconds": round(scrapes.seconds, 6),
        "last": clients[-1] if clients else None,
        "clients": clients,
    }
