"""Apply to what we created: fields that we own by a create are taken over first, so that removed ones really go.

The API server keeps what a manager has created apart from what it has applied, and an apply removes only the latter.
This does what client-go's `csaupgrade` does, and in the order that costs one request where nothing was created.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rayscope.kube.api import Api, Object
from rayscope.kube.kinds import kind_of
from rayscope.model.manifest import Manifest
from rayscope.model.names import MANAGER

Fields = Mapping[str, Any]
"""A set of fields, as `fieldsV1` nests them."""


async def applied(api: Api, manifest: Manifest) -> Object:
    """Apply; the object's metadata when nothing that we do not give is ours any more."""
    answer = await api.apply(manifest)
    metadata = answer["metadata"]
    before, now = metadata["managedFields"], taken_over(metadata["managedFields"])
    if now == before:
        return answer
    operations = [
        {"op": "replace", "path": "/metadata/managedFields", "value": now},
        {"op": "replace", "path": "/metadata/resourceVersion", "value": metadata["resourceVersion"]},
    ]
    answer = await api.patch(kind_of(manifest), metadata["name"], metadata["namespace"], operations)
    if all(entry in before for entry in now):
        return answer  # all that we had created is still given
    return await api.apply(manifest)


def taken_over(entries: Sequence[Manifest], manager: str = MANAGER) -> list[Manifest]:
    """The managedFields of an object that the manager applies, with what it has created as if it had applied that."""
    created = [entry for entry in entries if _is(entry, manager, "Update")]
    fields = [entry["fieldsV1"] for entry in created]
    return [
        {**entry, "fieldsV1": _union(entry["fieldsV1"], *fields)} if _is(entry, manager, "Apply") else entry
        for entry in entries
        if entry not in created
    ]


def _is(entry: Manifest, manager: str, operation: str) -> bool:
    who = (entry.get("manager"), entry.get("operation"), entry.get("subresource"))
    return who in {(manager, operation, None), (manager, operation, "")}


def _union(fields: Fields, *others: Fields) -> Fields:
    found = dict(fields)
    for other in others:
        for name, below in other.items():
            found[name] = _union(found.get(name, {}), below)
    return found
