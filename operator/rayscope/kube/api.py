"""The API server, spoken to in plain dictionaries: get, list, server-side apply, create, replace, patch, delete.

Every call is live: nothing is cached here, and nothing is assumed to be installed. Short troubles (connection lost,
too many requests, a server restarting) are waited for; what lasts is raised.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from types import MappingProxyType
from typing import Any, Self

import aiohttp
import orjson
from kubernetes.aio.client import Configuration

from rayscope.kube.connection import Connection, Request, configuration
from rayscope.kube.errors import ApiError, NotFound, error
from rayscope.kube.kinds import POD, Kind, kind_of
from rayscope.model.manifest import Manifest
from rayscope.model.names import MANAGER

PAGE = 500
TIMEOUT = aiohttp.ClientTimeout(total=30, connect=10)
PROXY_TIMEOUT = aiohttp.ClientTimeout(total=5)
"""For a pod behind the API server, which itself waits 30 seconds for one that drops packets."""
WATCH_TIMEOUT = aiohttp.ClientTimeout(sock_connect=10, sock_read=150)
"""A bookmark comes about every minute: what is silent for longer has lost us."""
WATCH_SECONDS = (300, 600)
"""How long a watch lasts: not as long as any other, so that they do not all begin anew at once."""
PAUSES = (0.1, 0.5, 2.0)
"""Seconds before each further attempt, unless the server says Retry-After."""
LONGEST_PAUSE = 10.0
PASSING = frozenset({429, 500, 502, 503, 504})
UNAUTHORIZED = 401
EXPIRED = 410
JSON = "application/json"
METADATA = f"{JSON};as=PartialObjectMetadata;g=meta.k8s.io;v=v1,{JSON}"
METADATA_LIST = f"{JSON};as=PartialObjectMetadataList;g=meta.k8s.io;v=v1,{JSON}"
APPLY = "application/apply-patch+yaml"
"""JSON is YAML."""
JSON_PATCH = "application/json-patch+json"
DRY_RUN: Mapping[str, str] = MappingProxyType({"dryRun": "All"})

NO_QUERY: Mapping[str, str] = MappingProxyType({})

Object = dict[str, Any]
Objects = list[Object]
Patch = Sequence[Mapping[str, Any]]
"""Operations of a JSON patch (RFC 6902)."""
Body = Manifest | Patch | None


class Api:
    """A connection to one cluster, as one identity."""

    def __init__(self, loaded: Configuration, kubeconfig: str | None = None, context: str | None = None) -> None:
        self._connection = Connection(loaded)
        self._access = (kubeconfig, context)

    @classmethod
    async def connect(cls, kubeconfig: str | None = None, context: str | None = None) -> Self:
        """Load the configuration (see `connection`); no request is made yet."""
        return cls(await configuration(kubeconfig, context), kubeconfig, context)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._connection.close()

    async def get(self, kind: Kind, name: str, namespace: str | None = None) -> Object | None:
        """The object as it is now; None where there is none. KindMissing where its kind is not installed."""
        try:
            return await self._request("GET", kind.path(namespace, name))
        except NotFound:
            return None

    async def list(
        self, kind: Kind, namespace: str | None = None, labels: str | None = None, *, metadata_only: bool = False
    ) -> Objects:
        """All objects of a kind (in a namespace, by a label selector), read page by page; or just their metadata."""
        query = {"limit": str(PAGE)} | ({"labelSelector": labels} if labels else {})
        accept = METADATA_LIST if metadata_only else JSON
        try:
            return (await self._pages(kind.path(namespace), query, accept))[0]
        except ApiError as failure:
            if failure.status != EXPIRED:
                raise
        # So much changed meanwhile that the server has forgotten where we were: once more, from the start.
        return (await self._pages(kind.path(namespace), query, accept))[0]

    async def page(
        self, kind: Kind, namespace: str | None, labels: str, size: int, token: str = ""
    ) -> tuple[Objects, str]:
        """At most `size` objects, and the token for the next page (of the same moment); empty: there is none."""
        query = {"limit": str(size), "labelSelector": labels} | ({"continue": token} if token else {})
        page = await self._request("GET", kind.path(namespace), query)
        return page["items"], page["metadata"].get("continue", "")

    async def snapshot(self, kind: Kind, namespace: str | None, labels: str) -> tuple[Objects, str]:
        """The metadata of all objects, and the moment of which they are: what `watch` begins with."""
        query = {"limit": str(PAGE), "labelSelector": labels}
        found, version = await self._pages(kind.path(namespace), query, METADATA_LIST)
        return found, version

    async def watch(
        self, kind: Kind, namespace: str | None, labels: str, version: str
    ) -> AsyncIterator[tuple[str, Object]]:
        """ADDED, MODIFIED, DELETED or BOOKMARK, and the metadata, as it happens after VERSION, till the server ends it.

        ApiError, once: 0 for a lost connection, 410 where so much has happened since that it must be listed anew.
        """
        seconds = random.randint(*WATCH_SECONDS)  # noqa: S311 - no secret
        query = {"watch": "true", "allowWatchBookmarks": "true", "timeoutSeconds": str(seconds)}
        query |= {"labelSelector": labels, "resourceVersion": version}
        request = Request("GET", kind.path(namespace), query, {"Accept": METADATA}, WATCH_TIMEOUT)
        async with self._connection.response(request) as response:
            with _cut_off(response):
                async for line in _lines(response.content):
                    event = orjson.loads(line)
                    if event["type"] == "ERROR":
                        said = event["object"]
                        raise error(said.get("code", EXPIRED), "", orjson.dumps(said), {})
                    yield event["type"], event["object"]

    async def probe(self, kind: Kind, namespace: str | None = None) -> None:
        """Just ask for a kind: KindMissing where it is not installed."""
        await self._request("GET", kind.path(namespace), {"limit": "1"}, accept=METADATA_LIST)

    async def apply(self, manifest: Manifest, manager: str = MANAGER, *, status: bool = False) -> Object:
        """Server-side apply, taking over the fields that the manifest gives; the object's metadata as it is then.

        What `manager` has applied before and no longer gives is removed: part of an object wants a manager of its own.
        `status`: apply the status subresource, which has managers of its own; NotFound where there is no object.
        """
        query = {"fieldManager": manager, "force": "true"}
        path = f"{_path(manifest)}/status" if status else _path(manifest)
        return await self._request("PATCH", path, query, manifest, content=APPLY, accept=METADATA)

    async def create(self, manifest: Manifest) -> Object:
        """The metadata of the new object; Conflict where there is one of that name."""
        kind, namespace = kind_of(manifest), manifest["metadata"].get("namespace")
        return await self._request("POST", kind.path(namespace), {"fieldManager": MANAGER}, manifest, accept=METADATA)

    async def replace(self, manifest: Manifest) -> Object:
        """The metadata; Conflict where the object is no longer the one of `metadata.resourceVersion`."""
        return await self._request("PUT", _path(manifest), {"fieldManager": MANAGER}, manifest, accept=METADATA)

    async def patch(  # noqa: PLR0913 - an object's place, and what becomes of it
        self, kind: Kind, name: str, namespace: str, operations: Patch, *, manager: str = MANAGER, dry_run: bool = False
    ) -> Object:
        """JSON patch: all operations or, where a `test` fails, none (ApiError 422); the object's metadata then."""
        query = {"fieldManager": manager, **(DRY_RUN if dry_run else NO_QUERY)}
        path = kind.path(namespace, name)
        return await self._request("PATCH", path, query, list(operations), content=JSON_PATCH, accept=METADATA)

    async def preview(self, manifest: Manifest) -> Object:
        """What a create would store, after all admission; nothing is stored."""
        path = kind_of(manifest).path(manifest["metadata"].get("namespace"))
        return await self._request("POST", path, {"fieldManager": MANAGER, **DRY_RUN}, manifest)

    async def ask(self, question: Manifest) -> Object:
        """The answer to a question that has the form of an object, such as a SubjectAccessReview."""
        return await self._request("POST", kind_of(question).path(), body=question)

    async def proxied(self, namespace: str, pod: str, port: int, path: str) -> bytes:
        """What a pod answers to a GET, by way of the API server. Once: a pod that does not answer is an answer."""
        place = f"{POD.path(namespace, pod)}:{port}/proxy/{path}"
        return await _sent(self._connection, Request("GET", place, NO_QUERY, {"Accept": "*/*"}, PROXY_TIMEOUT))

    async def delete(self, kind: Kind, name: str, namespace: str | None = None, uid: str | None = None) -> None:
        """Delete in the background (dependents later); one that is gone already, or has another uid, is no error."""
        precondition = {"preconditions": {"uid": uid}} if uid else {}
        options = {"apiVersion": "v1", "kind": "DeleteOptions", "propagationPolicy": "Background"} | precondition
        try:
            await self._request("DELETE", kind.path(namespace, name), body=options)
        except NotFound:
            return
        except ApiError as failure:
            if not (uid and failure.status == 409):
                raise

    async def _pages(self, path: str, query: Mapping[str, str], accept: str) -> tuple[Objects, str]:
        page = await self._request("GET", path, query, accept=accept)
        items: Objects = page["items"] or []  # null, in an empty list of metadata
        while token := page["metadata"].get("continue"):
            page = await self._request("GET", path, {**query, "continue": token}, accept=accept)
            items += page["items"] or []
        return items, page["metadata"]["resourceVersion"]

    async def _request(  # noqa: PLR0913 - the parts of an HTTP request
        self,
        method: str,
        path: str,
        query: Mapping[str, str] = NO_QUERY,
        body: Body = None,
        *,
        content: str = JSON,
        accept: str = JSON,
    ) -> Object:
        """One request, repeated while its trouble looks like passing."""
        headers = {"Accept": accept, "Content-Type": content}
        data = None if body is None else orjson.dumps(body)
        request = Request(method, path, query, headers, TIMEOUT, data)
        for pause in PAUSES:
            try:
                return await self._attempt(request)
            except ApiError as failure:
                if failure.status and failure.status not in PASSING:
                    raise
                jittered = pause * random.uniform(0.8, 1.2)  # noqa: S311 - no secret
                await asyncio.sleep(min(failure.retry_after or jittered, LONGEST_PAUSE))
        return await self._attempt(request)

    async def _attempt(self, request: Request) -> Object:
        connection = self._connection
        try:
            return _object(await _sent(connection, request))
        except ApiError as failure:
            if failure.status != UNAUTHORIZED:
                raise
        # Credentials of a kubeconfig's plugin live for minutes, and are had by loading it again.
        if connection is self._connection:
            self._connection = Connection(await configuration(*self._access))
            await connection.close()
        return _object(await _sent(self._connection, request))


def _object(answer: bytes) -> Object:
    read: Object = orjson.loads(answer)
    return read


async def _sent(connection: Connection, request: Request) -> bytes:
    async with connection.response(request) as response:
        return await response.read()


@contextmanager
def _cut_off(response: aiohttp.ClientResponse) -> Iterator[None]:
    """A stream without an end is left at once: by TLS, each side would wait for the goodbye of the other."""
    try:
        yield
    finally:
        if response.connection and response.connection.transport:
            response.connection.transport.abort()


async def _lines(content: aiohttp.StreamReader) -> AsyncIterator[bytes]:
    """Of any length."""
    rest = b""
    async for chunk in content.iter_any():
        *lines, rest = (rest + chunk).split(b"\n")
        for line in lines:
            yield line


def _path(manifest: Manifest) -> str:
    metadata = manifest["metadata"]
    return kind_of(manifest).path(metadata.get("namespace"), metadata["name"])
