"""What holds for every manifest, whoever wrote it, and however."""

from __future__ import annotations

import copy
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from rayscope.manifests.diff import unified
from tests.unit.inject.strategies import clusters
from tests.unit.manifests.texts import (
    Document,
    Hand,
    assert_injected,
    assert_only_lines_are_added,
    injected,
    loaded,
    messages,
    outcomes,
    stripped,
)

thoroughly = settings(max_examples=40, deadline=None)

OTHER = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a"}, "data": {"script": "set -e\n\nrun\n"}}
SERVE = "applications:\n  - name: llm\n\n    import_path: app:llm\n"


@st.composite
def manifests(draw: st.DrawFn) -> Document:
    """A RayService or RayCluster with the spec of any cluster."""
    spec = copy.deepcopy(draw(clusters))["spec"]
    labels: Any = draw(st.sampled_from([None, {}, {"app": "llm"}, {"rayscope.dev/monitor": "vllm"}]))
    annotations: Any = draw(st.sampled_from([None, {}, {"note": "a: b"}]))
    metadata = {"name": "llama", **draw(st.sampled_from([{}, {"labels": labels}, {"annotations": annotations}]))}
    if draw(st.booleans()):
        return {"apiVersion": "ray.io/v1", "kind": "RayCluster", "metadata": metadata, "spec": spec}
    whole = draw(st.permutations([("rayClusterConfig", spec), ("serveConfigV2", SERVE)]))
    return {"apiVersion": "ray.io/v1", "kind": "RayService", "metadata": metadata, "spec": dict(whole)}


@st.composite
def texts(draw: st.DrawFn) -> str:
    """A stream with one or two manifests, and with what is not Rayscope's concern."""
    documents = draw(st.permutations([OTHER, draw(manifests())])) if draw(st.booleans()) else [draw(manifests())]
    return Hand(draw(st.integers(0, 10_000))).text(list(documents))


@thoroughly
@given(texts())
def test_a_manifest_that_is_injected_comes_back_to_the_byte(text: str) -> None:
    assert stripped(injected(text).text).text == text


@thoroughly
@given(texts())
def test_nothing_that_somebody_wrote_is_ever_replaced(text: str) -> None:
    result = injected(text)
    assert all(edit.start == edit.end for edit in result.edits)
    if "becomes longer" not in messages(result):
        assert_only_lines_are_added(text, result.text)


@thoroughly
@given(texts())
def test_a_text_means_what_the_pure_injection_makes_of_its_objects(text: str) -> None:
    result = injected(text)
    (outcome,) = outcomes(result)
    assert outcome != "unsupported"
    for old, new in zip(loaded(text), loaded(result.text), strict=True):
        if outcome == "injected" and old["kind"] != "ConfigMap":
            assert_injected(old, new)
        else:
            assert new == old


@thoroughly
@given(texts())
def test_a_second_injection_is_empty(text: str) -> None:
    once = injected(text).text
    assert injected(once).text == once


@thoroughly
@given(texts())
def test_line_breaks_stay_what_they_were(text: str) -> None:
    after = injected(text).text
    if "\r\n" in text:
        assert after.count("\n") == after.count("\r\n")
    else:
        assert "\r" not in after
    assert after.endswith("\n") == text.endswith("\n")


@thoroughly
@given(texts())
def test_a_diff_has_as_many_lines_as_were_added(text: str) -> None:
    result = injected(text)
    lines = list(unified(text, result, "file"))[2:]
    added, removed = (sum(line.startswith(sign) for line in lines) for sign in "+-")
    assert added - removed == len(result.text.split("\n")) - len(text.split("\n"))
    assert removed <= messages(result).count("becomes longer") + (not text.endswith("\n"))
