"""The samples that we ship: taken by a real API server to the last field, and injected in full by the real webhook."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from rayscope.inject import inspect
from rayscope.model.names import EXPORTER_CONTAINER, MULTIPROC_VARIABLE
from tests.control.samples import Document, is_service, placed
from tests.control.story import Service
from tests.plane import Plane
from tests.plane.resources import VLLM_MONITORS

ROOT = Path(__file__).parents[2]
SAMPLES = sorted((ROOT / "deploy" / "samples").glob("*.yaml"))
MONITOR = ROOT / "deploy" / "samples" / "vllmmonitor.yaml"
CRD = ROOT / "crds" / "rayscope.dev_vllmmonitors.yaml"
Paths = set[tuple[str, ...]]


def documents(sample: Path) -> list[Document]:
    return list(yaml.safe_load_all(sample.read_text()))


def services(sample: Path) -> list[Document]:
    return [*filter(is_service, documents(sample))]


SERVED = [sample for sample in SAMPLES if services(sample)]
served = pytest.mark.parametrize("sample", SERVED, ids=lambda path: path.stem)


def apply(plane: Plane, namespace: str, sample: Path) -> None:
    """As a user does, but strictly: a field that the API server does not know is an error."""
    manifests = yaml.safe_dump_all(placed(document, namespace) for document in documents(sample))
    plane.kubectl("apply", "--server-side", "--validate=strict", "-f", "-", stdin=manifests)


def offered(schema: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """The paths of a schema's fields; what a list holds has its list's path."""
    for name, field in schema.get("properties", {}).items():
        yield (*path, name)
        yield from offered(field.get("items", field), (*path, name))


def taken(value: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """The paths of a value's fields, likewise."""
    if isinstance(value, list):
        for item in value:
            yield from taken(item, path)
    elif isinstance(value, dict):
        for name, field in value.items():
            yield (*path, name)
            yield from taken(field, (*path, name))


def chosen_by_users(paths: Paths, spec: Any) -> Paths:
    """Without what is below a map whose keys users choose (labels): that is no field."""
    maps = {path for path in paths if "additionalProperties" in at(spec, path)}
    return {path for path in paths if not any(path[: len(above)] == above != path for above in maps)}


def at(schema: Any, path: tuple[str, ...]) -> Any:
    for name in path:
        below = schema.get("items", schema)
        schema = below.get("properties", {}).get(name, below.get("additionalProperties", {}))
    return schema


def test_there_are_samples_of_each_kind_of_application() -> None:
    assert {sample.stem for sample in SAMPLES} >= {"ray-serve-llm", "fastapi-asyncllm", "multi-node", "vllmmonitor"}


def test_the_readme_names_every_sample() -> None:
    readme = MONITOR.with_name("README.md").read_text()
    assert [sample.name for sample in SAMPLES if f"]({sample.name})" not in readme] == []


@served
def test_python_in_a_sample_is_python(sample: Path) -> None:
    maps = [document["data"] for document in documents(sample) if document["kind"] == "ConfigMap"]
    for name, text in ((name, text) for data in maps for name, text in data.items()):
        compile(text, name, "exec")


@served
def test_a_samples_serve_config_is_yaml_with_an_application(sample: Path) -> None:
    for service in services(sample):
        [application] = yaml.safe_load(service["spec"]["serveConfigV2"])["applications"]
        assert application["import_path"].count(":") == 1


def test_the_monitor_has_every_field_that_there_is() -> None:
    [version] = yaml.safe_load(CRD.read_text())["spec"]["versions"]
    schema = version["schema"]["openAPIV3Schema"]["properties"]["spec"]
    [monitor] = documents(MONITOR)
    assert chosen_by_users(set(taken(monitor["spec"])), schema) == set(offered(schema))


def explained(node: yaml.Node, lines: list[str]) -> Iterator[tuple[str, bool]]:
    """The fields of a mapping and of those in it, and whether a comment is on the line or above; lists are left."""
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            line = key.start_mark.line
            yield key.value, " # " in lines[line] or lines[line - 1].lstrip().startswith("# ")
            if key.value != "labels":
                yield from explained(value, lines)


def test_each_field_of_the_monitor_is_explained() -> None:
    text = MONITOR.read_text()
    root = yaml.compose(text)
    assert isinstance(root, yaml.MappingNode)
    [spec] = [value for key, value in root.value if key.value == "spec"]
    assert [name for name, so in explained(spec, text.splitlines()) if not so] == []


@pytest.mark.usefixtures("rayscope")
def test_the_api_server_takes_the_monitor_strictly(plane: Plane, namespace: str) -> None:
    apply(plane, namespace, MONITOR)
    [monitor] = documents(MONITOR)
    assert plane.client.get(VLLM_MONITORS.path(namespace, monitor["metadata"]["name"]))["spec"] == monitor["spec"]


@served
@pytest.mark.usefixtures("rayscope")
def test_a_sample_is_injected_in_full_and_has_its_monitor(plane: Plane, namespace: str, sample: Path) -> None:
    apply(plane, namespace, sample)
    [manifest] = services(sample)
    service = Service(plane, namespace, manifest["metadata"]["name"])
    cluster = service.cluster()
    assert inspect(cluster).complete
    for group in (cluster["spec"]["headGroupSpec"], *cluster["spec"]["workerGroupSpecs"]):
        ray, *beside = group["template"]["spec"]["containers"]
        assert MULTIPROC_VARIABLE in {variable["name"] for variable in ray["env"]}
        assert [container["name"] for container in beside] == [EXPORTER_CONTAINER]
    service.monitored()
    assert [found["metadata"]["uid"] for found in service.clusters()] == [cluster["metadata"]["uid"]]
