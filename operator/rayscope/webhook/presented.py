"""The certificate that the listener presents, exchangeable while it listens.

Connections that are open stay as they are; every new handshake gets the newest pair.
"""

from __future__ import annotations

import asyncio
import os
import ssl
from pathlib import Path
from tempfile import TemporaryDirectory

from rayscope.webhook.certificates import Pair

MEMORY = Path("/dev/shm")  # noqa: S108 - the directory made in it is private and has a random name
"""Every container has it, writable also where the root file system is not, and no key there reaches a disk."""


class Presented:
    """A server-side TLS context whose certificate can be exchanged at any time."""

    def __init__(self) -> None:
        self.context = _context()
        """For the listener. It has no certificate itself: each handshake is handed over to the newest pair's."""
        self.context.sni_callback = self._hand_over
        self._newest: ssl.SSLContext | None = None
        self._pair: Pair | None = None
        self._given = asyncio.Event()

    @property
    def pair(self) -> Pair | None:
        return self._pair

    def present(self, pair: Pair) -> None:
        """Present `pair` from now on; ssl.SSLError, and no change, where it is no pair."""
        if pair == self._pair:
            return
        # A fresh context, since one that is in use would be left with half of a pair if the other half were refused.
        self._newest, self._pair = _loaded(pair), pair
        self._given.set()

    async def given(self) -> None:
        """Return as soon as there is a pair to present."""
        await self._given.wait()

    def _hand_over(self, connection: ssl.SSLObject, _name: str | None, _context: ssl.SSLContext) -> int | None:
        # OpenSSL asks at every handshake, also where the client names nobody (an IP address in a webhook's URL).
        if not self._newest:
            return ssl.ALERT_DESCRIPTION_INTERNAL_ERROR
        connection.context = self._newest
        return None


def _context() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_alpn_protocols(["http/1.1"])
    return context


def _loaded(pair: Pair) -> ssl.SSLContext:
    context = _context()
    # Mode 0700, and gone at once: the ssl module reads certificates from files only.
    with TemporaryDirectory(prefix="rayscope-", dir=MEMORY if os.access(MEMORY, os.W_OK) else None) as private:
        certificate, key = Path(private, "tls.crt"), Path(private, "tls.key")
        certificate.write_bytes(pair.certificate)
        key.write_bytes(pair.key)
        context.load_cert_chain(certificate, key)
    return context
