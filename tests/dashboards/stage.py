"""Two services, one for each way by which vLLM's numbers come, an operator, and a Prometheus that scrapes all of them.

`engines` has two live processes and the exporter beside them; `llm-serve` has Ray's own port, as it was captured.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import yaml

from rayscope.model.monitor import MonitorSpec
from rayscope.model.names import MULTIPROC_VARIABLE
from rayscope.model.rules import Indicator
from rayscope.model.service import Service
from rayscope.render.rules.prometheusrule import service_prometheus_rule
from rayscope.zipapp import build
from tests.dashboards import prometheus, replay
from tests.dashboards.load import FIRST_TOKEN, NEXT_TOKEN, REQUEST
from tests.dashboards.obedient import Obedient
from tests.dashboards.prometheus import SCRAPE_SECONDS, Prometheus
from tests.dashboards.targets import NAMESPACE, jobs, pod, ray_service
from tests.demo.numbers import exporter
from tests.plane.ports import HeldPort
from tests.plane.waiting import eventually

RULES = Path(__file__).parents[2] / "charts/rayscope/files/rules.yaml"
ENGINES = ray_service("engines")
RAY = ray_service("llm-serve")
SERVICES = (ENGINES.key.name, RAY.key.name)
RUNNING, WAITING = (19, 21), (3, 0)
"""Requests that the two engines have in their batches, and in their queues."""
OBJECTIVES = {
    "timeToFirstToken": {"threshold": "500ms", "objective": 99},
    "interToken": {"threshold": "100ms", "objective": 99},
    "endToEnd": {"threshold": "2.5s", "objective": 95},
}
"""A quarter of the known load is slower, each time."""
EDGES = {
    Indicator.TIME_TO_FIRST_TOKEN: frozenset(FIRST_TOKEN),
    Indicator.INTER_TOKEN: frozenset(NEXT_TOKEN),
    Indicator.END_TO_END: frozenset(REQUEST),
}
STEPS = 8
"""Steps of a known load that each of them makes, one between two scrapes."""
GENERATED = f'sum(vllm:generation_tokens_total{{rayservice="{ENGINES.key.name}"}})'


@dataclass(frozen=True)
class Stage:
    """After the load: everything has been scraped, and every rule evaluated since."""

    prometheus: Prometheus

    def chosen(self, service: str) -> Mapping[str, str]:
        """A dashboard's variables, with everything else at All."""
        return {"namespace": NAMESPACE, "service": service, "cluster": ".*", "model": ".*"}


@contextmanager
def stage(directory: Path, rules: Mapping[str, Any]) -> Iterator[Stage]:
    """With rule files by name, as they are loaded into the Prometheus."""
    with ExitStack() as stack:
        metrics = Path(stack.enter_context(tempfile.TemporaryDirectory(dir=_memory())))
        writers = [
            stack.enter_context(
                Obedient("tests.dashboards.load", *load, environment={MULTIPROC_VARIABLE: str(metrics)})
            )
            for load in zip(RUNNING, WAITING, strict=True)
        ]
        address = stack.enter_context(exporter(metrics, build().data))
        operator_port = stack.enter_context(HeldPort())
        operator = stack.enter_context(Obedient("tests.dashboards.own", operator_port.number))
        pods = [
            pod(ENGINES, exporter=int(address.rpartition(":")[2])),
            pod(RAY, ray=stack.enter_context(replay.served())),
        ]
        own = {"job_name": "rayscope", "static_configs": [{"targets": [f"127.0.0.1:{operator_port.number}"]}]}
        observer = stack.enter_context(prometheus.running(directory, [*jobs(pods), own], rules))
        _drive(observer, [*writers, operator])
        yield Stage(observer)


def _drive(observer: Prometheus, actors: list[Obedient]) -> None:
    """Step by step, each seen by a scrape before the next: so every counter grows from zero, by known amounts."""
    eventually(lambda: observer.value(GENERATED) == 0, "the series are scraped, at zero")
    seen = 0.0
    for _ in range(STEPS):
        for actor in actors:
            actor.do("step")
        seen = eventually(partial(_beyond, observer, seen), "the step is scraped")
    settled = observer.now()
    eventually(lambda: _evaluated(observer, settled), "all rules are evaluated after the last step")


def _beyond(observer: Prometheus, seen: float) -> float:
    """What is generated, if it is more than was SEEN; a scrape that failed shows nothing."""
    now = observer.value(GENERATED) or 0.0
    return now if now > seen else 0.0


def _evaluated(observer: Prometheus, since: float) -> bool:
    """Twice: a rule that reads another rule's series sees what that was a round ago."""
    return all(evaluated > since + 2 * SCRAPE_SECONDS for evaluated in observer.evaluations())


def rule_files() -> dict[str, Any]:
    """The installation's rules, and each service's with its objectives."""
    installation = yaml.safe_load(RULES.read_text(encoding="utf-8"))
    return {"installation.yml": at_once(installation), **{f"{one.key.name}.yml": _of(one) for one in (ENGINES, RAY)}}


def _of(service: Service) -> dict[str, Any]:
    cluster = {"metadata": {"name": service.expected_clusters[0]}}
    wanted = MonitorSpec.model_validate({"rules": {"slo": OBJECTIVES}})
    return at_once(service_prometheus_rule(service, [cluster], wanted, EDGES, {})["spec"])


def at_once(content: dict[str, Any]) -> dict[str, Any]:
    """Groups without an interval of their own: the Prometheus evaluates them as often as it scrapes."""
    groups = [{key: value for key, value in group.items() if key != "interval"} for group in content["groups"]]
    return {"groups": groups}


def _memory() -> Path | None:
    """Where the kernel offers it: what our pods have."""
    shared = Path("/dev/shm")
    return shared if shared.is_dir() else None
