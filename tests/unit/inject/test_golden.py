"""Every RayService and RayCluster sample of KubeRay, injected, as a text that was reviewed; see golden/README.md."""

from __future__ import annotations

import copy
import json
import os
from pathlib import Path

import pytest

from rayscope.inject import inject
from tests.unit.inject.clusters import PAYLOAD, injected, stripped
from tests.unit.inject.samples import GOLDEN, SAMPLES, clusters, documents, review

every_sample = pytest.mark.parametrize("sample", SAMPLES, ids=[sample.stem for sample in SAMPLES])


def expected(sample: Path) -> Path:
    return GOLDEN / "expected" / f"{sample.stem}.diff"


@every_sample
def test_a_sample_is_injected_as_reviewed(sample: Path) -> None:
    text = review(sample)
    if os.environ.get("UPDATE_GOLDEN"):
        expected(sample).write_text(text)
    assert text == expected(sample).read_text()


def test_every_expectation_has_its_sample() -> None:
    assert {file.name for file in (GOLDEN / "expected").iterdir()} == {expected(sample).name for sample in SAMPLES}


@every_sample
def test_every_group_of_a_sample_is_injected(sample: Path) -> None:
    for cluster in clusters(sample):
        assert {report.outcome for report in inject(cluster, PAYLOAD).groups} == {"injected"}


@every_sample
def test_a_sample_comes_back_to_the_key_order(sample: Path) -> None:
    for cluster in clusters(sample):
        assert json.dumps(stripped(injected(cluster))) == json.dumps(cluster)


@every_sample
def test_a_sample_that_is_a_cluster_of_its_own_is_not_touched(sample: Path) -> None:
    for document in documents(sample):
        if document["kind"] == "RayCluster":
            untouched = copy.deepcopy(document)
            assert inject(document, PAYLOAD).patch == ()
            assert document == untouched
