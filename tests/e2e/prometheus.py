"""Prometheus, asked as its users ask it, through the API server's proxy."""

from dataclasses import dataclass

from tests.e2e.manifests import MONITORING
from tests.plane.client import Client, Manifest
from tests.plane.resources import SERVICES

API = SERVICES.path(MONITORING, "prometheus-operated:web", "proxy/api/v1")
QUERY = f"{API}/query"


@dataclass(frozen=True)
class Prometheus:
    client: Client

    def series(self, query: str) -> list[Manifest]:
        """What an instant query gives."""
        result: list[Manifest] = self.client.get(QUERY, query=query)["data"]["result"]
        return result

    def value(self, query: str) -> float | None:
        """The only value that a query gives; None if it gives nothing."""
        values = [float(series["value"][1]) for series in self.series(query)]
        if len(values) > 1:
            raise ValueError(f"{query} gives {len(values)} values")
        return values[0] if values else None

    def groups(self, namespace: str) -> list[Manifest]:
        """The groups of rules that come from a PrometheusRule of the NAMESPACE, each evaluated once at least."""
        groups: list[Manifest] = self.client.get(f"{API}/rules")["data"]["groups"]
        own = [group for group in groups if f"/{namespace}-" in group["file"]]
        known = all(rule["health"] != "unknown" for group in own for rule in group["rules"])
        return own if known else []

    def pools(self) -> list[str]:
        """What it scrapes by its configuration; the last samples of a job that is gone are shown for five minutes."""
        pools: list[str] = self.client.get(f"{API}/scrape_pools")["data"]["scrapePools"]
        return pools
