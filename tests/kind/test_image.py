"""Rayscope's image is as its Dockerfile promises: it runs as a nobody who can write nothing, with nothing to spare."""

import json

import pytest

from rayscope import __version__
from tests.kind import daemon, images
from tests.kind.command import run
from tests.kind.images import ROOT

pytestmark = pytest.mark.e2e

COMPILERS = ("cc", "gcc", "gcc-*", "c++", "clang*", "ld", "make")
SITE = "/opt/rayscope/lib/python3.*/site-packages"


@pytest.fixture(scope="module")
def image() -> str:
    daemon.ensure()
    return images.operator()


def test_it_runs_as_a_nobody_with_a_read_only_root_and_no_rights(image: str) -> None:
    confined = ["--read-only", "--cap-drop=ALL", "--security-opt=no-new-privileges", "--network=none"]
    assert f"rayscope {__version__}" in run("docker", "run", "--rm", *confined, image, "version")


def test_its_user_is_a_number_that_is_not_root(image: str) -> None:
    assert _inspect(image, "{{.Config.User}}") == "65532:65532"
    assert _sh(image, "id -u; id -g").split() == ["65532", "65532"]


def test_every_module_is_compiled_already(image: str) -> None:
    assert _sh(image, f"cd {SITE}/rayscope && find . -name '*.py' | sed 's/py$//; s,[^/]*$,__pycache__/&,' | sort") == (
        _sh(image, f"cd {SITE}/rayscope && find . -name '*.pyc' | sed 's/cpython-[0-9]*.pyc$//' | sort")
    )


def test_nothing_that_installs_or_builds_is_in_it(image: str) -> None:
    names = " -o ".join(f"-name '{name}'" for name in ("pip", "pip3*", "setuptools", "ensurepip", "*.whl", *COMPILERS))
    found = _sh(image, f"find /usr /opt \\( {names} \\) ! -path /usr/share/gcc", "--user=0")
    assert found == ""


def test_no_program_makes_its_user_somebody_else(image: str) -> None:
    assert _sh(image, "find / -xdev -type f -perm /6000", "--user=0") == ""


def test_nothing_of_the_machine_that_built_it_is_in_it(image: str) -> None:
    environment = json.loads(_inspect(image, "{{json .Config.Env}}"))
    assert {line.partition("=")[0] for line in environment} == {
        "PATH",
        "LANG",
        "PYTHONDONTWRITEBYTECODE",
        "PYTHONUNBUFFERED",
    }
    assert "PIP_" not in run("docker", "history", "--no-trunc", image)
    assert _sh(image, "ls /etc/pip.conf /src /opt/tools 2>/dev/null || true") == ""


def test_it_says_what_it_is_and_where_it_comes_from(image: str) -> None:
    labels = json.loads(_inspect(image, "{{json .Config.Labels}}"))
    prefix = "org.opencontainers.image."
    assert labels[f"{prefix}title"] == "rayscope"
    assert labels[f"{prefix}source"] == "https://github.com/rayscope/rayscope"
    assert labels[f"{prefix}licenses"] == "Apache-2.0"
    assert labels[f"{prefix}version"] == __version__
    assert labels[f"{prefix}description"] in (ROOT / "pyproject.toml").read_text()
    assert labels[f"{prefix}revision"]


def _sh(image: str, script: str, *options: str) -> str:
    return run("docker", "run", "--rm", "--network=none", *options, "--entrypoint=/bin/sh", image, "-c", script)


def _inspect(image: str, template: str) -> str:
    return run("docker", "image", "inspect", "--format", template, image).strip()
