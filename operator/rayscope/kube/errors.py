"""What the API server may refuse, as exceptions that callers can tell apart.

Read from the `Status` object in the response; a proxy's HTML page in its place must do no harm.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any


class ApiError(Exception):
    """The API server refused a request, or could not be reached (status 0)."""

    def __init__(self, status: int, reason: str, message: str, retry_after: float | None = None) -> None:
        super().__init__(f"{status} {reason}: {message}")
        self.status = status
        self.reason = reason
        self.message = message
        self.retry_after = retry_after
        """Seconds that the server wants us to wait."""


class KindMissing(ApiError):  # noqa: N818 - the API's own word
    """The cluster has no such kind: its CustomResourceDefinition is not installed."""


class NotFound(ApiError):  # noqa: N818 - the API's own word
    """There is no such object, or no such namespace to put it in."""


class Conflict(ApiError):  # noqa: N818 - the API's own word
    """The object exists already, or has changed since it was read."""


class Forbidden(ApiError):  # noqa: N818 - the API's own word
    """The caller has no right to do this."""


class Terminating(Forbidden):
    """The namespace is being deleted, so that nothing new can be made in it, ever."""


def error(status: int, reason: str, body: bytes, headers: Mapping[str, str]) -> ApiError:
    """The exception for a response that is no success."""
    answer = _status(body)
    message = answer.get("message") or body[:200].decode(errors="replace")
    wait = headers.get("Retry-After", "")
    return _class(status, answer)(
        status, answer.get("reason") or reason, message, float(wait) if wait.isdecimal() else None
    )


def _class(status: int, answer: dict[str, Any]) -> type[ApiError]:
    if status == 404:
        # For a path that it does not serve, the API server answers in plain text, or with details that name nothing.
        return NotFound if (answer.get("details") or {}).get("name") else KindMissing
    if status == 403:
        causes = (answer.get("details") or {}).get("causes") or ()
        return Terminating if any(cause.get("reason") == "NamespaceTerminating" for cause in causes) else Forbidden
    return Conflict if status == 409 else ApiError


def _status(body: bytes) -> dict[str, Any]:
    try:
        answer = json.loads(body)
    except ValueError:
        return {}
    return answer if isinstance(answer, dict) and answer.get("kind") == "Status" else {}
