"""What exporters answer, and what is made of it: real ones, beside real writers."""

import json
from pathlib import Path

from rayscope.diagnosis.answers import Answer, carries_exporter, port
from rayscope.diagnosis.exporting import in_order, of_vllm
from tests.unit.exporter.exporters import Exporter
from tests.unit.exporter.writers import Writer
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


def test_only_a_refused_connection_and_what_an_exporter_says_itself_are_certain() -> None:
    assert Answer("head", failure="dial tcp 10.0.0.1:9475: connect: connection refused").certain
    assert Answer("head", {"failing": "memory"}, "it has reached its memory limit").certain
    assert not Answer("head", failure="dial tcp 10.0.0.1:9475: i/o timeout").certain
    assert not Answer("head").certain


def answer(directory: Path, *options: str) -> Answer:
    """What an exporter of the directory says after a scrape."""
    with Exporter(directory, *options) as exporter:
        exporter.text()
        return Answer("head", json.loads(exporter.ask("/status")[1]))


def test_an_engine_that_writes_is_a_directory_in_order_and_families_seen(tmp_path: Path) -> None:
    with Writer(tmp_path, "Counter('vllm:requests', 'h').inc()", "Counter('ray_other', 'h').inc()"):
        told = answer(tmp_path)
    assert in_order([told], "serving").state == "ok"
    found = of_vllm([told])
    assert found is not None
    assert found.evidence == "Families of vLLM: 1, e.g. vllm:requests."


def test_a_directory_without_writers_is_waited_for(tmp_path: Path) -> None:
    told = answer(tmp_path)
    assert in_order([told], "serving").state == "waiting"
    assert of_vllm([told]) is None


def test_a_directory_that_is_not_there_is_a_problem(tmp_path: Path) -> None:
    found = in_order([answer(tmp_path / "nowhere")], "serving")
    assert found.state == "problem"
    assert "nowhere" in found.evidence


def test_without_an_answer_there_is_nothing_to_judge() -> None:
    assert in_order([], "serving").state == "waiting"
