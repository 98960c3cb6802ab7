"""What is told of a service, from what was seen of it: counts, roles, conditions; and what is kept meanwhile."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pytest

from rayscope.control.account import Seen, account, source
from rayscope.control.asking import Answer
from rayscope.control.facts import Facts, clusters
from rayscope.control.monitors import Monitor
from rayscope.control.pods import Pod
from rayscope.control.records import Record
from rayscope.model.conditions import MONITORS_APPLIED, SELECTED, verdict
from rayscope.model.manifest import Manifest
from rayscope.model.monitor import Exporter, Injection, MonitorSpec
from rayscope.model.rules import Indicator, Objective, SLOs
from rayscope.model.service import Service
from rayscope.model.status import MonitorStatus, Role, Source
from tests.unit.control.objects import KEY, OWNER
from tests.unit.inject.clusters import cluster, group, injected

NOW, LATER = "2026-01-01T00:00:00Z", "2026-01-02T00:00:00Z"
PLACE = "chat -n ns"


def named(name: str, manifest: dict[str, object]) -> Manifest:
    return {**manifest, "metadata": {**manifest["metadata"], "name": name}}  # type: ignore[dict-item]


def serving(active: str, pending: str = "") -> Service:
    status = {"activeServiceStatus": {"rayClusterName": active}, "pendingServiceStatus": {"rayClusterName": pending}}
    metadata = {"namespace": KEY.namespace, "name": KEY.name, "uid": OWNER, "labels": {"rayscope.dev/monitor": "vllm"}}
    return Service.of({"metadata": metadata, "status": status})


def facts(service: Service, *manifests: Manifest, wanted: Injection | None = None, slos: SLOs | None = None) -> Facts:
    return Facts(
        key=KEY,
        monitor=Monitor("uid", 1, MonitorSpec(), None),
        wanted=wanted or Injection(),
        slos=slos,
        clusters=clusters(service, manifests),
        in_vain=(),
        monitored=verdict(MONITORS_APPLIED, PLACE),
        selected=verdict(SELECTED, PLACE),
    )


def pod(uid: str, of: str, *, carries: bool = True, address: str | None = "10.0.0.1") -> Pod:
    return Pod(uid, of, "headgroup", injected=carries, ready=True, address=address, port=9475, ray_port=8080)


def reasons(status: MonitorStatus) -> dict[str, tuple[str, str]]:
    return {condition.type: (condition.status, condition.reason) for condition in status.conditions}


def test_a_cluster_that_is_being_replaced_is_counted_and_needs_no_mending() -> None:
    told = facts(serving("new"), named("new", injected(cluster())), named("old", cluster()))
    seen = Seen((pod("a", "new"), pod("b", "old", carries=False)), {"a": Answer.ALIVE})
    status = account(told, seen, 1, None, NOW)
    assert [(each.name, each.role, each.pods.total) for each in status.clusters] == [
        ("new", Role.ACTIVE, 1),
        ("old", Role.RETIRING, 1),
    ]
    assert reasons(status)["Injected"] == ("True", "AllInjected")
    assert reasons(status)["Ready"] == ("True", "Ready")
    assert status.summary
    assert (status.summary.injected, status.summary.reporting) == ("1/2", "1/1")


def test_pods_that_lack_what_their_cluster_has_are_told() -> None:
    told = facts(serving("new"), named("new", injected(cluster(workers=group()))))
    status = account(told, Seen((pod("a", "new"), pod("b", "new", carries=False))), 1, None, NOW)
    assert reasons(status)["Injected"] == ("False", "PartlyInjected")


@pytest.mark.parametrize(
    "wanted", [Injection(exporter=Exporter(port=9999)), Injection(enabled=False)], ids=["another port", "none at all"]
)
def test_pods_that_were_injected_otherwise_are_outdated(wanted: Injection) -> None:
    told = facts(serving("new"), named("new", injected(cluster())), wanted=wanted)
    (counted,) = account(told, Seen((pod("a", "new"),)), 1, None, NOW).clusters
    assert counted.pods.outdated == 1


@pytest.mark.parametrize(
    ("answers", "status", "reason"),
    [
        ({}, "Unknown", "WaitingForPods"),
        ({"a": Answer.ALIVE}, "True", "AllReporting"),
        ({"a": Answer.ENGINE, "b": Answer.UNREACHABLE}, "Unknown", "Unreachable"),
        ({"a": Answer.UNREACHABLE, "b": Answer.NONE}, "False", "SomeSilent"),
        ({"a": Answer.UNREACHABLE, "b": Answer.FAILING}, "False", "SomeFailing"),
        ({"a": Answer.OUT_OF_MEMORY, "b": Answer.FAILING}, "False", "SomeOutOfMemory"),
        ({"a": Answer.OUT_OF_MEMORY, "b": Answer.NONE}, "False", "SomeSilent"),
    ],
)
def test_the_worst_answer_is_told(answers: dict[str, Answer], status: str, reason: str) -> None:
    told = facts(serving("new"), named("new", injected(cluster())))
    found = account(told, Seen((pod("a", "new"), pod("b", "new")), answers), 1, None, NOW)
    assert reasons(found)["Reporting"] == (status, reason)


def test_what_several_clusters_show_is_one_source() -> None:
    assert source([]) is Source.NONE_YET
    assert source([{Source.RAY}, set()]) is Source.RAY
    assert source([{Source.RAY}, {Source.MULTIPROCESS}]) is Source.BOTH


def test_the_same_is_seen_twice_and_told_once() -> None:
    told = facts(serving("new"), named("new", injected(cluster())))
    first = account(told, Seen((pod("a", "new"),)), 1, None, NOW)
    assert account(told, Seen((pod("a", "new"),)), 1, first, LATER) == first


def test_a_status_that_somebody_changed_is_noticed_when_it_is_doubted_and_no_time_is_lost() -> None:
    told = facts(serving("new"), named("new", injected(cluster())))
    record = Record(told, None)
    record.written = account(told, Seen(), 1, None, NOW)
    record.take(told, None)
    assert record.written  # what was written since that visit read is known better
    record.doubt()
    assert record.written
    record.take(told, None)
    assert record.written is None


def test_an_earlier_leaders_source_holds_for_the_clusters_that_it_told_of() -> None:
    told = facts(serving("new"), named("new", injected(cluster())))
    status = replace_source(account(told, Seen(), 1, None, NOW), Source.BOTH)
    record = Record(replace(told, monitor=Monitor("uid", 1, MonitorSpec(), status)), None)
    assert record.rounds.seen.sources == {"new": frozenset({Source.RAY, Source.MULTIPROCESS})}


def replace_source(status: MonitorStatus, seen: Source) -> MonitorStatus:
    return status.model_copy(update={"source": seen})


PROMISED = SLOs(time_to_first_token=Objective(threshold="500ms"), end_to_end=Objective(threshold="10s"))
FIRST, WHOLE = Indicator.TIME_TO_FIRST_TOKEN, Indicator.END_TO_END


@pytest.mark.parametrize(
    ("edges", "status", "reason", "told"),
    [
        ({}, "Unknown", "WaitingForReport", "timeToFirstToken, endToEnd"),
        ({FIRST: frozenset({0.5})}, "Unknown", "WaitingForReport", "for endToEnd"),
        ({FIRST: frozenset({0.5}), WHOLE: frozenset({10.0})}, "True", "Measured", "Every objective"),
        (
            {FIRST: frozenset({0.25, 0.75, 1.0})},
            "False",
            "UnknownEdge",
            "500ms is no edge; there are, in seconds, 0.25, 0.75, 1.",
        ),
    ],
    ids=["nobody reports", "one is not reported", "both are edges", "between two edges"],
)
def test_an_objective_holds_where_its_threshold_is_an_edge(
    edges: Mapping[Indicator, frozenset[float]], status: str, reason: str, told: str
) -> None:
    promised = facts(serving("new"), named("new", injected(cluster())), slos=PROMISED)
    found = account(promised, Seen((pod("a", "new"),), {"a": Answer.ENGINE}, edges={"new": edges}), 1, None, NOW)
    assert reasons(found)["SLOsValid"] == (status, reason)
    assert told in next(each.message for each in found.conditions if each.type == "SLOsValid")
    assert found.edges
    assert found.edges.edges == edges


def test_without_objectives_nothing_is_said_of_them() -> None:
    found = account(facts(serving("new"), named("new", injected(cluster()))), Seen(), 1, None, NOW)
    assert found.edges is None
    assert "SLOsValid" not in reasons(found)


def test_an_earlier_leaders_edges_hold_until_pods_have_answered() -> None:
    told = facts(serving("new"), named("new", injected(cluster())), slos=PROMISED)
    edges = {FIRST: frozenset({0.5})}
    written = account(told, Seen(edges={"new": edges}), 1, None, NOW)
    record = Record(replace(told, monitor=Monitor("uid", 1, MonitorSpec(), written)), None)
    assert record.rounds.seen.edges == {"new": edges}
