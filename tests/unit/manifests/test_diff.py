"""The diff is one that `patch` takes, whatever is at the end of the file."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from rayscope.manifests import Rewritten
from rayscope.manifests.diff import unified
from tests.unit.manifests.texts import CLUSTER, SERVICE, injected, stripped

TEXTS = {
    "plain": SERVICE,
    "two": f"{SERVICE}---\n{CLUSTER}",
    "unended": SERVICE.rstrip("\n"),
    "windows": SERVICE.replace("\n", "\r\n"),
    "longer": SERVICE + "            env: []\n          volumes: []\n",
    "longer-unended": SERVICE + "            env: []",
    "brackets": SERVICE.replace("metadata:\n  name: llm", "metadata:\n  {name: llm, labels: {}, annotations: {}}"),
}


def assert_a_patch(before: str, result: Rewritten, directory: Path) -> None:
    file = directory / "file.yaml"
    file.write_bytes(before.encode())
    patch = "".join(unified(before, result, file.name)).encode()
    subprocess.run(["patch", "-p1", "--silent", "--binary"], input=patch, cwd=directory, check=True)
    assert file.read_bytes().decode() == result.text


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_a_diff_leads_from_the_old_text_to_the_new_one(text: str, tmp_path: Path) -> None:
    once = injected(text)
    assert once.text != text
    assert_a_patch(text, once, tmp_path)
    assert_a_patch(once.text, stripped(once.text), tmp_path)


def test_a_diff_of_added_lines_has_nothing_else() -> None:
    lines = list(unified(SERVICE, injected(SERVICE), "file.yaml"))
    assert lines[:2] == ["--- a/file.yaml\n", "+++ b/file.yaml\n"]
    assert {line[0] for line in lines[2:]} == {"@", " ", "+"}


def test_nothing_changed_is_no_diff() -> None:
    once = injected(SERVICE).text
    assert list(unified(once, injected(once), "file.yaml")) == []
