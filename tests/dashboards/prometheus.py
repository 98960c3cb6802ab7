"""A real Prometheus with a configuration of ours, and its HTTP API."""

from __future__ import annotations

import json
import math
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import yaml

from tests.plane import assets, catalogue
from tests.plane.ports import HeldPort
from tests.plane.process import Group, Process, tail
from tests.plane.waiting import eventually

SCRAPE_SECONDS = 1
Series = dict[str, Any]


@dataclass(frozen=True)
class Prometheus:
    """Answers are lists of series: `metric`, and `value` or `values`; those that have a number only."""

    url: str
    began: float

    def instant(self, expr: str, at: float | None = None) -> list[Series]:
        return [one for one in self._ask("query", query=expr, time=at or self.now()) if is_number(one["value"])]

    def over_time(self, expr: str) -> list[Series]:
        """As a graph asks, from the beginning until now."""
        answer = self._ask("query_range", query=expr, start=self.began, end=self.now(), step=SCRAPE_SECONDS)
        return [one for one in answer if any(map(is_number, one["values"]))]

    def value(self, expr: str) -> float | None:
        """The one number that the expression is now; None where it is none."""
        found = self.instant(expr)
        return float(found[0]["value"][1]) if len(found) == 1 else None

    def now(self) -> float:
        return float(self._get("query", query="time()")["data"]["result"][1])

    def rules(self) -> list[dict[str, Any]]:
        return [rule for group in self._get("rules")["data"]["groups"] for rule in group["rules"]]

    def evaluations(self) -> list[float]:
        """When each group of rules was evaluated last (Unix time)."""
        groups = self._get("rules")["data"]["groups"]
        return [datetime.fromisoformat(group["lastEvaluation"]).timestamp() for group in groups]

    def label_values(self, label: str, selector: str) -> list[str]:
        """As a pick-list asks."""
        query = urllib.parse.urlencode({"match[]": selector})
        return list(self._get(f"label/{label}/values?{query}")["data"])

    def targets(self) -> list[dict[str, Any]]:
        return list(self._get("targets")["data"]["activeTargets"])

    def _ask(self, what: str, **parameters: object) -> list[Series]:
        return list(self._get(what, **parameters)["data"]["result"])

    def _get(self, what: str, **parameters: object) -> Any:
        body = urllib.parse.urlencode(parameters).encode() or None
        try:
            with urllib.request.urlopen(f"{self.url}/api/v1/{what}", data=body, timeout=30) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as error:
            raise AssertionError(f"{parameters.get('query')}: {error.read().decode()}") from error


def is_number(sample: Sequence[Any]) -> bool:
    return not math.isnan(float(sample[1]))


@contextmanager
def running(directory: Path, jobs: Sequence[Mapping[str, Any]], rules: Mapping[str, Any]) -> Iterator[Prometheus]:
    """With these scrape jobs, and rule files by name, all scraped and evaluated every second."""
    for name, content in rules.items():
        directory.joinpath(name).write_text(yaml.safe_dump(content), encoding="utf-8")
    interval = f"{SCRAPE_SECONDS}s"
    configuration = {
        "global": {"scrape_interval": interval, "scrape_timeout": interval, "evaluation_interval": interval},
        "rule_files": sorted(rules),
        "scrape_configs": list(jobs),
    }
    directory.joinpath("prometheus.yml").write_text(yaml.safe_dump(configuration), encoding="utf-8")
    with HeldPort() as port, Group(None) as group:
        process = Process(
            "prometheus", _command(directory, port.number), group=group, directory=directory, environment={}
        )
        try:
            url = f"http://127.0.0.1:{port.number}"
            eventually(lambda: _ready(url) or process.exit_status() is not None, "Prometheus is ready")
            assert process.exit_status() is None, tail(process.log)
            began = Prometheus(url, 0).now()
            yield Prometheus(url, began)
        finally:
            process.stop()


def _command(directory: Path, port: int) -> list[str | Path]:
    return [
        assets.program(catalogue.PROMETHEUS),
        f"--config.file={directory / 'prometheus.yml'}",
        f"--storage.tsdb.path={directory / 'data'}",
        f"--web.listen-address=127.0.0.1:{port}",
    ]


def _ready(url: str) -> bool:
    try:
        with urllib.request.urlopen(f"{url}/-/ready", timeout=5) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False
