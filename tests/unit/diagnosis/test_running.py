"""Rayscope itself: its Lease tells whether it runs, and its rights are those that it is installed with."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
import yaml

from rayscope.diagnosis.installation import USUAL, Installation
from rayscope.diagnosis.running import led, needed
from rayscope.kube.kinds import POD_MONITOR
from rayscope.model.names import MANAGER

NOW = datetime(2026, 5, 4, 3, 2, 1, tzinfo=UTC)
INSTALLED = Installation(USUAL, certain=True)
BASE = Path(__file__).parents[3] / "deploy" / "base"


@pytest.mark.parametrize(
    ("holder", "renewed", "state"),
    [
        ("pod-a", "2026-05-04T03:01:55.000000Z", "ok"),
        ("pod-a", "2026-05-04T02:50:00.000000Z", "problem"),
        ("", "2026-05-04T03:01:55.000000Z", "problem"),
        ("pod-a", None, "problem"),
    ],
)
def test_a_lease_that_is_held_and_renewed_is_a_rayscope_that_runs(holder: str, renewed: str | None, state: str) -> None:
    lease = {"spec": {"holderIdentity": holder, "renewTime": renewed, "leaseDurationSeconds": 15}}
    assert led(lease, INSTALLED, NOW).state == state


def test_what_is_asked_for_is_what_deploy_base_grants() -> None:
    documents = yaml.safe_load_all((BASE / "rbac.yaml").read_text())
    granted = {
        (group, resource, verb)
        for document in documents
        for rule in document.get("rules", ())
        for group in rule["apiGroups"]
        for resource in rule["resources"]
        for verb in rule["verbs"]
    }
    asked = {(right.group, right.resource, right.verb) for right in needed("serving", POD_MONITOR, MANAGER)}
    assert asked <= granted


def test_the_usual_account_is_the_one_of_deploy_base() -> None:
    account = yaml.safe_load((BASE / "serviceaccount.yaml").read_text())["metadata"]
    assert (account["namespace"], account["name"]) == (USUAL.namespace, USUAL.name)
