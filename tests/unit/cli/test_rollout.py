"""`rayscope rollout` as it is called; what it does is tried on a real control plane."""

import pytest

from tests.unit.cli.files import call


@pytest.mark.parametrize("given", ["soon", "5 minutes", "-1", "30x"])
def test_a_timeout_that_is_no_duration_is_refused(given: str) -> None:
    told = call("rollout", "llm", f"--timeout={given}")
    assert told.status == 2
    assert "duration" in told.errors


def test_the_help_tells_what_it_writes_and_what_it_costs() -> None:
    told = call("rollout", "--help")
    assert told.status == 0
    assert "second cluster" in told.output
    assert "patch" in told.output


def test_a_kubeconfig_that_is_none_ends_in_one_line(tmp_path: object) -> None:
    told = call("rollout", "llm", "--kubeconfig", f"{tmp_path}/nothing")
    assert told.status == 2
    assert told.errors.startswith("Error: no way to the cluster")
