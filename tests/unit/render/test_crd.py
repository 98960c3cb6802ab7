"""The CRD is made from the model, and is what `crds/` holds. What the API server makes of it: tests/control."""

from pathlib import Path
from typing import Any

import yaml

from rayscope.model.monitor import MonitorSpec
from rayscope.render.crd import custom_resource_definition, schema

CHECKED_IN = Path(__file__).parents[3] / "crds" / "rayscope.dev_vllmmonitors.yaml"


def nodes(node: Any) -> list[dict[str, Any]]:
    """Every object below a schema, itself included."""
    if isinstance(node, list):
        return [found for item in node for found in nodes(item)]
    return [node, *(found for value in node.values() for found in nodes(value))] if isinstance(node, dict) else []


def test_the_checked_in_crd_is_what_the_model_makes() -> None:
    assert yaml.safe_load(CHECKED_IN.read_text()) == custom_resource_definition(), "run `make generate`"


def test_the_schema_is_structural() -> None:
    for node in nodes(schema()):
        assert not {"$ref", "$defs", "title"} & node.keys()
        assert node.get("additionalProperties") is not False


def test_the_schemas_defaults_are_the_models() -> None:
    for name, part in schema()["properties"]["spec"]["properties"].items():
        assert MonitorSpec.model_validate({name: part["default"]}) == MonitorSpec()


def test_every_field_explains_itself() -> None:
    for node in nodes(schema()["properties"]["spec"]):
        for name, field in node.get("properties", {}).items():
            assert field.get("description"), name
