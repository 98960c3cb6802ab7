"""What the directory did to us: a failure there is counted and tried again, and never ends the exporter."""

from __future__ import annotations

import contextlib
from collections import Counter
from typing import Iterator


class Faults:
    """`counts`: OSErrors by what was tried; `last`: the latest in words, empty while there was none."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()
        self.last = ""

    @contextlib.contextmanager
    def counted(self, what: str) -> Iterator[None]:
        """Try `what`; an OSError ends the block, not its caller."""
        try:
            yield
        except OSError as error:
            self.counts[what] += 1
            self.last = f"{what}: {error}"
