"""SIGTERM and Ctrl-C as an event that is waited for. The second one is not waited for: it kills."""

from __future__ import annotations

import asyncio
import signal

SIGNALS = (signal.SIGTERM, signal.SIGINT)


class Stop:
    """Whether somebody wants the process to end."""

    def __init__(self) -> None:
        self._asked = asyncio.Event()

    def listen(self) -> None:
        """Take the signals; again, where a library has taken them meanwhile."""
        for number in SIGNALS:
            asyncio.get_running_loop().add_signal_handler(number, self._ask)

    async def asked(self) -> None:
        await self._asked.wait()

    def _ask(self) -> None:
        self._asked.set()
        for number in SIGNALS:
            asyncio.get_running_loop().remove_signal_handler(number)
