"""Every alert fires, keeps silent where it comes near, resolves, and is silent of a cluster that is drained."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from rayscope.render.rules.operators import operator_alerts
from tests.rules import promtool
from tests.rules.promtool import Expected
from tests.rules.rulebook import CLUSTER, INSTALLATION, alerts, service
from tests.rules.stories import STORIES, Story

RUNBOOKS = Path(__file__).parents[2] / "docs/runbooks"
RULES = alerts([*service(), *INSTALLATION])
FIRING = 'ALERTS{alertstate="firing"}'
EVER = f"count_over_time({FIRING}[10d])"
OF_NO_CLUSTER = frozenset({"RayscopeRecordingRulesMissing", *(alert.name for alert in operator_alerts())})
NEAR = {tuple(story.near.items()): story for story in STORIES}
"""Windows of one objective come near in the same series."""
FIRST = {story.alert: story for story in reversed(STORIES)}


def sample(labels: Mapping[str, str]) -> str:
    return f"ALERTS{{{','.join(f'{name}={json.dumps(value)}' for name, value in labels.items())}}}"


@pytest.mark.parametrize("story", STORIES, ids=str)
def test_it_fires_and_nothing_else_does_and_it_resolves(story: Story, tmp_path: Path) -> None:
    expected = [
        Expected(story.silent, FIRING),
        Expected(story.fires, _without_its_like(story), {sample(story.firing): 1}),
        Expected(story.resolved, FIRING),
    ]
    promtool.play(tmp_path, [*story.rules, *service()], story.series, expected, story.step)


@pytest.mark.parametrize("story", NEAR.values(), ids=str)
def test_it_never_fires_where_it_only_comes_near(story: Story, tmp_path: Path) -> None:
    promtool.play(tmp_path, [*story.rules, *service()], story.near, [Expected(story.end, EVER)], story.step)


@pytest.mark.parametrize("story", [FIRST[alert] for alert in sorted(FIRST.keys() - OF_NO_CLUSTER)], ids=str)
def test_nothing_is_said_of_a_cluster_that_is_being_drained(story: Story, tmp_path: Path) -> None:
    promtool.play(tmp_path, [*story.rules, *service(CLUSTER)], story.series, [Expected(story.end, EVER)], story.step)


def test_every_alert_has_a_story() -> None:
    assert {story.alert for story in STORIES} == {rule["alert"] for rule in RULES}


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule["alert"])
def test_what_an_alert_says_is_made_of_labels_that_it_has(rule: Mapping[str, Any]) -> None:
    said = set(re.findall(r"\$labels\.(\w+)", json.dumps(rule["annotations"])))
    assert said <= next(set(story.firing) for story in STORIES if story.alert == rule["alert"])


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule["alert"])
def test_every_alert_has_a_runbook_a_severity_and_words(rule: Mapping[str, Any]) -> None:
    annotations = rule["annotations"]
    assert RUNBOOKS.joinpath(f"{rule['alert']}.md").is_file()
    assert annotations["runbook_url"].endswith(f"/docs/runbooks/{rule['alert']}.md")
    assert rule["labels"]["severity"] in {"critical", "warning"}
    assert annotations["summary"]
    assert annotations["description"]


def test_promtool_has_no_objection(tmp_path: Path) -> None:
    promtool.check(tmp_path, [*INSTALLATION, *service("llm-old", "llm-older")])


def _without_its_like(story: Story) -> str:
    """Two windows of one objective may burn at once: another story tells of the other."""
    windows = story.labels.get("long_window")
    return f'ALERTS{{alertstate="firing",long_window="{windows}"}}' if windows else FIRING
