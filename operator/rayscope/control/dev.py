"""An operator that runs outside of the cluster, from a checkout: what it needs there, and takes away at its end.

Its webhook is registered by address, under a name of its own, with a certificate that exists only in memory.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

import yaml

from rayscope.kube.api import Api
from rayscope.kube.kinds import NAMESPACE, WEBHOOK_CONFIGURATION, kind_of
from rayscope.model.manifest import Manifest, mapping
from rayscope.render.webhook import url_client, webhook_configuration
from rayscope.webhook.certificates import issue
from rayscope.webhook.keeper import Keeper
from rayscope.webhook.server import Webhook

CRDS = Path(__file__).parents[3] / "crds"
"""In a checkout; an installed package has none."""

log = logging.getLogger(__name__)


class InstalledError(Exception):
    """Rayscope is installed in this cluster already: two would contend."""


class MemoryCertificates(Keeper):
    """One certificate for the life of the process."""

    def __init__(self, address: str) -> None:
        super().__init__()
        self._pair, self.authority = issue([address], datetime.now(UTC))

    async def look(self) -> None:
        self.present(self._pair)


@asynccontextmanager
async def surroundings(api: Api, namespace: str, configuration: str) -> AsyncIterator[None]:
    """The namespace and the CRDs, as far as they are missing; they go again at the end."""
    if await api.get(WEBHOOK_CONFIGURATION, configuration):
        raise InstalledError(
            f"MutatingWebhookConfiguration {configuration!r} is there: Rayscope is installed in this cluster already."
        )
    async with AsyncExitStack() as made:
        for manifest in (_namespace(namespace), *_crds()):
            await made.enter_async_context(_present(api, manifest))
        yield


async def register(api: Api, webhook: Webhook, configuration: str, address: str, authority: bytes) -> None:
    """Have the API server ask the webhook at its address, as soon as it answers; until cancelled, then no longer."""
    await webhook.started()
    manifest = webhook_configuration(url_client(address, webhook.port, authority))
    name = f"{configuration}-dev"
    try:
        await api.apply({**manifest, "metadata": {**manifest["metadata"], "name": name}})
        log.info(
            "The API server asks %s, port %d, about RayClusters (MutatingWebhookConfiguration %s).",
            address,
            webhook.port,
            name,
        )
        await asyncio.Event().wait()
    finally:
        await api.delete(WEBHOOK_CONFIGURATION, name)
        log.info("MutatingWebhookConfiguration %s is deleted.", name)


@asynccontextmanager
async def _present(api: Api, manifest: Manifest) -> AsyncIterator[None]:
    kind, name = kind_of(manifest), manifest["metadata"]["name"]
    while found := await api.get(kind, name):
        if not found["metadata"].get("deletionTimestamp"):
            yield
            return
        await asyncio.sleep(0.5)  # it is still going away, after an earlier run
    made = await api.create(manifest)
    log.info("%s %s is made, and goes again at the end.", kind.kind, name)
    try:
        yield
    finally:
        await api.delete(kind, name, uid=mapping(made, "metadata").get("uid"))
        log.info("%s %s is deleted.", kind.kind, name)


def _namespace(name: str) -> Manifest:
    return {"apiVersion": NAMESPACE.api_version, "kind": NAMESPACE.kind, "metadata": {"name": name}}


def _crds() -> Iterator[Manifest]:
    for file in sorted(CRDS.glob("*.yaml")):
        yield from filter(None, yaml.safe_load_all(file.read_text()))
