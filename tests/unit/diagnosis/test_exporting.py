"""What exporters answer, and what can be told from it."""

from rayscope.diagnosis.answers import Answer, carries_exporter, port
from tests.unit.inject.clusters import PAYLOAD, Document, head_template, injected
from tests.unit.rollout.services import ray_cluster


def pod(cluster: Document) -> Document:
    return {"metadata": {"name": "head", "namespace": "serving"}, **head_template(cluster)}


def test_the_exporters_port_is_read_from_the_pod() -> None:
    other = PAYLOAD.model_copy(update={"port": 9999})
    assert port(pod(injected(ray_cluster()))) == 9475
    assert port(pod(injected(ray_cluster(), other))) == 9999


def test_a_pod_carries_the_exporter_or_not() -> None:
    assert carries_exporter(pod(injected(ray_cluster())))
    assert not carries_exporter(pod(ray_cluster()))


def test_writers_that_may_still_write_are_counted() -> None:
    answer = Answer("head", {"writers": [{"pid": "7", "state": state} for state in ("live", "dead", "unknown")]})
    assert answer.writers == 2


def test_only_a_refused_connection_is_certain() -> None:
    assert Answer("head", failure="dial tcp 10.0.0.1:9475: connect: connection refused").refused
    assert not Answer("head", failure="dial tcp 10.0.0.1:9475: i/o timeout").refused
    assert not Answer("head").refused
