"""A small client of the Kubernetes API for tests: one kept connection, plain dicts, no cache, no retries.

It is not what Rayscope uses, on purpose: a test that looked through the same library could share its mistakes.
"""

import base64
import http.client
import json
import ssl
import time
import urllib.parse
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Literal, Self

import yaml

Manifest = dict[str, Any]
Patch = Mapping[str, Any] | list[dict[str, Any]]
Query = Mapping[str, str | int | bool]

JSON = "application/json"
MERGE_PATCH = "application/merge-patch+json"
JSON_PATCH = "application/json-patch+json"
APPLY_PATCH = "application/apply-patch+yaml"  # YAML, hence JSON too

IDLE_SECONDS = 30.0


@dataclass
class ApiError(Exception):
    """The server's refusal, in its own words."""

    status: int
    reason: str
    message: str

    def __str__(self) -> str:
        return f"{self.status} {self.reason}: {self.message}"


@dataclass(frozen=True)
class Access:
    """Where a server is, what verifies it, and who asks."""

    host: str
    port: int
    authority: str
    token: str

    @classmethod
    def from_kubeconfig(cls, path: Path) -> Self:
        config = yaml.safe_load(path.read_text())
        cluster = config["clusters"][0]["cluster"]
        address = urllib.parse.urlsplit(cluster["server"])
        authority = base64.b64decode(cluster["certificate-authority-data"]).decode()
        return cls(str(address.hostname), int(address.port or 443), authority, config["users"][0]["user"]["token"])


class Client:
    """Not for use by several threads at once. Paths come from `resources.Resource.path`."""

    def __init__(self, access: Access, *, timeout: float = 60.0) -> None:
        self._access = access
        self._timeout = timeout
        self._tls = ssl.create_default_context(cadata=access.authority)
        self._connection: http.client.HTTPSConnection | None = None
        self._used = 0.0

    def get(self, path: str, **query: str | int | bool) -> Manifest:
        found: Manifest = self.request("GET", path, query=query)
        return found

    def find(self, path: str) -> Manifest | None:
        """The object, or None if there is none."""
        try:
            return self.get(path)
        except ApiError as error:
            if error.status == 404:
                return None
            raise

    def list(self, path: str, *, labels: str = "") -> list[Manifest]:
        """The objects of a collection; LABELS is a selector."""
        items: list[Manifest] = self.get(path, **({"labelSelector": labels} if labels else {}))["items"]
        return items

    def create(self, path: str, manifest: Manifest) -> Manifest:
        created: Manifest = self.request("POST", path, body=manifest)
        return created

    def replace(self, path: str, manifest: Manifest) -> Manifest:
        replaced: Manifest = self.request("PUT", path, body=manifest)
        return replaced

    def apply(self, path: str, manifest: Manifest | bytes, *, manager: str, force: bool = False) -> Manifest:
        """Server-side apply; bytes are YAML and sent as they are."""
        query: Query = {"fieldManager": manager, "force": force}
        applied: Manifest = self.request("PATCH", path, body=manifest, query=query, content_type=APPLY_PATCH)
        return applied

    def patch(self, path: str, patch: Patch) -> Manifest:
        """A merge patch (a mapping) or a JSON patch (a list of operations)."""
        content_type = JSON_PATCH if isinstance(patch, list) else MERGE_PATCH
        patched: Manifest = self.request("PATCH", path, body=patch, content_type=content_type)
        return patched

    def delete(
        self, path: str, *, propagation: Literal["Background", "Foreground", "Orphan"] = "Background"
    ) -> Manifest:
        deleted: Manifest = self.request("DELETE", path, query={"propagationPolicy": propagation})
        return deleted

    def watch(self, path: str, *, since: str, seconds: int) -> Iterator[Manifest]:
        """What happens after the resource version SINCE, for SECONDS; on a connection of its own."""
        query: Query = {"watch": True, "resourceVersion": since, "timeoutSeconds": seconds}
        connection = self._connect(timeout=seconds + self._timeout)
        try:
            response = _send(connection, "GET", _target(path, query), None, self._headers(JSON))
            if response.status != 200:
                raise _refusal(response.status, response.read())
            for line in response:
                yield json.loads(line)
        finally:
            connection.close()

    def request(
        self,
        method: str,
        path: str,
        *,
        body: Manifest | Patch | bytes | None = None,
        query: Query | None = None,
        content_type: str = JSON,
    ) -> Any:
        """The decoded answer (text where it is no JSON); ApiError for every status from 400."""
        data = body if body is None or isinstance(body, bytes) else json.dumps(body).encode()
        connection = self._kept()
        response = _send(connection, method, _target(path, query or {}), data, self._headers(content_type))
        answer = _read(connection, response)
        if response.status >= 400:
            raise _refusal(response.status, answer)
        is_json = response.headers.get_content_type() == JSON
        return json.loads(answer) if is_json else answer.decode()

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def _headers(self, content_type: str) -> dict[str, str]:
        return {
            "Authorization": f"Bearer {self._access.token}",
            "Accept": JSON,
            "Content-Type": content_type,
            "User-Agent": "rayscope-tests",
        }

    def _kept(self) -> http.client.HTTPSConnection:
        """The connection, made anew after a pause in which the server may have closed it."""
        now = time.monotonic()
        if self._connection is None or now - self._used > IDLE_SECONDS:
            self.close()
            self._connection = self._connect(timeout=self._timeout)
        self._used = now
        return self._connection

    def _connect(self, timeout: float) -> http.client.HTTPSConnection:
        return http.client.HTTPSConnection(self._access.host, self._access.port, timeout=timeout, context=self._tls)


def _send(
    connection: http.client.HTTPSConnection, method: str, target: str, data: bytes | None, headers: dict[str, str]
) -> http.client.HTTPResponse:
    """A request that fails half-way leaves no connection that a later one could mistake for its own."""
    try:
        connection.request(method, target, data, headers)
        return connection.getresponse()
    except BaseException:
        connection.close()
        raise


def _read(connection: http.client.HTTPSConnection, response: http.client.HTTPResponse) -> bytes:
    """All of an answer, or no connection that is in the middle of one."""
    try:
        return response.read()
    except BaseException:
        connection.close()
        raise


def _target(path: str, query: Query) -> str:
    words = {key: str(value).lower() if isinstance(value, bool) else value for key, value in query.items()}
    return f"{path}?{urllib.parse.urlencode(words)}" if words else path


def _refusal(status: int, answer: bytes) -> ApiError:
    try:
        told = json.loads(answer)
    except ValueError:
        return ApiError(status, "", answer.decode(errors="replace"))
    return ApiError(status, told.get("reason", ""), told.get("message", ""))
