"""KubeRay's own samples: injected as text, and given back to the byte."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest

from rayscope.manifests import Rewritten
from rayscope.manifests.diff import unified
from tests.unit.inject.samples import SAMPLES
from tests.unit.manifests.texts import assert_injected, assert_only_lines_are_added, injected, loaded, stripped

EMPTY_LABELS = {"ray-cluster.complete.yaml", "ray-cluster.tls.yaml"}
"""They have `labels: {}` in a pod template, which no line can be added to."""

every_sample = pytest.mark.parametrize("sample", SAMPLES, ids=[sample.stem for sample in SAMPLES])


def text_of(sample: Path) -> str:
    return sample.read_bytes().decode()


@cache
def once(sample: Path) -> Rewritten:
    return injected(text_of(sample))


@every_sample
def test_a_sample_comes_back_to_the_byte(sample: Path) -> None:
    assert once(sample).text != text_of(sample)
    assert stripped(once(sample).text).text == text_of(sample)


@every_sample
def test_a_second_injection_changes_nothing(sample: Path) -> None:
    assert injected(once(sample).text).text == once(sample).text


@every_sample
def test_every_manifest_of_a_sample_has_what_the_webhook_would_inject(sample: Path) -> None:
    before, after = loaded(text_of(sample)), loaded(once(sample).text)
    assert len(before) == len(after)
    for old, new in zip(before, after, strict=True):
        if old and old["kind"] in {"RayService", "RayCluster"}:
            assert_injected(old, new)
        else:
            assert new == old


@every_sample
def test_the_diff_of_a_sample_has_nothing_but_additions(sample: Path) -> None:
    result = once(sample)
    lines = list(unified(text_of(sample), result, sample.name))[2:]
    removed = [line.strip() for line in lines if line.startswith("-")]
    assert removed == (["-        labels: {}"] if sample.name in EMPTY_LABELS else [])
    if sample.name not in EMPTY_LABELS:
        assert_only_lines_are_added(text_of(sample), result.text)


@every_sample
def test_a_line_that_becomes_longer_is_told(sample: Path) -> None:
    told = [report.change.message for report in once(sample).reports if report.change.message]
    assert len(told) == (sample.name in EMPTY_LABELS)
    assert all("becomes longer" in message for message in told)
