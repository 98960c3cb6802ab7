"""The `caBundle` by which the API server knows us, in the webhook configuration that somebody else installed.

Nothing else of that object is written, and that only where it differs: whoever installed it (Helm, Argo CD, kubectl)
owns all the rest, and the API server would refuse an incomplete one.
"""

from __future__ import annotations

import logging
from base64 import b64encode

from rayscope.kube.api import Api
from rayscope.kube.kinds import WEBHOOK_CONFIGURATION
from rayscope.model.manifest import Manifest, mapping, sequence

log = logging.getLogger(__name__)


async def announce(api: Api, configuration: str, bundle: bytes) -> bool:
    """Make `bundle` what the API server trusts; False where there is no such MutatingWebhookConfiguration (yet)."""
    found = await api.get(WEBHOOK_CONFIGURATION, configuration)
    if found is None:
        log.warning("There is no MutatingWebhookConfiguration %r: no review will come.", configuration)
        return False
    encoded = b64encode(bundle).decode()
    if any(mapping(webhook, "clientConfig").get("caBundle") != encoded for webhook in sequence(found, "webhooks")):
        await api.apply(_ours(found, encoded))
        log.info("The caBundle of MutatingWebhookConfiguration %r is set anew.", configuration)
    return True


def _ours(found: Manifest, encoded: str) -> Manifest:
    """Just what we own. The uid keeps the apply from creating an object that is deleted meanwhile."""
    return {
        "apiVersion": found["apiVersion"],
        "kind": found["kind"],
        "metadata": {"name": found["metadata"]["name"], "uid": found["metadata"]["uid"]},
        "webhooks": [
            {"name": webhook["name"], "clientConfig": {"caBundle": encoded}} for webhook in sequence(found, "webhooks")
        ],
    }
