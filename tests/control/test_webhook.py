"""The webhook on a real API server: registration, reviews, certificates that are renewed meanwhile."""

import asyncio
import json
import ssl
from base64 import b64decode, b64encode
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest

from rayscope.inject import inject, inspect, recorded_payload
from rayscope.kube.api import Api
from rayscope.kube.errors import Conflict
from rayscope.kube.kinds import RAY_CLUSTER, SECRET, WEBHOOK_CONFIGURATION
from rayscope.model.names import WEBHOOK
from rayscope.model.payload import Payload
from rayscope.model.service import Key
from rayscope.render.webhook import url_client, webhook_configuration
from rayscope.webhook.bundle import BUNDLE_MANAGER
from rayscope.webhook.certificates import LIFETIME, issue
from rayscope.webhook.own_certificates import OwnCertificates
from rayscope.webhook.review import Reviewer
from rayscope.webhook.rotation import SETTLE
from rayscope.webhook.server import Webhook
from tests.control.samples import documents, is_service, placed
from tests.plane import Plane

pytestmark = pytest.mark.control

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
                "headGroupSpec": {"rayStartParams": {}, "template": _template()},
                "workerGroupSpecs": [
                    {
                        "groupName": group,
                        "replicas": 0,
                        "minReplicas": 0,
                        "maxReplicas": 1,
                        "rayStartParams": {},
                        "template": _template(),
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


def _template() -> dict[str, Any]:
    return {"spec": {"containers": [{"name": "ray", "image": "rayproject/ray:2.52.0"}]}}


async def until(condition: Callable[[], Any]) -> None:
    async with asyncio.timeout(LIMIT):
        while not await condition():  # noqa: ASYNC110 - another process has no Event to wait for
            await asyncio.sleep(0.05)


@pytest.fixture(scope="module")
def plane() -> Iterator[Plane]:
    """A plane without Rayscope, whose own webhook would answer too."""
    with Plane() as made:
        yield made


@pytest.fixture
async def stage(plane: Plane, namespace: str) -> AsyncIterator[Stage]:
    async with await Api.connect(str(plane.kubeconfig)) as api:
        made = Stage(plane, api, namespace)
        yield made
        await api.delete(WEBHOOK_CONFIGURATION, made.configuration)


@asynccontextmanager
async def serving(stage: Stage, keeper: OwnCertificates, port: int = 0) -> AsyncIterator[Webhook]:
    webhook = Webhook(Reviewer(stage.answered_payload, FIRST), keeper, HOST, port)
    task = asyncio.create_task(webhook.serve())
    try:
        await asyncio.wait_for(webhook.started(), LIMIT)
        yield webhook
    finally:
        task.cancel()
        await asyncio.wait([task])


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


# --- reviews ---


async def test_a_cluster_is_stored_injected(stage: Stage) -> None:
    async with registered(stage):
        created = await stage.created("born", "gpu", "cpu")
    assert inspect(created).payload == FIRST
    assert inspect(created).complete


async def test_an_edit_that_replaces_the_spec_is_stored_injected_as_before(stage: Stage) -> None:
    async with registered(stage):
        await stage.api.create(stage.cluster("edited"))
        stage.payload = SECOND
        stored = await stage.edited("edited", stage.cluster("edited", "gpu", "new")["spec"])
    assert inspect(stored).payload == FIRST
    assert [group.group for group in inspect(stored).groups] == ["headgroup", "gpu", "new"]
    assert inspect(stored).complete


async def test_a_cluster_made_without_injection_is_never_touched(stage: Stage) -> None:
    await stage.api.create(stage.cluster("late", labelled=False))
    async with registered(stage):
        found = await stage.kubectl("label", "rayscope.dev/monitor=vllm", manifest=stage.cluster("late"))
        stored = await stage.edited("late", stage.cluster("late", "gpu", "new")["spec"])
    assert found["metadata"]["labels"]["rayscope.dev/monitor"] == "vllm"
    templates = [group["template"] for group in (stored["spec"]["headGroupSpec"], *stored["spec"]["workerGroupSpecs"])]
    assert templates == [_template()] * 3
    assert recorded_payload(stored) is None


async def test_a_dry_run_shows_the_injection_and_stores_nothing(stage: Stage) -> None:
    async with registered(stage):
        told = await stage.kubectl("apply", "--dry-run=server", manifest=stage.cluster("only-asked"))
        assert inspect(told).complete
        assert await stage.api.get(RAY_CLUSTER, "only-asked", stage.namespace) is None
        created = await stage.created("only-asked")
    assert not inject(created, FIRST).patch
    assert created["spec"] == told["spec"]


async def test_a_group_that_cannot_be_injected_is_a_warning_to_who_creates_the_cluster(stage: Stage) -> None:
    made = stage.cluster("partly", "gpu", "own")
    container = made["spec"]["workerGroupSpecs"][1]["template"]["spec"]["containers"][0]
    container["env"] = [{"name": "PROMETHEUS_MULTIPROC_DIR", "value": "/mine"}]
    async with registered(stage):
        with pytest.raises(Exception, match=r"own.*EnvTaken"):
            await asyncio.to_thread(
                stage.plane.kubectl, "create", "--warnings-as-errors", "-f", "-", stdin=json.dumps(made)
            )
        stored = await stage.stored("partly")
    assert [group.outcome for group in inspect(stored).groups] == ["already", "already", "skipped"]


async def test_kuberays_own_cluster_is_injected_and_stays_so_when_kuberay_updates_it_in_place(stage: Stage) -> None:
    [service] = filter(is_service, documents(stage.plane.samples / "ray-service.sample.yaml"))
    labelled = placed(service, stage.namespace, **{"rayscope.dev/monitor": "vllm"})

    async def clusters(groups: int) -> list[dict[str, Any]]:
        found = await stage.api.list(RAY_CLUSTER, stage.namespace)
        return [cluster for cluster in found if len(cluster["spec"]["workerGroupSpecs"]) == groups]

    async with registered(stage):
        await stage.api.create(labelled)
        await until(lambda: clusters(1))
        [before] = await clusters(1)
        stage.payload = SECOND
        groups = labelled["spec"]["rayClusterConfig"]["workerGroupSpecs"]
        groups.append({**groups[0], "groupName": "appended"})
        await stage.kubectl("apply", "--server-side", "--force-conflicts", manifest=labelled)
        await until(lambda: clusters(2))
        [after] = await stage.api.list(RAY_CLUSTER, stage.namespace)
    assert before["metadata"]["uid"] == after["metadata"]["uid"]
    assert inspect(before).payload == inspect(after).payload == FIRST
    assert inspect(before).complete
    assert inspect(after).complete


# --- what goes wrong ---


async def test_a_webhook_that_is_down_costs_the_injection_not_the_cluster(stage: Stage) -> None:
    async with registered(stage):
        pass
    assert recorded_payload(await stage.created("plain")) is None


async def test_a_wrong_authority_costs_the_injection_not_the_cluster_until_it_is_repaired(stage: Stage) -> None:
    async with registered(stage) as keeper:
        _, foreign = issue([HOST], stage.clock.now)
        await stage.overwrite(foreign)

        async def refused() -> bool:
            return recorded_payload(await stage.dry()) is None

        await until(refused)
        await keeper.look()
        await stage.reached()


async def test_the_bundle_alone_is_repaired_and_all_else_is_its_owners(stage: Stage) -> None:
    async with registered(stage) as keeper:
        right = await stage.bundle()
        await stage.overwrite(b"")
        before = await stage.registration()
        await keeper.look()
        after = await stage.registration()
        assert await stage.bundle() == right
        after["webhooks"][0]["clientConfig"].pop("caBundle")
        before["webhooks"][0]["clientConfig"].pop("caBundle", None)
        assert after["webhooks"] == before["webhooks"]
        [ours] = [entry for entry in after["metadata"]["managedFields"] if entry["manager"] == BUNDLE_MANAGER]
        assert ours["fieldsV1"] == {
            "f:webhooks": {f'k:{{"name":"{WEBHOOK}"}}': {".": {}, "f:clientConfig": {"f:caBundle": {}}, "f:name": {}}}
        }


async def test_nothing_is_written_where_nothing_is_due(stage: Stage) -> None:
    async def versions() -> list[str]:
        return [found["metadata"]["resourceVersion"] for found in (await stage.registration(), await stage.shared())]

    async with registered(stage) as keeper:
        before = await versions()
        await keeper.look()
        await stage.replica().look()
        assert await versions() == before


# --- certificates ---


async def test_replicas_that_start_at_once_agree_on_one_certificate(stage: Stage) -> None:
    replicas = [stage.replica() for _ in range(5)]
    await asyncio.gather(*(replica.look() for replica in replicas))
    assert len({replica.presented.pair for replica in replicas}) == 1


async def test_a_secret_that_is_deleted_comes_back_with_what_is_in_use(stage: Stage) -> None:
    first, second = stage.replica(), stage.replica()
    await first.look()
    await second.look()
    pair = first.presented.pair
    await stage.api.delete(SECRET, stage.secret.name, stage.namespace)
    await second.look()
    await first.look()
    assert first.presented.pair == second.presented.pair == pair


async def test_a_secret_that_is_garbled_is_written_anew(stage: Stage) -> None:
    keeper = stage.replica()
    await keeper.look()
    found = await stage.shared()
    await stage.api.replace({**found, "data": {**found["data"], "tls.crt": b64encode(b"rubbish").decode()}})
    newcomer = stage.replica()
    await newcomer.look()
    assert newcomer.presented.pair not in {None, keeper.presented.pair}
    await keeper.look()
    assert keeper.presented.pair == newcomer.presented.pair


async def test_a_certificate_is_renewed_under_way_and_no_review_fails(stage: Stage) -> None:
    """With failurePolicy Fail, so that a review that could not be made would be an error; two replicas all along."""
    stage.clock.now -= LIFETIME * 0.9  # the API server's clock cannot be moved: all certificates must hold today
    other = stage.replica()
    async with registered(stage, failure_policy="Fail") as keeper:
        [webhook] = (await stage.registration())["webhooks"]
        port = urlsplit(webhook["clientConfig"]["url"]).port
        assert port
        bundles = []
        for moved in (timedelta(0), LIFETIME * 0.7, SETTLE, LIFETIME * 0.3):
            stage.clock.now += moved
            await asyncio.gather(keeper.look(), other.look())
            await keeper.look()
            await other.look()
            assert keeper.presented.pair == other.presented.pair
            assert keeper.presented.pair
            bundles.append(await stage.bundle())
            assert await presented(port, bundles[-1]) == keeper.presented.pair.certificate
            await stage.dry()
        first, announced, renewed, forgotten = bundles
        assert announced == renewed == first + forgotten


async def test_a_certificate_is_not_used_before_the_api_server_has_been_told(stage: Stage) -> None:
    keeper = stage.replica()
    await keeper.look()
    first = keeper.presented.pair
    stage.clock.now += LIFETIME * 0.7
    await keeper.look()
    stage.clock.now += SETTLE
    await keeper.look()
    assert keeper.presented.pair == first
    await stage.register(9)
    await keeper.look()
    await keeper.look()
    assert keeper.presented.pair != first
