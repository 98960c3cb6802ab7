"""A Serve config that takes the variable away is found, and one that nobody can read is nobody's fault here."""

import pytest

from rayscope.model.serve import overriding

SETS = "runtime_env: {env_vars: {PROMETHEUS_MULTIPROC_DIR: /tmp}}"


@pytest.mark.parametrize(
    ("config", "names"),
    [
        (f"applications: [{{name: llm, {SETS}}}]", ["llm"]),
        (f"applications: [{{{SETS}}}]", ["default"]),
        (f"applications: [{{name: a, deployments: [{{name: d, ray_actor_options: {{{SETS}}}}}]}}]", ["a/d"]),
        (f"applications: [{{name: b, {SETS}}}, {{name: a, {SETS}}}]", ["a", "b"]),
        ("applications: [{name: llm, runtime_env: {env_vars: {OTHER: x}}}]", []),
        ("applications: PROMETHEUS_MULTIPROC_DIR", []),
        ("applications: [PROMETHEUS_MULTIPROC_DIR", []),
        ("", []),
        ("PROMETHEUS_MULTIPROC_DIR: 2026-02-30", []),
        (None, []),
    ],
)
def test_applications_and_deployments_that_set_it_are_named(config: str | None, names: list[str]) -> None:
    assert overriding(config) == names
