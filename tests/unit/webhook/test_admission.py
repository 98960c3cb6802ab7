"""Bytes to a request, an answer to bytes."""

import json
from base64 import b64decode
from typing import Any

import pytest

from rayscope.webhook.admission import Malformed, request, response
from tests.unit.webhook.reviews import UID, cluster, encoded, review


def test_a_review_is_read_with_the_namespace_of_its_request() -> None:
    asked = request(encoded(review(cluster(namespace=""))))
    assert (asked.uid, asked.operation, asked.resource, asked.namespace) == (
        UID,
        "CREATE",
        "ray.io/v1/rayclusters",
        "ml",
    )
    assert asked.object == cluster(namespace="")
    assert asked.old == {}


@pytest.mark.parametrize("reverse", [False, True])
def test_the_size_of_the_object_is_never_underrated(*, reverse: bool) -> None:
    sent = review(cluster(workers=9), cluster(workers=20))
    if reverse:
        sent["request"] = dict(reversed(sent["request"].items()))
    body = encoded(sent)
    assert len(encoded(cluster(workers=9))) <= request(body).size <= len(body)
    assert (request(body).size < len(encoded(cluster(workers=20)))) is not reverse


def test_a_subresource_is_another_resource() -> None:
    assert request(encoded(review(cluster(), subResource="status"))).resource == "ray.io/v1/rayclusters/status"


@pytest.mark.parametrize(
    ("body", "text"),
    [
        (b"", "JSON"),
        (b"{", "JSON"),
        (b"\xff\xfe\xfd", "JSON"),
        (b"[" * 100_000, "JSON"),
        (b"[]", "object"),
        (b"null", "object"),
        (b'"AdmissionReview"', "object"),
        (b"{}", "AdmissionReview"),
        (encoded({**review(cluster()), "kind": "TokenReview"}), "AdmissionReview"),
        (encoded({**review(cluster()), "apiVersion": "admission.k8s.io/v1beta1"}), "admission.k8s.io/v1"),
        (encoded({**review(cluster()), "request": None}), "request"),
        (encoded({**review(cluster()), "request": []}), "request"),
    ],
)
def test_what_is_no_review_is_refused_with_the_reason(body: bytes, text: str) -> None:
    with pytest.raises(Malformed, match=text):
        request(body)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("uid", None),
        ("uid", ""),
        ("uid", 7),
        ("operation", None),
        ("operation", "PATCH"),
        ("resource", None),
        ("resource", "rayclusters"),
        ("object", []),
        ("oldObject", "x"),
    ],
)
def test_a_request_without_its_parts_is_refused_with_the_reason(field: str, value: Any) -> None:
    with pytest.raises(Malformed, match=f"request.{field}"):
        request(encoded(review(cluster(), **{field: value})))


def test_an_answer_without_a_patch_has_no_patch_type() -> None:
    assert json.loads(response(UID))["response"] == {"uid": UID, "allowed": True}


def test_a_patch_travels_in_base64() -> None:
    patch = [{"op": "add", "path": "/metadata/labels/x", "value": "é"}]
    given = json.loads(response(UID, patch))["response"]
    assert given["patchType"] == "JSONPatch"
    assert json.loads(b64decode(given["patch"], validate=True)) == patch


def test_a_long_warning_is_cut_to_what_the_api_server_passes_on() -> None:
    assert len(json.loads(response(UID, warnings=["x" * 1000]))["response"]["warnings"][0]) == 256
