"""The server on a real socket with real certificates."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from io import BytesIO
from ipaddress import ip_address
from pathlib import Path

import aiohttp
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import NameOID

from rayscope.model.payload import Payload
from rayscope.model.service import Key
from rayscope.webhook.certificates import Pair, issue
from rayscope.webhook.mounted_certificates import MountedCertificates
from rayscope.webhook.review import Reviewer
from rayscope.webhook.server import LARGEST, Webhook
from tests.unit.ipv6 import IPV6
from tests.unit.webhook.reviews import DEFAULTS, admitted, cluster, counted, defaults, encoded, response, review
from tests.unit.webhook.serving import served

HOST = "127.0.0.1"
JSON = {"Content-Type": "application/json"}
LIMIT = 30
"""Seconds to wait for what takes none."""


class Certified:
    """A directory with a certificate in it, and what it takes to trust it."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.keeper = MountedCertificates(directory)

    async def exchange(self, given: tuple[Pair, bytes] | None = None) -> Pair:
        """Put another pair (and the authority to trust for it) in place, and have it noticed."""
        pair, authority = given or issue([HOST], datetime.now(UTC))
        (self.directory / "tls.crt").write_bytes(pair.certificate)
        (self.directory / "tls.key").write_bytes(pair.key)
        self.trust = ssl.create_default_context(cadata=authority.decode())
        await self.keeper.look()
        return pair


def selfsigned(key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey) -> tuple[Pair, bytes]:
    """As somebody makes one by hand."""
    name, now = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "by hand")]), datetime.now(UTC)
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number(), now, now + timedelta(1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address(HOST))]), critical=False)
        .sign(key, hashes.SHA256())
    )
    form = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    certificate = made.public_bytes(serialization.Encoding.PEM)
    return Pair(certificate, key.private_bytes(*form)), certificate


@pytest.fixture
async def certified(tmp_path: Path) -> Certified:
    made = Certified(tmp_path)
    await made.exchange()
    return made


@asynccontextmanager
async def serving(certified: Certified, reviewer: Reviewer | None = None) -> AsyncIterator[Webhook]:
    async with served(Webhook(reviewer or Reviewer(defaults, DEFAULTS), certified.keeper, HOST, 0)) as webhook:
        yield webhook


@asynccontextmanager
async def client(certified: Certified, webhook: Webhook) -> AsyncIterator[aiohttp.ClientSession]:
    connector = aiohttp.TCPConnector(ssl=certified.trust)
    async with aiohttp.ClientSession(f"https://{HOST}:{webhook.port}", connector=connector) as session:
        yield session


async def posted(session: aiohttp.ClientSession, body: bytes, headers: dict[str, str] = JSON) -> tuple[int, bytes]:
    async with session.post("/mutate", data=BytesIO(body), headers=headers) as got:
        return got.status, await got.read()


async def connect(certified: Certified, webhook: Webhook) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    return await asyncio.open_connection(HOST, webhook.port, ssl=certified.trust, server_hostname=HOST)


def presented(writer: asyncio.StreamWriter) -> bytes:
    der: bytes = writer.get_extra_info("ssl_object").getpeercert(binary_form=True)
    return ssl.DER_cert_to_PEM_cert(der).encode()


async def test_a_review_over_tls_is_answered(certified: Certified) -> None:
    sent = review(cluster())
    async with serving(certified) as webhook, client(certified, webhook) as session:
        status, answer = await posted(session, encoded(sent))
    assert status == 200
    assert admitted(sent, answer) != sent["request"]["object"]


async def test_a_mistake_of_ours_is_an_answer_that_allows(certified: Certified) -> None:
    before = counted("CREATE", "error")
    broken = {**cluster(), "spec": {"headGroupSpec": "rubbish"}}
    async with serving(certified) as webhook, client(certified, webhook) as session:
        status, answer = await posted(session, encoded(review(broken)))
    assert status == 200
    assert "patch" not in response(answer)
    assert counted("CREATE", "error") == before + 1


async def test_a_review_of_eight_mebibytes_is_answered_and_a_larger_one_is_not(certified: Certified) -> None:
    body = encoded(review(cluster()))
    async with serving(certified) as webhook, client(certified, webhook) as session:
        assert (await posted(session, body.ljust(LARGEST)))[0] == 200
        assert (await posted(session, body.ljust(LARGEST + 1)))[0] == 413
        assert (await posted(session, body))[0] == 200


@pytest.mark.parametrize(
    ("body", "headers", "text"),
    [
        (b"", JSON, b"JSON"),
        (b"{}", JSON, b"AdmissionReview"),
        (encoded({**review(cluster()), "request": {}}), JSON, b"request.uid"),
        (encoded(review(cluster())), {"Content-Type": "application/yaml"}, b"application/json"),
        (encoded(review(cluster())), {}, b"application/json"),
    ],
)
async def test_what_is_no_review_gets_400_and_the_reason(
    certified: Certified, body: bytes, headers: dict[str, str], text: bytes
) -> None:
    async with serving(certified) as webhook, client(certified, webhook) as session:
        status, answer = await posted(session, body, headers)
    assert status == 400
    assert text in answer


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "PATCH", "DELETE"])
async def test_only_post_is_a_review(certified: Certified, method: str) -> None:
    async with (
        serving(certified) as webhook,
        client(certified, webhook) as session,
        session.request(method, "/mutate") as got,
    ):
        assert got.status == 405
        assert got.headers["Allow"] == "POST"


