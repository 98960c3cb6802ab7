"""One read of the directory, written out: each format and encoding once at most, however many share it."""

from __future__ import annotations

import zlib
from typing import Dict, List, Optional, Tuple

from rayscope.exporter.http.negotiation import OPENMETRICS
from rayscope.exporter.numbers.collector import Exposition
from rayscope.exporter.own.families import OwnFamily, render

_GZIP = 16 + zlib.MAX_WBITS
_LEVEL = 1
"""A seventh of level 9's time for a quarter more bytes; at level 9 compressing costs more than all else."""


class Reading:
    """What the writers say, if their directory is there, and what the exporter says."""

    def __init__(self, exposition: Optional[Exposition], own: List[OwnFamily]) -> None:
        self._exposition = exposition
        self._own = own
        self._bodies: Dict[Tuple[str, bool], bytes] = {}

    def body(self, form: str, *, gzip: bool) -> bytes:
        """The whole answer in a format of negotiation.py."""
        if (form, gzip) not in self._bodies:
            self._bodies[form, gzip] = _compressed(self.body(form, gzip=False)) if gzip else self._written(form)
        return self._bodies[form, gzip]

    def _written(self, form: str) -> bytes:
        openmetrics = form == OPENMETRICS
        own = render(self._own, openmetrics=openmetrics)
        if self._exposition is None:
            writers = b""
        else:
            writers = self._exposition.openmetrics() if openmetrics else self._exposition.text()
        return writers + own + (b"# EOF\n" if openmetrics else b"")


def _compressed(body: bytes) -> bytes:
    stream = zlib.compressobj(_LEVEL, zlib.DEFLATED, _GZIP)
    return stream.compress(body) + stream.flush()
