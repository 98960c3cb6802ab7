"""The workflows: what they run is what it was when somebody looked at it, and they may do no more than they must."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
PINNED = re.compile(r"uses: (?P<action>[\w./-]+)@(?P<commit>[0-9a-f]{40}) # (?P<version>v\d+\.\d+\.\d+)$")
LOCAL = re.compile(r"uses: \./\.github/workflows/[\w-]+\.yml$")
GIVEN_BY_OTHERS = re.compile(r"\$\{\{")
"""An expression in a script is text that is put there before the shell reads it: it belongs into `env`."""

every = pytest.mark.parametrize("workflow", WORKFLOWS, ids=lambda path: path.stem)


def load(workflow: Path) -> dict[str, Any]:
    # By strings alone: `on` is a key here, and not a truth.
    loaded: dict[str, Any] = yaml.load(workflow.read_text(encoding="utf-8"), yaml.BaseLoader)
    return loaded


def steps(workflow: Path) -> Iterator[dict[str, Any]]:
    for job in load(workflow)["jobs"].values():
        yield from job.get("steps", ())


def scripts(workflow: Path) -> Iterator[str]:
    return (step["run"] for step in steps(workflow) if "run" in step)


def uses(workflow: Path) -> list[str]:
    lines = workflow.read_text(encoding="utf-8").splitlines()
    return [line.strip().removeprefix("- ") for line in lines if re.match(r"\s*(- )?uses:", line)]


def needs(job: dict[str, Any]) -> set[str]:
    named = job.get("needs", [])
    return {named} if isinstance(named, str) else set(named)


def test_there_are_workflows() -> None:
    assert {workflow.stem for workflow in WORKFLOWS} >= {"ci", "release"}


@every
def test_every_action_is_pinned_to_a_commit_and_says_which_version_that_is(workflow: Path) -> None:
    assert [line for line in uses(workflow) if not PINNED.match(line) and not LOCAL.match(line)] == []


def test_an_action_is_the_same_everywhere() -> None:
    pins = defaultdict(set)
    for workflow in WORKFLOWS:
        for match in filter(None, map(PINNED.match, uses(workflow))):
            pins[match["action"]].add((match["commit"], match["version"]))
    assert [action for action, found in pins.items() if len(found) > 1] == []


@every
def test_a_workflow_that_is_called_exists(workflow: Path) -> None:
    called = [line.removeprefix("uses: ./") for line in uses(workflow) if LOCAL.match(line)]
    assert [path for path in called if not (ROOT / path).is_file()] == []


@every
def test_rights_are_given_job_by_job(workflow: Path) -> None:
    loaded = load(workflow)
    assert loaded["permissions"] == {}
    assert [name for name, job in loaded["jobs"].items() if not isinstance(job.get("permissions"), dict)] == []


def test_what_is_not_trusted_may_write_nothing() -> None:
    [ci] = [load(workflow) for workflow in WORKFLOWS if workflow.stem == "ci"]
    assert "pull_request_target" not in ci["on"]
    assert {right for job in ci["jobs"].values() for right in job["permissions"].values()} == {"read"}


@every
def test_no_token_stays_in_a_checkout(workflow: Path) -> None:
    checkouts = [step for step in steps(workflow) if step.get("uses", "").startswith("actions/checkout@")]
    assert all(step["with"]["persist-credentials"] == "false" for step in checkouts)


@every
def test_nothing_is_pasted_into_a_script(workflow: Path) -> None:
    assert [script for script in scripts(workflow) if GIVEN_BY_OTHERS.search(script)] == []


@every
def test_no_job_runs_for_ever(workflow: Path) -> None:
    jobs = load(workflow)["jobs"]
    assert [name for name, job in jobs.items() if "uses" not in job and "timeout-minutes" not in job] == []


@every
def test_the_targets_of_make_are_there(workflow: Path) -> None:
    targets = set(re.findall(r"^([a-z0-9-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    called = {name for script in scripts(workflow) for name in re.findall(r"^make ([a-z0-9-]+)", script, re.MULTILINE)}
    assert called <= targets


@every
def test_jobs_wait_for_jobs_that_there_are(workflow: Path) -> None:
    jobs = load(workflow)["jobs"]
    assert [name for name, job in jobs.items() if not needs(job) <= jobs.keys()] == []


def test_a_release_is_made_of_what_ci_has_passed() -> None:
    [release] = [load(workflow)["jobs"] for workflow in WORKFLOWS if workflow.stem == "release"]

    def before(name: str) -> set[str]:
        direct = needs(release[name])
        return direct.union(*map(before, direct))

    assert [name for name in release if name != "ci" and "ci" not in before(name)] == []
