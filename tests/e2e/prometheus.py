"""Prometheus, asked as its users ask it, through the API server's proxy."""

from dataclasses import dataclass
from functools import partial
from typing import Any

from tests.e2e.manifests import MONITORING
from tests.plane.client import ApiError, Client, Manifest
from tests.plane.resources import SERVICES
from tests.plane.waiting import eventually

API = SERVICES.path(MONITORING, "prometheus-operated:web", "proxy/api/v1")
AWAY = {502, 503, 504}
"""What the proxy says of a Prometheus that it does not reach at this moment."""


@dataclass(frozen=True)
class Prometheus:
    client: Client

    def series(self, query: str) -> list[Manifest]:
        """What an instant query gives."""
        result: list[Manifest] = self._data("query", query=query)["result"]
        return result

    def value(self, query: str) -> float | None:
        """The only value that a query gives; None if it gives nothing."""
        values = [float(series["value"][1]) for series in self.series(query)]
        if len(values) > 1:
            raise ValueError(f"{query} gives {len(values)} values")
        return values[0] if values else None

    def groups(self, namespace: str) -> list[Manifest]:
        """The groups of rules that come from a PrometheusRule of the NAMESPACE, each evaluated once at least."""
        groups: list[Manifest] = self._data("rules")["groups"]
        own = [group for group in groups if f"/{namespace}-" in group["file"]]
        known = all(rule["health"] != "unknown" for group in own for rule in group["rules"])
        return own if known else []

    def pools(self) -> list[str]:
        """What it scrapes by its configuration; the last samples of a job that is gone are shown for five minutes."""
        pools: list[str] = self._data("scrape_pools")["scrapePools"]
        return pools

    def _data(self, what: str, **query: str) -> Any:
        return eventually(partial(self._answer, what, query), "Prometheus answers")["data"]

    def _answer(self, what: str, query: dict[str, str]) -> Manifest:
        """None of it as long as it is away."""
        try:
            return self.client.get(f"{API}/{what}", **query)
        except ApiError as refusal:
            if refusal.status not in AWAY:
                raise
            return {}
