"""promtool, run: `check rules`, and `test rules` for series that are written as promtool reads them (`0+1x10`)."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from rayscope.model.manifest import Manifest
from rayscope.render.rules.text import rule_file
from tests.plane import assets
from tests.plane.catalogue import PROMTOOL

Series = Mapping[str, str]
"""Values by series, a value a step."""


@dataclass(frozen=True)
class Expected:
    """What an expression gives at a time."""

    at: str
    expression: str
    samples: Mapping[str, float] = field(default_factory=dict)
    """By labels; none: it gives nothing."""


def check(directory: Path, groups: Sequence[Manifest]) -> None:
    path = directory / "rules.yml"
    path.write_text(rule_file(list(groups)), encoding="utf-8")
    _run("check", "rules", "--lint=all", "--lint-fatal", path)


def play(directory: Path, groups: Sequence[Manifest], series: Series, expected: Sequence[Expected], step: str) -> None:
    """Evaluate the rules at each `step` of the series, and compare."""
    directory.joinpath("rules.yml").write_text(rule_file(list(groups)), encoding="utf-8")
    test = {
        "interval": step,
        "input_series": [{"series": name, "values": values} for name, values in series.items()],
        "promql_expr_test": [_written(each) for each in expected],
    }
    content = {
        "rule_files": ["rules.yml"],
        "evaluation_interval": step,
        "group_eval_order": [group["name"] for group in groups],
        "tests": [test],
    }
    path = directory / "test.yml"
    path.write_text(yaml.safe_dump(content, sort_keys=False), encoding="utf-8")
    _run("test", "rules", path)


def _written(expected: Expected) -> dict[str, Any]:
    samples = [{"labels": labels, "value": value} for labels, value in expected.samples.items()]
    return {"eval_time": expected.at, "expr": expected.expression, "exp_samples": samples}


@cache
def _program() -> Path:
    return assets.program(PROMTOOL)


def _run(*arguments: str | Path) -> None:
    ended = subprocess.run([_program(), *arguments], capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stdout + ended.stderr
