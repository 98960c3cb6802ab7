"""Texts that people write, one peculiarity at a time."""

from __future__ import annotations

import json

import pytest

from rayscope.manifests import Unreadable
from rayscope.model.payload import Payload
from tests.unit.manifests.texts import (
    CLUSTER,
    SERVICE,
    assert_injected,
    assert_only_lines_are_added,
    injected,
    loaded,
    messages,
    outcomes,
    stripped,
)

HEAD, WORKERS = SERVICE.split("    workerGroupSpecs:\n")
RAY = "          - name: ray\n            image: rayproject/ray:2.52.0\n"
SHARED = "            env: &env\n            - name: A\n              value: b\n"
CONFIG_MAP = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a,  labels: {}}   # odd\ndata:\n  x: 'y'\n"

FOUR = """\
apiVersion: ray.io/v1
kind: RayService
metadata:
    name: llm
spec:
    rayClusterConfig:
        headGroupSpec:
            template:
                spec:
                    containers:
                        - name: ray
                          image: rayproject/ray:2.52.0
"""


def assert_there_and_back(text: str) -> str:
    """That an injection only adds lines, means what it should, is done once, and goes again; gives the text."""
    once = injected(text)
    assert outcomes(once) == ["injected"]
    assert_only_lines_are_added(text, once.text)
    for before, after in zip(loaded(text), loaded(once.text), strict=True):
        assert_injected(before, after)
    assert injected(once.text).text == once.text
    assert stripped(once.text).text == text
    return once.text


@pytest.mark.parametrize("text", [SERVICE, CLUSTER], ids=["service", "cluster"])
def test_a_manifest_gets_label_record_and_injection(text: str) -> None:
    after = assert_there_and_back(text)
    assert "  labels:\n    rayscope.dev/monitor: vllm\n  annotations:\n    rayscope.dev/payload: '{" in after


def test_a_label_that_is_there_is_not_added_and_stays() -> None:
    text = SERVICE.replace("name: llm\n", 'name: llm\n  labels: {rayscope.dev/monitor: "vllm"}\n', 1)
    assert assert_there_and_back(text).count("rayscope.dev/monitor") == 1


def test_a_label_with_another_value_is_a_refusal() -> None:
    result = injected(SERVICE.replace("name: llm\n", "name: llm\n  labels:\n    rayscope.dev/monitor: 'false'\n", 1))
    assert outcomes(result) == ["skipped"]
    assert "rayscope.dev/monitor says 'false'" in messages(result)
    assert not result.edits


def test_items_follow_the_nearest_list_of_the_file() -> None:
    indented = SERVICE.replace(
        "          - name: ray\n            image", "            - name: ray\n              image"
    )
    assert "\n            - name: rayscope-exporter\n              image" in assert_there_and_back(indented)
    assert "\n          - name: rayscope-exporter\n            image" in assert_there_and_back(SERVICE)


def test_keys_follow_an_indentation_of_four() -> None:
    after = assert_there_and_back(FOUR)
    assert "\n    labels:\n        rayscope.dev/monitor: vllm\n" in after
    assert "\n" + " " * 26 + "emptyDir:\n" + " " * 30 + "medium: Memory\n" in after


def test_windows_line_breaks_stay() -> None:
    after = assert_there_and_back(SERVICE.replace("\n", "\r\n"))
    assert after.count("\r\n") == after.count("\n")


def test_a_missing_line_break_at_the_end_is_still_missing() -> None:
    text = SERVICE.rstrip("\n")
    after = assert_there_and_back(text)
    assert not after.endswith("\n")


def test_a_byte_order_mark_stays() -> None:
    assert injected("\ufeff" + SERVICE).text == "\ufeff" + injected(SERVICE).text


@pytest.mark.parametrize("end", ["# the end\n", "\n\n", "...\n", "---\n", "\n# a\n---\n# b\n", "   \n"])
def test_what_follows_stays_behind_what_is_added(end: str) -> None:
    once = injected(SERVICE + end)
    assert once.text.endswith(end)
    assert stripped(once.text).text == SERVICE + end


def test_comments_between_and_behind_stay_where_they_are() -> None:
    text = SERVICE.replace(RAY, RAY.rstrip("\n") + "  # pinned\n            # env: none yet\n        # volumes: none\n")
    assert_there_and_back(text)


def test_a_key_without_a_value_is_filled_and_emptied_again() -> None:
    text = SERVICE.replace(RAY, RAY + "            env:  # none yet\n            volumeMounts:\n          volumes:\n")
    text = text.replace("  name: llm\n", "  name: llm\n  labels:\n  annotations:\n")
    assert_there_and_back(text)


@pytest.mark.parametrize("null", ["null", "~", "Null"])
def test_null_in_words_is_refused_with_its_line(null: str) -> None:
    text = HEAD + f"            env: {null}\n"
    result = injected(text)
    assert (outcomes(result), result.text) == (["unsupported"], text)
    assert "write `env:` without a value, or remove the line" in messages(result)
    assert result.reports[0].line == 14


