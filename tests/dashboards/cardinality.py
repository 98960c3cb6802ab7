"""How many series a pod costs the Prometheus, by either port, before and after what the monitors drop."""

from __future__ import annotations

import re
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.request import urlopen

from rayscope.render.essential import PATTERN
from rayscope.zipapp import build
from tests.dashboards.replay import captured
from tests.demo.numbers import exporter
from tests.unit.exporter.test_captures import CAPTURES, held

REPLICAS = 2
"""In both captures: of a node with two engines."""
DIRECTORY = "ray-head-two-replicas-under-load"


@dataclass(frozen=True)
class Cost:
    """Series of one port of one pod with REPLICAS engines."""

    exported: int
    stored: int
    of_an_engine: int
    """What one more engine in the pod adds."""


def of_rays_port() -> Cost:
    """As captured; an engine's series carry its replica."""
    names = [re.split("[{ ]", sample, maxsplit=1)[0] for sample in captured()]
    engines = [sample for sample in captured() if sample.startswith("ray_vllm_")]
    stored = [name for name in names if re.fullmatch(PATTERN, name)]
    return Cost(len(names), len(stored), len(engines) // REPLICAS)


def of_the_exporter(path: Path) -> Cost:
    """From the captured directory, while its writers' files are open as they were; nothing is dropped afterwards.

    Counters and histograms of a pod's engines are sums, so one more of the same model adds its gauges and no more.
    """
    directory = Path(shutil.copytree(CAPTURES / DIRECTORY, path / DIRECTORY))
    with held(*directory.iterdir()), exporter(directory, build().data) as address:
        series = _series(address)
    by_process = [one for one in series if 'pid="' in one]
    return Cost(len(series), len(series), len(by_process) // REPLICAS)


def _series(address: str) -> Sequence[str]:
    with urlopen(f"{address}/metrics", timeout=10) as answer:
        text: str = answer.read().decode()
    return [line for line in text.splitlines() if not line.startswith("#")]


def table(exporters: Cost, rays: Cost) -> str:
    rows = (
        f"| {name} | {cost.exported:,} | {cost.stored:,} | {cost.stored / REPLICAS:,.0f} | {cost.of_an_engine:,} |"
        for name, cost in (("`vllm-metrics`, the exporter", exporters), ("`metrics`, Ray's own", rays))
    )
    heading = "| port of a pod with two engines | exported | stored | stored per replica | one more engine adds |"
    return "\n".join([heading, "|---|--:|--:|--:|--:|", *rows])
