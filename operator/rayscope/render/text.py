"""Manifests as YAML for people: text of several lines keeps its lines."""

from __future__ import annotations

import math
from typing import Any

import yaml

from rayscope.model.manifest import Manifest


class _Dumper(yaml.SafeDumper):
    """Text of several lines as a block, and nothing shared."""

    def ignore_aliases(self, data: Any) -> bool:  # noqa: ANN401, ARG002 - PyYAML's signature
        return True


def _string(dumper: _Dumper, text: str) -> yaml.ScalarNode:
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style="|" if "\n" in text else None)


_Dumper.add_representer(str, _string)


def text(document: Manifest) -> str:
    """One document as YAML."""
    return yaml.dump(document, Dumper=_Dumper, sort_keys=False, width=math.inf)
