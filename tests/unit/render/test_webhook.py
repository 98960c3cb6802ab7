"""The webhook configuration: who is asked about, who is left alone, and what silence means."""

from __future__ import annotations

from base64 import b64decode
from pathlib import Path
from typing import Any

import yaml

from rayscope.render.webhook import service_client, url_client, webhook_configuration

BASE = Path(__file__).parents[3] / "deploy" / "base"
BY_SERVICE = service_client("rayscope", "rayscope-webhook")


def webhook() -> Any:
    [only] = webhook_configuration(BY_SERVICE)["webhooks"]
    return only


def test_the_manifest_for_kubectl_is_what_the_operator_renders() -> None:
    assert yaml.safe_load((BASE / "webhook.yaml").read_text(encoding="utf-8")) == webhook_configuration(BY_SERVICE)


def test_it_is_asked_about_rayclusters_that_kuberay_makes_for_labelled_services_only() -> None:
    assert webhook()["objectSelector"] == {
        "matchLabels": {"rayscope.dev/monitor": "vllm", "ray.io/originated-from-crd": "RayService"}
    }
    [rule] = webhook()["rules"]
    assert (rule["apiGroups"], rule["resources"]) == (["ray.io"], ["rayclusters"])
    assert rule["operations"] == ["CREATE", "UPDATE"]


def test_no_system_namespace_ever_waits_for_it() -> None:
    [expression] = webhook()["namespaceSelector"]["matchExpressions"]
    assert expression["operator"] == "NotIn"
    assert {"kube-system", "kube-public", "kube-node-lease"} <= set(expression["values"])


def test_nothing_that_is_being_deleted_waits_for_it() -> None:
    [condition] = webhook()["matchConditions"]
    assert condition["expression"] == "!has(object.metadata.deletionTimestamp)"


def test_silence_lets_a_write_through_within_three_seconds() -> None:
    assert (webhook()["failurePolicy"], webhook()["timeoutSeconds"]) == ("Ignore", 3)


def test_a_dry_run_may_be_asked_about() -> None:
    assert webhook()["sideEffects"] == "None"


def test_somebody_who_wants_no_cluster_uninjected_can_have_it() -> None:
    [strict] = webhook_configuration(BY_SERVICE, "Fail")["webhooks"]
    assert strict["failurePolicy"] == "Fail"


def test_the_ca_bundle_is_left_to_its_owner_unless_given() -> None:
    assert "caBundle" not in BY_SERVICE
    assert b64decode(service_client("rayscope", "rayscope-webhook", b"PEM")["caBundle"]) == b"PEM"


def test_an_operator_outside_the_cluster_is_reached_by_url() -> None:
    client = url_client("192.0.2.1", 9443, b"PEM")
    assert client["url"] == "https://192.0.2.1:9443/mutate"
    assert "service" not in client
    assert url_client("fd00::1", 9443, b"PEM")["url"] == "https://[fd00::1]:9443/mutate"
