"""Answers of the API server, as it really gives them, told apart."""

from __future__ import annotations

import json
from typing import Any

import pytest

from rayscope.kube.errors import ApiError, Conflict, Forbidden, KindMissing, NotFound, Terminating, error


def status(code: int, reason: str, **details: Any) -> bytes:
    return json.dumps(
        {"kind": "Status", "apiVersion": "v1", "code": code, "reason": reason, "message": "why", "details": details}
    ).encode()


@pytest.mark.parametrize(
    ("code", "body", "expected"),
    [
        (404, b"404 page not found\n", KindMissing),
        (404, status(404, "NotFound"), KindMissing),
        (404, status(404, "NotFound", name="x", kind="pods"), NotFound),
        (409, status(409, "AlreadyExists", name="x"), Conflict),
        (409, status(409, "Conflict", name="x"), Conflict),
        (403, status(403, "Forbidden", name="x"), Forbidden),
        (403, status(403, "Forbidden", causes=[{"reason": "NamespaceTerminating"}]), Terminating),
        (422, status(422, "Invalid", name="x"), ApiError),
    ],
)
def test_each_refusal_has_its_exception(code: int, body: bytes, expected: type[ApiError]) -> None:
    assert type(error(code, "reason", body, {})) is expected


def test_the_servers_own_words_are_told() -> None:
    assert str(error(409, "Conflict", status(409, "AlreadyExists", name="x"), {})) == "409 AlreadyExists: why"


def test_a_proxys_page_in_place_of_a_status_does_no_harm() -> None:
    found = error(502, "Bad Gateway", b"<html>" + b"\xff" * 1000, {})
    assert (found.status, found.reason) == (502, "Bad Gateway")
    assert len(found.message) == 200


@pytest.mark.parametrize(("header", "seconds"), [("3", 3.0), ("Wed, 21 Oct 2026 07:28:00 GMT", None), ("", None)])
def test_retry_after_is_read_where_it_is_a_number_of_seconds(header: str, seconds: float | None) -> None:
    assert error(429, "Too Many Requests", b"", {"Retry-After": header}).retry_after == seconds
