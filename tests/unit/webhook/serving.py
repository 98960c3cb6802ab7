"""A webhook that serves while a test looks at it, and that nothing but its test ends."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from rayscope.webhook.server import Webhook

LIMIT = 30
"""Seconds to wait for what takes none."""


@asynccontextmanager
async def served(webhook: Webhook) -> AsyncIterator[Webhook]:
    """It answers from here on, and is cancelled at the end."""
    task = asyncio.create_task(webhook.serve())
    try:
        await asyncio.wait_for(webhook.started(), LIMIT)
        yield webhook
    finally:
        task.cancel()
        await asyncio.wait([task])
    assert task.cancelled()
