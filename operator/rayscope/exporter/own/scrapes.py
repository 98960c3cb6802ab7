"""Who asked for numbers, when, and what it cost: without this, nobody can tell from the pod whether it is scraped."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Dict

MAX_CLIENTS = 16
"""Clients remembered: a Prometheus of two replicas, and room for curious people."""


@dataclass(frozen=True)
class Client:
    """A client's last scrape: when (Unix time), and what the client calls itself."""

    time: float
    agent: str


@dataclass
class Scrapes:
    """`served`: answers on /metrics; `reads`: of the directory, one for all; `seconds`: what the last one took."""

    served: int = 0
    reads: int = 0
    seconds: float = 0.0
    clients: Dict[str, Client] = field(default_factory=dict)
    """By address, the latest last."""

    def note(self, address: str, agent: str, now: float) -> None:
        """Count an answer."""
        self.served += 1
        self.clients.pop(address, None)
        self.clients[address] = Client(now, agent[:200])
        if len(self.clients) > MAX_CLIENTS:
            del self.clients[next(iter(self.clients))]
