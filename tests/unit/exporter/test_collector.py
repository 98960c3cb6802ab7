"""What is collected: families by prefix, plans that are kept, what is said for people."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.unit.exporter.programs import POOL
from tests.unit.exporter.scene import Scene


def names(scene: Scene, families: Sequence[str]) -> list[str]:
    return [family.name for family in scene.another(families).scrape().families]


@pytest.mark.parametrize(
    ("prefixes", "shown"),
    [
        ((), ["http_requests", "plain", "vllm:prompt_tokens"]),
        (("",), ["http_requests", "plain", "vllm:prompt_tokens"]),
        (("vllm:",), ["vllm:prompt_tokens"]),
        (("vllm:", "http_"), ["http_requests", "vllm:prompt_tokens"]),
        (("vllm",), ["vllm:prompt_tokens"]),
        (("prompt",), []),
    ],
)
def test_families_are_shown_by_prefix(scene: Scene, prefixes: Sequence[str], shown: list[str]) -> None:
    program = scene.program()
    program.metric(POOL[0], "0").inc()
    program.metric(POOL[1], "/", "200").inc()
    program.metric(POOL[2]).inc()
    assert names(scene, prefixes) == shown


def test_a_family_that_is_not_shown_clashes_with_none(scene: Scene) -> None:
    scene.program("7").metric(POOL[2]).inc()
    collector = scene.another(("vllm:",))
    assert collector.scrape().text() == b""
    assert collector.status()["left_out"] == {}


def test_a_plan_is_kept_until_a_key_is_new(scene: Scene) -> None:
    program = scene.program()
    program.metric(POOL[0], "0").inc()
    scene.scrape()
    plan = scene.collector._plan
    program.metric(POOL[0], "0").inc()
    assert scene.lines() == ['vllm:prompt_tokens_total{engine="0"} 2.0']
    assert scene.collector._plan is plan
    program.metric(POOL[0], "1").inc()
    assert len(scene.lines()) == 2
    assert scene.collector._plan is not plan


def test_an_answer_stays_as_it_was_when_the_next_one_is_made(scene: Scene) -> None:
    counter = scene.program().metric(POOL[2])
    counter.inc()
    first = scene.scrape()
    counter.inc()
    second = scene.scrape()
    assert first.text().endswith(b"plain_total 1.0\n")
    assert second.text().endswith(b"plain_total 2.0\n")


def test_the_status_tells_families_and_the_finite_edges_of_their_buckets(scene: Scene) -> None:
    scene.program().metric(POOL[5]).observe(1)
    scene.scrape()
    status = scene.collector.status()
    assert status["families"] == [
        {
            "name": "vllm:iteration_tokens_total",
            "type": "histogram",
            "help": "Ends like a counter.",
            "bounds": [1.0, 8.0, 16.0],
        }
    ]
    assert not any(map(math.isinf, status["families"][0]["bounds"]))
    json.dumps(status, allow_nan=False)


def test_before_the_first_scrape_the_status_is_empty(client: Path) -> None:
    scene = Scene(client)
    assert scene.collector.status() == {"families": [], "left_out": {}, "damaged": {}}
    scene.close()
