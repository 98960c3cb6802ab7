"""What the owner of a service wants, as what is injected."""

from __future__ import annotations

from rayscope.model.monitor import Injection
from rayscope.model.payload import Payload


def test_the_defaults_of_both_agree() -> None:
    assert Payload.of(Injection(), "0123456789") == Payload(exporter="0123456789")


def test_every_field_is_passed_on() -> None:
    resources = {"cpuRequest": "20m", "memoryRequest": "64Mi", "memoryLimit": "256Mi", "guaranteedCpu": 1}
    exporter = {"port": 9999, "families": [], "image": "python:3.13-slim", "resources": resources}
    wanted = Injection.model_validate({"volume": {"sizeLimit": "1Gi"}, "exporter": exporter})
    assert Payload.of(wanted, "0123456789") == Payload(
        exporter="0123456789",
        port=9999,
        families=(),
        volume_size="1Gi",
        image="python:3.13-slim",
        cpu_request="20m",
        memory_request="64Mi",
        memory_limit="256Mi",
        guaranteed_cpu="1",
    )
