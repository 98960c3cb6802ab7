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
from rayscope.model.names import MANAGER, WEBHOOK

BUNDLE_MANAGER = f"{MANAGER}-ca-bundle"
"""Field manager of this one field. An apply under MANAGER would remove what that had applied to the object before."""

log = logging.getLogger(__name__)


async def announce(api: Api, configuration: str, bundle: bytes) -> bool:
    """Make `bundle` what the API server trusts; False where it has no such webhook (yet)."""
    found = await api.get(WEBHOOK_CONFIGURATION, configuration)
    webhook = next((entry for entry in sequence(found, "webhooks") if entry["name"] == WEBHOOK), None)
    if found is None or webhook is None:
        log.warning("There is no MutatingWebhookConfiguration %r with %r: no review will come.", configuration, WEBHOOK)
        return False
    encoded = b64encode(bundle).decode()
    if mapping(webhook, "clientConfig").get("caBundle") != encoded:
        await api.apply(_field(found, encoded), BUNDLE_MANAGER)
        log.info("The caBundle of MutatingWebhookConfiguration %r is set anew.", configuration)
    return True


def _field(found: Manifest, encoded: str) -> Manifest:
    """Just what we own. The uid keeps the apply from creating an object that is deleted meanwhile."""
    return {
        "apiVersion": found["apiVersion"],
        "kind": found["kind"],
        "metadata": {"name": found["metadata"]["name"], "uid": found["metadata"]["uid"]},
        "webhooks": [{"name": WEBHOOK, "clientConfig": {"caBundle": encoded}}],
    }