async def test_there_is_nothing_else_to_see(certified: Certified) -> None:
    async with serving(certified) as webhook, client(certified, webhook) as session, session.post("/") as got:
        assert got.status == 404


async def test_clients_that_do_not_finish_do_not_hold_others_up(certified: Certified) -> None:
    body = encoded(review(cluster()))
    async with serving(certified) as webhook, client(certified, webhook) as session:
        silent = [await asyncio.open_connection(HOST, webhook.port) for _ in range(20)]
        halves = [await connect(certified, webhook) for _ in range(20)]
        for _, writer in halves:
            writer.write(
                b"POST /mutate HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 99\r\n\r\n{"
            )
            await writer.drain()
        async with asyncio.timeout(LIMIT):
            assert (await posted(session, body))[0] == 200
        for _, writer in (*silent, *halves):
            writer.transport.abort()


async def test_a_new_certificate_is_presented_without_a_restart(certified: Certified) -> None:
    async with serving(certified) as webhook:
        for _ in range(3):
            pair = await certified.exchange()
            _, writer = await connect(certified, webhook)
            assert presented(writer) == pair.certificate
            writer.transport.abort()


async def test_a_new_certificate_may_have_another_kind_of_key(certified: Certified) -> None:
    async with serving(certified) as webhook:
        for key in (rsa.generate_private_key(65537, 2048), ec.generate_private_key(ec.SECP384R1())):
            pair = await certified.exchange(selfsigned(key))
            _, writer = await connect(certified, webhook)
            assert presented(writer) == pair.certificate
            writer.transport.abort()


async def test_a_client_that_names_nobody_gets_the_new_certificate_too(certified: Certified) -> None:
    async with serving(certified) as webhook:
        pair = await certified.exchange()
        nameless = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        nameless.check_hostname, nameless.verify_mode = False, ssl.CERT_NONE
        _, writer = await asyncio.open_connection(HOST, webhook.port, ssl=nameless, server_hostname="")
        assert presented(writer) == pair.certificate
        writer.transport.abort()


async def test_a_client_that_trusts_the_former_authority_alone_is_not_fooled(certified: Certified) -> None:
    async with serving(certified) as webhook:
        former = certified.trust
        await certified.exchange()
        with pytest.raises(ssl.SSLCertVerificationError):
            await asyncio.open_connection(HOST, webhook.port, ssl=former, server_hostname=HOST)


async def test_a_connection_in_flight_survives_a_new_certificate(certified: Certified) -> None:
    asked, go = asyncio.Event(), asyncio.Event()

    async def settings(_: Key) -> Payload:
        asked.set()
        await go.wait()
        return DEFAULTS

    sent = review(cluster())
    async with serving(certified, Reviewer(settings, DEFAULTS)) as webhook, client(certified, webhook) as session:
        under_way = asyncio.create_task(posted(session, encoded(sent)))
        await asked.wait()
        await certified.exchange()
        go.set()
        status, answer = await under_way
        assert admitted(sent, answer) != sent["request"]["object"]
        assert status == 200
        assert (await posted(session, encoded(sent)))[0] == 200  # the same connection: its client trusts the former


async def test_a_review_under_way_is_answered_although_the_server_ends(certified: Certified) -> None:
    asked, go = asyncio.Event(), asyncio.Event()

    async def settings(_: Key) -> Payload:
        asked.set()
        await go.wait()
        return DEFAULTS

    webhook = Webhook(Reviewer(settings, DEFAULTS), certified.keeper, HOST, 0)
    task = asyncio.create_task(webhook.serve())
    await asyncio.wait_for(webhook.started(), LIMIT)
    async with client(certified, webhook) as session:
        under_way = asyncio.create_task(posted(session, encoded(review(cluster()))))
        await asked.wait()
        task.cancel()
        go.set()
        assert (await under_way)[0] == 200
    await asyncio.wait([task])
    assert not webhook.ready


async def test_it_is_ready_only_once_it_has_a_certificate_and_listens(tmp_path: Path) -> None:
    certified = Certified(tmp_path)
    webhook = Webhook(Reviewer(defaults, DEFAULTS), certified.keeper, HOST, 0)
    task = asyncio.create_task(webhook.serve())
    await asyncio.sleep(0)
    assert not webhook.ready
    await certified.exchange()
    await asyncio.wait_for(webhook.started(), LIMIT)
    task.cancel()
    await asyncio.wait([task])


@pytest.mark.parametrize("address", [HOST, ""])
async def test_a_port_that_is_taken_ends_it_with_the_reason(certified: Certified, address: str) -> None:
    async with serving(certified) as webhook:
        second = Webhook(Reviewer(defaults, DEFAULTS), certified.keeper, address, webhook.port)
        with pytest.raises(ExceptionGroup) as raised:
            await second.serve()
        assert raised.group_contains(OSError, match=rf"\('{address}', {webhook.port}")


@pytest.mark.parametrize("host", [HOST, pytest.param("[::1]", marks=IPV6)])
async def test_without_an_address_it_answers_on_all(certified: Certified, host: str) -> None:
    url, body = "https://{}:{}/mutate", encoded(review(cluster()))
    async with (
        served(Webhook(Reviewer(defaults, DEFAULTS), certified.keeper, "", 0)) as webhook,
        aiohttp.ClientSession(connector=aiohttp.TCPConnector(ssl=certified.trust)) as session,
        session.post(url.format(host, webhook.port), data=body, headers=JSON, server_hostname=HOST) as got,
    ):
        assert got.status == 200
