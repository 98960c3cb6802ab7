"""A webhook of one test's own on a real API server, for one namespace; its certificates' time is moved by hand."""

import asyncio
import json
import ssl
from base64 import b64decode, b64encode
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from rayscope.inject import recorded_payload
from rayscope.kube.api import Api
from rayscope.kube.errors import Conflict
from rayscope.kube.kinds import RAY_CLUSTER, SECRET, WEBHOOK_CONFIGURATION
from rayscope.model.payload import Payload
from rayscope.model.service import Key
from rayscope.render.webhook import url_client, webhook_configuration
from rayscope.webhook.own_certificates import OwnCertificates
from rayscope.webhook.review import Reviewer
from rayscope.webhook.server import Webhook
from tests.plane import Plane
from tests.unit.webhook.serving import served

HOST = "127.0.0.1"
LIMIT = 60.0
FIRST, SECOND = Payload(exporter="1111111111"), Payload(exporter="2222222222")


@dataclass
class Clock:
    now: datetime = field(default_factory=lambda: datetime.now(UTC))

    def __call__(self) -> datetime:
        return self.now


@dataclass
class Stage:
    """A webhook of its own in a namespace of its own; its certificates' time is moved by hand."""

    plane: Plane
    api: Api
    namespace: str
    payload: Payload = FIRST
    clock: Clock = field(default_factory=Clock)

    @property
    def configuration(self) -> str:
        return f"rayscope-{self.namespace}"

    @property
    def secret(self) -> Key:
        return Key(self.namespace, "rayscope-webhook")

    def replica(self) -> OwnCertificates:
        return OwnCertificates(self.api, self.secret, self.configuration, [HOST], self.clock)

    async def answered_payload(self, _: Key) -> Payload:
        return self.payload

    async def register(self, port: int, *, failure_policy: Any = "Ignore") -> None:
        """For this namespace alone, so that nothing else that runs on the plane is concerned."""
        made = json.loads(json.dumps(webhook_configuration(url_client(HOST, port, b""), failure_policy)))
        made["metadata"]["name"] = self.configuration
        made["webhooks"][0]["namespaceSelector"] = {"matchLabels": {"kubernetes.io/metadata.name": self.namespace}}
        await self.api.create(made)

    async def registration(self) -> dict[str, Any]:
        found = await self.api.get(WEBHOOK_CONFIGURATION, self.configuration)
        assert found
        return found

    async def shared(self) -> dict[str, Any]:
        found = await self.api.get(SECRET, self.secret.name, self.secret.namespace)
        assert found
        return found

    async def bundle(self) -> bytes:
        [webhook] = (await self.registration())["webhooks"]
        return b64decode(webhook["clientConfig"].get("caBundle", ""))

    async def overwrite(self, bundle: bytes) -> None:
        """As an administrator does it who means well."""
        found = await self.registration()
        found["webhooks"][0]["clientConfig"]["caBundle"] = b64encode(bundle).decode()
        await self.api.replace(found)

    async def kubectl(self, *arguments: str, manifest: Any) -> dict[str, Any]:
        """In a thread: the webhook that it may have to wait for runs in this one."""
        options = ("-n", self.namespace, "-o", "json", "-f", "-")
        told = await asyncio.to_thread(self.plane.kubectl, *arguments, *options, stdin=json.dumps(manifest))
        given: dict[str, Any] = json.loads(told)
        return given

    async def dry(self, name: str = "dry") -> dict[str, Any]:
        return await self.kubectl("create", "--dry-run=server", manifest=self.cluster(name))

    async def reached(self) -> None:
        """Wait until the API server has taken notice of the configuration and reaches the webhook."""

        async def injects() -> bool:
            try:
                return recorded_payload(await self.dry()) is not None
            except Exception as trouble:  # noqa: BLE001 - whichever way kubectl fails
                return not trouble

        await until(injects)

    def cluster(self, name: str, *groups: str, labelled: bool = True) -> dict[str, Any]:
        labels = {"ray.io/originated-from-crd": "RayService", "ray.io/originated-from-cr-name": "llm"}
        opt_in = {"rayscope.dev/monitor": "vllm"} if labelled else {}
        return {
            "apiVersion": "ray.io/v1",
            "kind": "RayCluster",
            "metadata": {"name": name, "namespace": self.namespace, "labels": labels | opt_in},
            "spec": {
                "headGroupSpec": {"rayStartParams": {}, "template": template()},
                "workerGroupSpecs": [
                    {
                        "groupName": group,
                        "replicas": 0,
                        "minReplicas": 0,
                        "maxReplicas": 1,
                        "rayStartParams": {},
                        "template": template(),
                    }
                    for group in groups or ("gpu",)
                ],
            },
        }

    async def stored(self, name: str) -> dict[str, Any]:
        found = await self.api.get(RAY_CLUSTER, name, self.namespace)
        assert found
        return found

    async def created(self, name: str, *groups: str) -> dict[str, Any]:
        await self.api.create(self.cluster(name, *groups))
        return await self.stored(name)

    async def edited(self, name: str, spec: dict[str, Any]) -> dict[str, Any]:
        """Replace the whole spec, and our annotation with it, as KubeRay does it in place."""
        while True:
            found = await self.stored(name)
            metadata = {key: value for key, value in found["metadata"].items() if key != "annotations"}
            try:
                await self.api.replace({**found, "metadata": metadata, "spec": spec})
                return await self.stored(name)
            except Conflict:
                continue  # KubeRay has written its status meanwhile


def template() -> dict[str, Any]:
    return {"spec": {"containers": [{"name": "ray", "image": "rayproject/ray:2.52.0"}]}}


async def until(condition: Callable[[], Any]) -> None:
    async with asyncio.timeout(LIMIT):
        while not await condition():  # noqa: ASYNC110 - another process has no Event to wait for
            await asyncio.sleep(0.05)


@asynccontextmanager
async def serving(stage: Stage, keeper: OwnCertificates, port: int = 0) -> AsyncIterator[Webhook]:
    async with served(Webhook(Reviewer(stage.answered_payload, FIRST), keeper, HOST, port)) as webhook:
        yield webhook


@asynccontextmanager
async def registered(stage: Stage, *, failure_policy: Any = "Ignore") -> AsyncIterator[OwnCertificates]:
    keeper = stage.replica()
    async with serving(stage, keeper) as webhook:
        await stage.register(webhook.port, failure_policy=failure_policy)
        await keeper.look()
        await stage.reached()
        yield keeper


async def presented(port: int, bundle: bytes) -> bytes:
    """The certificate of a new handshake with a client that trusts `bundle`, as the API server does."""
    trust = ssl.create_default_context(cadata=bundle.decode())
    _, writer = await asyncio.open_connection(HOST, port, ssl=trust, server_hostname=HOST)
    der: bytes = writer.get_extra_info("ssl_object").getpeercert(binary_form=True)
    writer.transport.abort()
    return ssl.DER_cert_to_PEM_cert(der).encode()
