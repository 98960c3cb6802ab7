"""How to reach the cluster: a kubeconfig, or the service account of the pod that we run in.

The order is the one of kubectl and controller-runtime: what is given, then $KUBECONFIG, then the pod's, then ~/.kube.
"""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

import aiohttp
from kubernetes.aio.client import Configuration
from kubernetes.aio.client.rest import RESTClientObject
from kubernetes.aio.config import list_kube_config_contexts, load_incluster_config, load_kube_config

from rayscope import __version__
from rayscope.kube.errors import ApiError, error

WITHOUT_ENVIRONMENT: dict[str, Any] = {"trust_env": False}
"""aiohttp would look for a .netrc, in a thread, at every single request."""
HEADERS = {"User-Agent": f"rayscope/{__version__}", "Accept-Encoding": "identity"}
"""To compress a page of objects costs the API server, and us, more than to send it as it is within a cluster."""
SERVICE_ACCOUNT = Path("/var/run/secrets/kubernetes.io/serviceaccount")


async def configuration(kubeconfig: str | None = None, context: str | None = None) -> Configuration:
    """Server, certificates and credentials; in a pod, with a hook that reads the token again every minute."""
    loaded = Configuration()
    file = _file(kubeconfig, context)
    if file is None:
        load_incluster_config(loaded)
    else:
        await load_kube_config(config_file=file, context=context, client_configuration=loaded, persist_config=False)
    loaded.proxy = loaded.proxy or _proxy(loaded.host)
    loaded.client_session_kwargs = WITHOUT_ENVIRONMENT
    return loaded


def home(kubeconfig: str | None = None, context: str | None = None) -> str:
    """The namespace that kubectl takes where none is given: the context's, or the pod's."""
    file = _file(kubeconfig, context)
    if file is None:
        return (SERVICE_ACCOUNT / "namespace").read_text().strip()
    contexts, current = list_kube_config_contexts(file)
    chosen = next((entry for entry in contexts if entry["name"] == context), current)
    return str((chosen.get("context") or {}).get("namespace") or "default")


def _file(kubeconfig: str | None, context: str | None) -> str | None:
    """The kubeconfig to take; None: the service account of the pod."""
    given = kubeconfig or os.environ.get("KUBECONFIG")
    in_pod = "KUBERNETES_SERVICE_HOST" in os.environ and (SERVICE_ACCOUNT / "token").exists()
    return None if in_pod and not given and not context else given or os.path.expanduser("~/.kube/config")


@dataclass(frozen=True)
class Request:
    """What is sent over HTTP."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    timeout: aiohttp.ClientTimeout
    data: bytes | None = None


class Connection:
    """To one API server, with the credentials of one moment."""

    def __init__(self, loaded: Configuration) -> None:
        self._host = loaded.host
        self._name: str | None = loaded.tls_server_name
        self._session = session(loaded)

    async def close(self) -> None:
        await self._session.close()

    @asynccontextmanager
    async def response(self, request: Request) -> AsyncIterator[aiohttp.ClientResponse]:
        """The answer to one request, while it is read; whatever goes wrong, then too, is an ApiError."""
        sent = self._session.request(
            request.method,
            f"{self._host}{request.path}",
            params=request.query,
            headers=request.headers,
            data=request.data,
            timeout=request.timeout,
            server_hostname=self._name,
        )
        try:
            async with sent as response:
                if response.status >= 300:
                    raise error(response.status, response.reason or "", await response.read(), response.headers)
                yield response
        except (aiohttp.ClientError, TimeoutError, OSError) as trouble:
            raise ApiError(0, type(trouble).__name__, str(trouble)) from trouble


def session(loaded: Configuration, *middlewares: aiohttp.ClientMiddlewareType) -> aiohttp.ClientSession:
    """An HTTP session with the same certificates and credentials, for a library that brings its own client."""

    async def authenticated(
        request: aiohttp.ClientRequest, handler: aiohttp.ClientHandlerType
    ) -> aiohttp.ClientResponse:
        settings = await loaded.auth_settings()  # this is what reads the token again
        if bearer := settings.get("BearerToken"):
            request.headers["Authorization"] = str(bearer["value"])
        return await handler(request)

    return aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(limit=0, ssl=RESTClientObject(loaded).ssl_context),
        middlewares=(*middlewares, authenticated),
        proxy=loaded.proxy,
        headers=HEADERS,
        **WITHOUT_ENVIRONMENT,
    )


def _proxy(server: str) -> str | None:
    """The proxy that the environment names for a server, if any."""
    address = urlsplit(server)
    return None if proxy_bypass(address.hostname or "") else getproxies().get(address.scheme)
