"""`rayscope doctor` as it is called, and as it is read; what it finds is tried on a real control plane."""

import pytest

from rayscope.cli.doctor import text
from rayscope.diagnosis.finding import State
from rayscope.diagnosis.walk import STEPS, Diagnosis, Step
from tests.unit.cli.files import call


def diagnosis(*states: State) -> Diagnosis:
    steps = [
        Step(examination.id, examination.title, state, f"Evidence of {examination.id}.", f"mend {examination.id}")
        for examination, state in zip(STEPS, states, strict=False)
    ]
    return Diagnosis("llm", "serving", tuple(steps))


def test_the_first_problem_has_the_last_word() -> None:
    told = text(diagnosis("ok", "problem", "problem"))
    assert told.endswith("First problem: label. Evidence of label.\nNext: mend label")


@pytest.mark.parametrize(
    ("states", "last"),
    [
        (("ok", "ok", "ok"), "All is well, as far as it can be seen."),
        (("ok", "ok", "unknown"), "All is well, as far as it can be seen. Steps unknown: 1."),
        (("ok", "waiting"), "No problem is found; something is still to come."),
        (("unknown", "unknown"), "You may not see the service, so there is nothing to say about it."),
    ],
)
def test_without_a_problem_it_says_how_sure_it_is(states: tuple[State, ...], last: str) -> None:
    assert text(diagnosis(*states)).splitlines()[-1] == last


def test_only_what_is_neither_wrong_nor_still_to_come_is_healthy() -> None:
    assert diagnosis("ok", "ok", "unknown", "skipped").healthy
    assert not diagnosis("ok", "waiting").healthy
    assert not diagnosis("ok", "problem").healthy
    assert not diagnosis("unknown").healthy


def test_every_step_says_what_holds_where_it_is_ok() -> None:
    assert len({examination.id for examination in STEPS}) == len(STEPS)
    assert all(examination.title.endswith(".") for examination in STEPS)


def test_an_account_is_a_namespace_and_a_name(tmp_path: object) -> None:
    told = call("doctor", "llm", "-n", "serving", "--account", "rayscope", "--kubeconfig", f"{tmp_path}/nothing")
    assert told.status == 2
    assert "NAMESPACE/NAME" in told.errors
