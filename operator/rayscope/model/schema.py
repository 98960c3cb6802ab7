"""What the model of a CRD is made of: closed objects, and values that both Kubernetes and Prometheus can read.

A model's rules are written in CEL, because the API server is where a mistake must be refused.
"""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema
from pydantic.alias_generators import to_camel

QUANTITY = r"^[0-9]+(\.[0-9]+)?(m|[kMGTPE]|[KMGTPE]i)?$"
DURATION = r"^([0-9]+h)?([0-9]+m)?([0-9]+s)?([0-9]+ms)?$"
"""In Prometheus' order of units. Days and longer are left out: neither CEL nor a scrape knows them."""

Quantity = Annotated[
    str,
    BeforeValidator(str),
    Field(pattern=QUANTITY),
    WithJsonSchema(
        {"anyOf": [{"type": "integer"}, {"type": "string"}], "x-kubernetes-int-or-string": True, "pattern": QUANTITY}
    ),
]
Duration = Annotated[str, Field(pattern=DURATION, min_length=2)]


def rules(*pairs: tuple[str, str]) -> dict[str, Any]:
    """CEL validations of a schema: (expression, message)."""
    return {"x-kubernetes-validations": [{"rule": rule, "message": message} for rule, message in pairs]}


class Spec(BaseModel):
    """The base of every part: frozen, unknown fields refused, named in Kubernetes' way."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", alias_generator=to_camel, populate_by_name=True, use_attribute_docstrings=True
    )
