"""The CustomResourceDefinition of VLLMMonitor, made from its model. `crds/` holds what comes out.

A CRD wants a structural schema: no references, no unions, no nulls. That is all that is done to pydantic's.
"""

from typing import Any

from rayscope.model.manifest import Manifest
from rayscope.model.monitor import MonitorSpec
from rayscope.model.names import DOMAIN
from rayscope.model.status import MonitorStatus

COLUMNS = (
    ("Source", "string", ".status.source", "Where vLLM's metrics were seen"),
    ("Injected", "string", ".status.summary.injected", "Pods that carry the exporter, of all"),
    ("Reporting", "string", ".status.summary.reporting", "Pods whose exporter answers, of the injected"),
    (
        "Selected",
        "string",
        ".status.conditions[?(@.type=='Selected')].status",
        "Whether a Prometheus selects the monitor",
    ),
    ("Ready", "string", ".status.conditions[?(@.type=='Ready')].status", "Whether all of it works"),
    ("Reason", "string", ".status.conditions[?(@.type=='Ready')].reason", "Why, or why not"),
    ("Age", "date", ".metadata.creationTimestamp", ""),
)


def custom_resource_definition() -> Manifest:
    """VLLMMonitor, rayscope.dev/v1alpha1, namespaced, short name vmon, with a status subresource."""
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": f"vllmmonitors.{DOMAIN}"},
        "spec": {
            "group": DOMAIN,
            "scope": "Namespaced",
            "names": {
                "kind": "VLLMMonitor",
                "listKind": "VLLMMonitorList",
                "plural": "vllmmonitors",
                "singular": "vllmmonitor",
                "shortNames": ["vmon"],
                "categories": ["rayscope"],
            },
            "versions": [
                {
                    "name": "v1alpha1",
                    "served": True,
                    "storage": True,
                    "subresources": {"status": {}},
                    "additionalPrinterColumns": [column(*parts) for parts in COLUMNS],
                    "schema": {"openAPIV3Schema": schema()},
                }
            ],
        },
    }


def column(name: str, kind: str, path: str, description: str) -> dict[str, str]:
    given = {"name": name, "type": kind, "jsonPath": path, "description": description}
    return {key: value for key, value in given.items() if value}


def schema() -> dict[str, Any]:
    return {
        "type": "object",
        "description": "How the vLLM service of the same name (a RayService) is monitored, and what is true of it.",
        "properties": {
            "apiVersion": {"type": "string"},
            "kind": {"type": "string"},
            "metadata": {"type": "object"},
            "spec": {**structural(MonitorSpec.model_json_schema()), "default": {}},
            "status": undefaulted(structural(MonitorStatus.model_json_schema())),
        },
    }


def structural(document: dict[str, Any]) -> dict[str, Any]:
    """A pydantic schema (JSON Schema 2020-12) as the structural one of a CRD."""
    definitions = document.get("$defs", {})

    def convert(node: dict[str, Any]) -> dict[str, Any]:
        node = plain(node, definitions)
        kept = {key: value for key, value in node.items() if keep(key, value)}
        if "properties" in node:
            kept["properties"] = {name: convert(value) for name, value in node["properties"].items()}
            kept |= {"default": given(kept["default"])} if "default" in kept else {}
        for key in {"items", "additionalProperties"} & kept.keys():
            kept[key] = convert(kept[key])
        return kept

    return convert(document)


def plain(node: dict[str, Any], definitions: dict[str, Any]) -> dict[str, Any]:
    """The node with its reference followed, and `X or null` made an X: a field that may be null may be left out."""
    if "$ref" in node:
        node = definitions[node["$ref"].rpartition("/")[2]] | {k: v for k, v in node.items() if k != "$ref"}
    if "anyOf" in node and "x-kubernetes-int-or-string" not in node:
        (given,) = (choice for choice in node["anyOf"] if choice != {"type": "null"})
        node = plain(given, definitions) | {k: v for k, v in node.items() if k != "anyOf"}
    return node


def keep(key: str, value: object) -> bool:
    """Titles repeat the names, a closed object is what strict field validation makes, and a default of null is none."""
    return (
        key not in {"title", "$defs"} and not (key == "additionalProperties" and value is False) and value is not None
    )


def given(default: dict[str, Any]) -> dict[str, Any]:
    """An object's default without its nulls: whole, since CEL rules see it before the fields' own defaults apply."""
    return {
        key: given(value) if isinstance(value, dict) else value for key, value in default.items() if value is not None
    }


def undefaulted(schema: dict[str, Any]) -> dict[str, Any]:
    """The same without defaults: nobody but the operator writes a status, and it writes all of it."""
    kept = {key: value for key, value in schema.items() if key != "default"}
    if "properties" in kept:
        kept["properties"] = {name: undefaulted(value) for name, value in kept["properties"].items()}
    if "items" in kept:
        kept["items"] = undefaulted(kept["items"])
    return kept


if __name__ == "__main__":
    import json
    import sys

    import yaml

    sys.stdout.write("# Made by `make generate` from operator/rayscope/model: edit that.\n")
    apart = json.loads(json.dumps(custom_resource_definition()))  # nothing shared, so no anchors
    yaml.safe_dump(apart, sys.stdout, sort_keys=False, width=120, allow_unicode=True)
