"""`rayscope strip` takes back what `rayscope inject` did."""

from __future__ import annotations

from pathlib import Path

from tests.unit.cli.files import call
from tests.unit.inject.samples import SAMPLES
from tests.unit.manifests.texts import SERVICE, injected


def test_a_pipe_there_and_back_is_the_same_to_the_byte() -> None:
    once = call("inject", "-", given=SERVICE).output
    called = call("strip", "-", given=once)
    assert (called.status, called.output) == (0, SERVICE)


def test_a_directory_of_samples_comes_back_to_the_byte(tmp_path: Path) -> None:
    samples = SAMPLES[::8]
    for sample in samples:
        (tmp_path / sample.name).write_bytes(sample.read_bytes())
    assert call("inject", "-i", tmp_path).status == 0
    assert all((tmp_path / sample.name).read_bytes() != sample.read_bytes() for sample in samples)
    assert call("strip", "-i", tmp_path).status == 0
    assert all((tmp_path / sample.name).read_bytes() == sample.read_bytes() for sample in samples)


def test_a_check_tells_what_is_left(tmp_path: Path) -> None:
    file = tmp_path / "service.yaml"
    file.write_text(injected(SERVICE).text)
    called = call("strip", "--check", "--report", file)
    assert (called.status, called.output) == (1, f"{file}:1: RayService llm: stripped\n")
    file.write_text(SERVICE)
    assert call("strip", "--check", file).status == 0


def test_what_was_never_injected_is_not_worth_a_word() -> None:
    called = call("strip", "-", given=SERVICE)
    assert (called.status, called.output, called.errors) == (0, SERVICE, "")


def test_what_was_joined_with_ours_since_is_told() -> None:
    once = injected(SERVICE + "          volumes: []\n").text
    joined = once.replace("optional: true}}]", "optional: true}}, {name: mine}]")
    called = call("strip", "-", given=joined)
    assert (called.status, called.output) == (2, joined)
    assert "joined with something else" in called.errors