@pytest.mark.parametrize("empty", ["[]", "[ ]"])
def test_an_empty_list_makes_its_line_longer_and_that_is_told(empty: str) -> None:
    text = HEAD + f"            env: {empty}  # none\n"
    once = injected(text)
    assert "Line 14 becomes longer" in messages(once)
    assert "            env: [{name: PROMETHEUS_MULTIPROC_DIR, value: /var/run/rayscope/prometheus}" in once.text
    assert all(edit.start == edit.end for edit in once.edits)
    assert_injected(loaded(text)[0], loaded(once.text)[0])
    assert stripped(once.text).text == text


def test_empty_objects_and_lists_take_several_things() -> None:
    text = HEAD.replace("  name: llm\n", "  name: llm\n  labels: {}\n  annotations: {}\n") + "          volumes: []\n"
    once = injected(text)
    assert_injected(loaded(text)[0], loaded(once.text)[0])
    assert stripped(once.text).text == text


@pytest.mark.parametrize(
    ("line", "where"),
    [("            env: [{name: A, value: b}]\n", 14), ("          volumes:\n            [{name: a}]\n", 15)],
)
def test_a_list_in_brackets_is_refused_with_its_line(line: str, where: int) -> None:
    result = injected(HEAD + line)
    assert outcomes(result) == ["unsupported"]
    assert "in brackets (flow style)" in messages(result)
    assert result.reports[0].line == where
    assert result.text == HEAD + line


def test_a_block_scalar_keeps_its_own_blank_lines() -> None:
    for chomping in ("", "-", "+"):
        text = SERVICE.replace(RAY, RAY + f"            args:\n            - |{chomping}\n              run\n\n\n")
        assert_there_and_back(text)


def test_an_alias_whose_every_place_wants_the_same_is_extended_once() -> None:
    text = SERVICE.replace(RAY, RAY + SHARED, 1)
    head, rest = text.split("    workerGroupSpecs:\n")
    after = assert_there_and_back(f"{head}    workerGroupSpecs:\n{rest}            env: *env\n")
    assert after.count("PROMETHEUS_MULTIPROC_DIR") == 1


def test_a_template_that_two_groups_share_is_injected_once() -> None:
    head, rest = SERVICE.replace("template:", "template: &pod", 1).split("    workerGroupSpecs:\n")
    workers = rest.split("      template:\n")[0] + "      template: *pod\n"
    after = assert_there_and_back(f"{head}    workerGroupSpecs:\n{workers}")
    assert after.count("name: rayscope-exporter\n") == 3  # container, mount, volume


def test_an_anchor_that_somebody_else_uses_is_not_extended() -> None:
    other = "          - name: other\n            image: busybox\n            env: *env\n"
    text = HEAD.replace(RAY, RAY + SHARED + other)
    result = injected(text)
    assert outcomes(result) == ["unsupported"]
    assert "anchor, alias, merge key" in messages(result)
    assert result.text == text


def test_an_alias_elsewhere_is_no_obstacle() -> None:
    other = "          - &side\n            name: other\n            image: busybox\n          - *side\n"
    assert outcomes(injected(HEAD.replace(RAY, RAY + other))) == ["injected"]


def test_what_a_merge_key_brings_is_not_changed_behind_its_back() -> None:
    common = "x-common: &common\n  env:\n  - name: A\n    value: b\n"
    text = common + HEAD.replace(RAY, RAY + "            <<: *common\n")
    result = injected(text)
    assert (outcomes(result), result.text) == (["unsupported"], text)


def test_a_merge_key_that_brings_nothing_of_ours_is_no_obstacle() -> None:
    common = "x-common: &common\n  imagePullPolicy: Always\n"
    text = common + HEAD.replace(RAY, RAY + "            <<: *common\n")
    once = injected(text)
    assert outcomes(once) == ["injected"]
    assert stripped(once.text).text == text


def test_other_documents_of_a_stream_stay_to_the_byte() -> None:
    text = f"{CONFIG_MAP}---\n{SERVICE}---\n{CONFIG_MAP}---\n{CLUSTER}"
    once = injected(text)
    assert outcomes(once) == ["injected", "injected"]
    assert [report.line for report in once.reports] == [7, 7 + SERVICE.count("\n") + 1 + 6]
    assert once.text == f"{CONFIG_MAP}---\n{injected(SERVICE).text}---\n{CONFIG_MAP}---\n{injected(CLUSTER).text}"
    assert stripped(once.text).text == text


def test_items_of_a_list_are_manifests() -> None:
    items = "".join("  " + line for line in SERVICE.splitlines(keepends=True))
    text = "apiVersion: v1\nkind: List\nitems:\n- " + items[2:] + "- apiVersion: v1\n  kind: Pod\n"
    once = injected(text)
    assert outcomes(once) == ["injected"]
    assert_only_lines_are_added(text, once.text)
    assert_injected(loaded(text)[0]["items"][0], loaded(once.text)[0]["items"][0])
    assert stripped(once.text).text == text


