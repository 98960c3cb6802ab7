"""The running operator, put together: every replica answers the webhook, one leads, and whatever dies ends all."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Coroutine
from typing import Any

from rayscope import __version__
from rayscope.control import dev
from rayscope.control.exporters import Exporters
from rayscope.control.health import Health
from rayscope.control.leading import Leading
from rayscope.control.options import UNSPECIFIED, Options
from rayscope.control.signals import Stop
from rayscope.control.supervision import together
from rayscope.kube.api import Api
from rayscope.kube.lease import lead
from rayscope.model.payload import Payload
from rayscope.model.service import Key
from rayscope.webhook.certificates import service_names
from rayscope.webhook.keeper import Keeper
from rayscope.webhook.mounted_certificates import MountedCertificates
from rayscope.webhook.own_certificates import OwnCertificates
from rayscope.webhook.payloads import Payloads
from rayscope.webhook.review import Reviewer
from rayscope.webhook.server import Webhook
from rayscope.zipapp import build

Part = Coroutine[Any, Any, None]

log = logging.getLogger(__name__)


async def run(options: Options) -> None:
    """Run until SIGTERM or Ctrl-C; raises what else ended it."""
    stop = Stop()
    stop.listen()
    log.info("Rayscope %s begins, in namespace %s.", __version__, options.namespace)
    async with await Api.connect() as api:
        if options.dev_address:
            async with dev.surroundings(api, options.namespace, options.webhook_configuration):
                await _operate(api, options, options.dev_address, stop)
        else:
            await _operate(api, options, None, stop)
    log.info("Rayscope has ended, as it was asked to.")


async def _operate(api: Api, options: Options, dev_address: str | None, stop: Stop) -> None:
    exporters = Exporters(api, options.namespace, build())
    await exporters.publish()  # before a cluster can be made that mounts it
    leading = Leading(api, options, exporters, stop.listen)
    memory = dev.MemoryCertificates(dev_address) if dev_address else None
    webhook = _webhook(api, options, exporters.own, memory or _keeper(api, options)) if options.webhook else None
    serving: dict[str, Part] = {
        "the health server": _health(leading, webhook).serve(options.health_address, options.health_port),
    }
    if webhook:
        serving["the webhook"] = webhook.serve()
    if webhook and dev_address and memory:
        name = options.webhook_configuration
        serving["the registration"] = dev.register(api, webhook, name, dev_address, memory.authority)
    election = lead(api, options.namespace, options.lease, options.identity, leading.work)
    await _until_stopped(together(serving), election, stop.asked(), options.drain)


async def _until_stopped(serving: Part, leading: Part, stopped: Part, drain: float) -> None:
    """Serve, and lead when it is our turn; asked to stop, hand over first, and serve a little longer."""
    server, leader, stop = tasks = [asyncio.create_task(part) for part in (serving, leading, stopped)]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        if stop in done:
            leader.cancel()
            await asyncio.wait({leader})
            await asyncio.wait({server}, timeout=drain)
        else:
            for task in (server, leader):
                if task in done:
                    task.result()
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def _health(leading: Leading, webhook: Webhook | None) -> Health:
    return Health(
        stalled=lambda: leading.queue.stalled,
        depth=lambda: len(leading.queue),
        ready=lambda: "the webhook does not answer yet" if webhook and not webhook.ready else None,
    )


def _webhook(api: Api, options: Options, exporter: str, keeper: Keeper) -> Webhook:
    reviewer = Reviewer(Payloads(api, exporter), Payload(exporter=exporter))
    return Webhook(reviewer, keeper, options.webhook_address, options.webhook_port)


def _keeper(api: Api, options: Options) -> Keeper:
    if options.cert_dir:
        return MountedCertificates(options.cert_dir)
    names = service_names(options.webhook_service, options.namespace)
    if options.webhook_address not in UNSPECIFIED:
        names += (options.webhook_address,)  # the API server may have been told it, in place of a Service
    place = Key(options.namespace, options.cert_secret)
    return OwnCertificates(api, place, options.webhook_configuration, names)
