"""VLLMMonitor as the API server has it: what it accepts, what it refuses and how, what it fills in, what it shows."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from rayscope.model.monitor import MonitorSpec
from rayscope.model.status import MonitorStatus
from rayscope.render.crd import schema
from tests.control.rules import CASES, Case, places, rules
from tests.plane import Plane
from tests.plane.client import ApiError
from tests.plane.resources import VLLM_MONITORS
from tests.plane.waiting import eventually

ROOT = Path(__file__).parents[2]
CRDS, DOCS = ROOT / "crds", ROOT / "docs"
DRY_RUN = {"dryRun": "All", "fieldValidation": "Strict"}
SPEC = schema()["properties"]["spec"]
WRONG: dict[str, Any] = {
    "string": 1,
    "boolean": "yes",
    "integer": "1",
    "number": "1",
    "int-or-string": True,
    "array": "x",
    "object": "x",
}
"""For each type a value of another one."""
STATUS: dict[str, Any] = {
    "observedGeneration": 1,
    "source": "Both",
    "clusters": [
        {"name": "llm-x7k2p", "role": "Active", "pods": {"total": 3, "injected": 3, "reporting": 2, "outdated": 1}}
    ],
    "conditions": [
        {
            "type": kind,
            "status": status,
            "reason": reason,
            "message": "",
            "lastTransitionTime": "2026-01-02T03:04:05Z",
            "observedGeneration": 1,
        }
        for kind, status, reason in (("Selected", "True", "Selected"), ("Ready", "False", "NotReporting"))
    ],
    "summary": {"injected": "3/3", "reporting": "2/3"},
    "edges": {"timeToFirstToken": [0.001, 0.5, 1], "interToken": [0.01], "endToEnd": []},
}


@pytest.fixture(scope="module", autouse=True)
def _installed(plane: Plane) -> None:
    plane.install_crds(sorted(CRDS.glob("*.yaml")))


def manifest(spec: Any) -> Any:
    return {
        "apiVersion": VLLM_MONITORS.api_version,
        "kind": "VLLMMonitor",
        "metadata": {"name": "llm"},
        "spec": spec,
    }


def create(plane: Plane, spec: Any) -> Any:
    """What would become of it: nothing is kept."""
    return plane.client.request("POST", VLLM_MONITORS.path("default"), body=manifest(spec), query=DRY_RUN)


def refusal(plane: Plane, spec: Any) -> str:
    with pytest.raises(ApiError) as caught:
        create(plane, spec)
    assert caught.value.status in {400, 422}
    return caught.value.message


def defaults(**changed: Any) -> Any:
    return MonitorSpec.model_validate(changed).model_dump(mode="json", by_alias=True, exclude_none=True)


def test_every_rule_of_the_schema_has_its_case() -> None:
    assert {(case.path, case.rule) for case in CASES} == set(rules(SPEC))


@pytest.mark.parametrize("case", CASES, ids=str)
def test_what_keeps_a_rule_is_accepted_and_understood(plane: Plane, case: Case) -> None:
    answer = create(plane, case.spec(case.accepted))
    assert MonitorSpec.model_validate(answer["spec"]) == MonitorSpec.model_validate(case.spec(case.accepted))


@pytest.mark.parametrize("case", CASES, ids=str)
def test_what_breaks_a_rule_is_refused_by_the_name_of_its_field(plane: Plane, case: Case) -> None:
    told = refusal(plane, case.spec(case.refused))
    assert case.place in told
    assert " " not in case.rule or case.rule in told


@pytest.mark.parametrize(("path", "kind"), list(places(SPEC)), ids=lambda value: value or "spec")
def test_a_value_of_another_type_is_refused(plane: Plane, path: str, kind: str) -> None:
    case = Case(path, "type", None, WRONG[kind])
    assert f"{case.place}: Invalid value" in refusal(plane, case.spec(case.refused))


@pytest.mark.parametrize("path", [path for path, kind in places(SPEC) if kind == "object" and path != "scrape.labels"])
def test_a_field_that_there_is_not_is_refused(plane: Plane, path: str) -> None:
    case = Case(path, "closed", None, {"intervall": "30s"})
    assert f'unknown field "{case.place}.intervall"' in refusal(plane, case.spec(case.refused))


@pytest.mark.parametrize(
    "spec",
    [
        {},
        {"injection": {}},
        {"injection": {"enabled": False}},
        {"injection": {"exporter": {"resources": {"memoryLimit": "256Mi"}}}},
        {"scrape": {"interval": "15s"}},
        {"scrape": {"app": {}}},
        {"scrape": {"app": {"path": "/llm/metrics"}}},
    ],
    ids=json.dumps,
)
def test_the_defaults_are_filled_in_as_the_operator_has_them(plane: Plane, spec: Any) -> None:
    assert create(plane, spec)["spec"] == defaults(**spec)


def test_a_monitor_without_a_spec_has_all_defaults(plane: Plane) -> None:
    assert create(plane, None)["spec"] == defaults()


def documented() -> list[Any]:
    """The VLLMMonitors in our documents."""
    blocks = [
        yaml.safe_load(block)
        for page in sorted(DOCS.glob("*.md"))
        for block in re.findall(r"^```yaml\n(.*?)^```", page.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
        if "kind: VLLMMonitor" in block
    ]
    assert blocks
    return blocks


@pytest.mark.parametrize("example", documented(), ids=lambda example: example["metadata"]["name"])
def test_an_example_in_a_document_is_accepted(plane: Plane, example: Any) -> None:
    create(plane, example["spec"])


@pytest.fixture
def monitor(plane: Plane, namespace: str) -> str:
    """The path of a VLLMMonitor that exists."""
    plane.client.create(VLLM_MONITORS.path(namespace), manifest({}))
    return VLLM_MONITORS.path(namespace, "llm")


def write_status(plane: Plane, monitor: str, status: Any) -> Any:
    return plane.client.request(
        "PATCH",
        f"{monitor}/status",
        body={"status": status},
        query={"fieldValidation": "Strict"},
        content_type="application/merge-patch+json",
    )


def test_a_status_is_kept_as_the_operator_writes_it(plane: Plane, monitor: str) -> None:
    written = MonitorStatus.model_validate(STATUS).model_dump(mode="json", by_alias=True, exclude_none=True)
    assert write_status(plane, monitor, written)["status"] == STATUS


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"source": "Elsewhere"}, "status.source"),
        ({"clusters": [{"name": "llm-a", "role": "Idle"}]}, "status.clusters[0].role"),
        ({"clusters": [{"role": "Active"}]}, "status.clusters[0].name"),
        ({"conditions": [{**STATUS["conditions"][0], "status": "Maybe"}]}, "status.conditions[0].status"),
        ({"conditions": [{**STATUS["conditions"][0], "reason": "not a word"}]}, "status.conditions[0].reason"),
        ({"conditions": [{**STATUS["conditions"][0], "lastTransitionTime": "now"}]}, "lastTransitionTime"),
        ({"conditions": [STATUS["conditions"][0]] * 2}, "status.conditions[1]"),
        ({"summery": {}}, "status.summery"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_status_that_nobody_could_read_is_refused(plane: Plane, monitor: str, changed: Any, field: str) -> None:
    with pytest.raises(ApiError, match=field.replace("[", r"\[")):
        write_status(plane, monitor, changed)


def test_an_edit_of_the_spec_leaves_the_status_and_counts_a_generation(plane: Plane, monitor: str) -> None:
    write_status(plane, monitor, STATUS)
    edited = plane.client.patch(monitor, {"spec": {"scrape": {"ray": "Full"}}, "status": {"source": "Ray"}})
    assert edited["status"] == STATUS
    assert edited["metadata"]["generation"] == 2


@pytest.mark.parametrize("name", ["vmon", "vllmmonitor", "rayscope"])
def test_kubectl_shows_the_state_at_a_glance_under_its_short_name(
    plane: Plane, monitor: str, namespace: str, name: str
) -> None:
    def shown() -> bool:
        """An operator that other tests have started may write a status of its own in between, once."""
        write_status(plane, monitor, STATUS)
        header, row = plane.kubectl("get", name, "--namespace", namespace).splitlines()
        assert header.split() == ["NAME", "SOURCE", "INJECTED", "REPORTING", "SELECTED", "READY", "REASON", "AGE"]
        return row.split()[1:-1] == ["Both", "3/3", "2/3", "True", "False", "NotReporting"]

    eventually(shown, "the state is shown")


def test_kubectl_explains_every_part(plane: Plane) -> None:
    told = plane.kubectl("explain", "vmon.spec.scrape.scrapeTimeout")
    assert "Time that a scrape may take." in told