@pytest.mark.parametrize(
    "text", ["", "{{ if .Values.ray }}\n", CONFIG_MAP, "kind: RayService of mine\n", "- RayCluster\n"]
)
def test_what_is_no_ray_manifest_is_not_touched(text: str) -> None:
    assert injected(text).text == text
    assert injected(text).reports == ()


def test_a_template_that_is_no_yaml_yet_is_told() -> None:
    with pytest.raises(Unreadable, match="line 1"):
        injected("{{ if .Values.ray }}\n" + SERVICE)


def test_a_group_in_which_something_stands_in_the_way_is_left_and_told() -> None:
    text = HEAD + "          hostNetwork: true\n    workerGroupSpecs:\n" + WORKERS
    result = injected(text)
    (report,) = result.reports
    assert [(group.group, group.outcome) for group in report.change.groups] == [
        ("headgroup", "skipped"),
        ("gpu", "injected"),
    ]
    assert_injected(loaded(text)[0], loaded(result.text)[0])


def test_a_manifest_of_which_no_group_can_be_injected_is_left_label_and_all() -> None:
    text = HEAD + "          hostNetwork: true\n"
    result = injected(text)
    assert (outcomes(result), result.text) == (["skipped"], text)


def test_a_manifest_without_a_name_is_left() -> None:
    result = injected(SERVICE.replace("  name: llm\n", "  generateName: llm-\n"))
    assert outcomes(result) == ["skipped"]
    assert "metadata.name" in messages(result)


def test_a_manifest_that_kubernetes_would_refuse_is_told() -> None:
    assert outcomes(injected(HEAD.replace("containers:\n" + RAY, "containers: none\n"))) == ["unsupported"]
    assert outcomes(injected(HEAD.replace("metadata:\n  name: llm\n", "metadata: llm\n"))) == ["unsupported"]


def test_a_group_that_is_added_later_is_completed_with_the_recorded_payload() -> None:
    once = injected(HEAD).text
    longer = once + "    workerGroupSpecs:\n" + WORKERS
    twice = injected(longer, Payload(exporter="fedcba9876", port=9999))
    assert outcomes(twice) == ["injected"]
    assert "9999" not in twice.text
    removed = [line for line in longer.splitlines() if line not in twice.text.splitlines()]
    assert [line.strip().split(":")[0] for line in removed] == ["rayscope.dev/payload"]
    assert stripped(twice.text).text == SERVICE


def test_a_label_that_somebody_removed_comes_back_and_goes_with_the_rest() -> None:
    without = injected(SERVICE).text.replace("  labels:\n    rayscope.dev/monitor: vllm\n", "", 1)
    again = injected(without).text
    assert "    rayscope.dev/monitor: vllm\n" in again
    assert stripped(again).text == SERVICE


def test_what_somebody_has_added_since_stays() -> None:
    after = injected(SERVICE).text.replace(
        "            volumeMounts:\n",
        "            - name: MINE\n              value: b\n            volumeMounts:\n",
        1,
    )
    assert stripped(after).text == SERVICE.replace(
        RAY, RAY + "            env:\n            - name: MINE\n              value: b\n", 1
    )


def test_a_list_whose_other_items_went_since_is_left_without_a_value() -> None:
    text = HEAD.replace(RAY, RAY + "            env:\n            - name: A\n              value: b\n")
    after = injected(text).text.replace("            - name: A\n              value: b\n", "")
    assert stripped(after).text == HEAD.replace(RAY, RAY + "            env:\n")


def test_stripping_what_was_never_injected_changes_nothing() -> None:
    assert (stripped(SERVICE).text, outcomes(stripped(SERVICE))) == (SERVICE, ["clean"])


@pytest.mark.parametrize("indent", [2, 4, "\t", None])
def test_json_is_written_as_it_was_laid_out(indent: int | str | None) -> None:
    text = json.dumps(loaded(SERVICE)[0], indent=indent) + "\n"
    once = injected(text)
    assert_injected(json.loads(text), json.loads(once.text))
    assert json.dumps(json.loads(once.text), indent=indent) + "\n" == once.text
    assert injected(once.text).text == once.text
    assert stripped(once.text).text == text


def test_numbers_of_json_stay_numbers() -> None:
    text = json.dumps(loaded(SERVICE)[0], indent=2).replace('"name": "llm"', '"name": "llm", "x": 1e+22', 1)
    text = json.dumps(json.loads(text), indent=2)
    assert json.loads(injected(text).text)["metadata"]["x"] == 1e22
    assert stripped(injected(text).text).text == text


def test_json_that_was_laid_out_by_hand_is_refused() -> None:
    text = json.dumps(loaded(SERVICE)[0], indent=2).replace('"kind": ', '"kind":  ')
    result = injected(text)
    assert (outcomes(result), result.text) == (["unsupported"], text)
    assert "format it with a tool" in messages(result)
