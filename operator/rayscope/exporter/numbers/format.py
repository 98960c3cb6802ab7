"""How names, labels and numbers are written: text format 0.0.4 and OpenMetrics 1.0, which differ in headers only.

Byte for byte what prometheus_client 0.26 writes (exposition.py, utils.floatToGoString). Must never let anything through
that would make Prometheus refuse the whole answer.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Iterable, List, Tuple

from rayscope.exporter.files.series import Labels

_ILLEGAL_IN_NAME = re.compile(r"[^a-zA-Z0-9_:]|^[0-9]")
_ILLEGAL_IN_LABEL = re.compile(r"[^a-zA-Z0-9_]|^[0-9]")
_UNLIKE_PYTHON = {"inf": "+Inf", "-inf": "-Inf", "nan": "NaN"}


@dataclass(frozen=True)
class Family:
    """A metric family as it is shown."""

    name: str
    """Without `_total`, also for counters; only characters that both formats allow."""
    type: str
    help: str
    bounds: Tuple[float, ...] = ()
    """Upper bounds of a histogram's buckets, over all its series."""

    def text_header(self) -> str:
        """HELP and TYPE of the text format, where a counter's name has its suffix."""
        name = f"{self.name}_total" if self.type == "counter" else self.name
        text = self.help.replace("\\", r"\\").replace("\n", r"\n")
        return f"# HELP {name} {text}\n# TYPE {name} {self.type}\n"

    def openmetrics_header(self) -> str:
        """HELP and TYPE of OpenMetrics, where a counter's name has none."""
        return f"# HELP {self.name} {_escaped(self.help)}\n# TYPE {self.name} {self.type}\n"


def metric_name(name: str) -> str:
    """With an underscore for every character that is not allowed."""
    return _ILLEGAL_IN_NAME.sub("_", name)


def legal_labels(labels: Iterable[Tuple[str, str]]) -> Labels:
    """Sorted by name, with an underscore for every character that is not allowed there."""
    return tuple(sorted({_ILLEGAL_IN_LABEL.sub("_", name): value for name, value in labels}.items()))


def labels_text(labels: Labels) -> str:
    """`{engine="0",model_name="m"}`, of legal labels; empty without any."""
    pairs = ",".join([f'{name}="{_escaped(value)}"' for name, value in labels])
    return f"{{{pairs}}}" if pairs else ""


def numbers(values: Iterable[float]) -> List[str]:
    """Each as go_string() has it; most are spared the call."""
    return [repr(value) if -1e6 < value < 1e6 else go_string(value) for value in values]


def go_string(value: float) -> str:
    """As Go's strconv 'g' does for what Prometheus meets: `+Inf`, `NaN`, and exponents from a million up."""
    text = repr(value)
    dot = text.find(".")
    if dot > 6 and value > 0:
        return f"{text[0]}.{text[1:dot]}{text[dot + 1 :]}".rstrip("0.") + f"e+{dot - 1:02d}"
    return _UNLIKE_PYTHON.get(text, text)


def encoded(parts: Iterable[str]) -> bytes:
    """A lone surrogate (a label of bytes that were no UTF-8) cannot be sent: it becomes a question mark."""
    return "".join(parts).encode("utf-8", "replace")


def _escaped(value: str) -> str:
    return value.replace("\\", r"\\").replace("\n", r"\n").replace('"', r"\"")
