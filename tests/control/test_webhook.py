"""The webhook on a real API server: registration, reviews, certificates that are renewed meanwhile."""

import asyncio
import json
from base64 import b64encode
from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest

from rayscope.inject import inject, inspect, recorded_payload
from rayscope.kube.api import Api
from rayscope.kube.kinds import RAY_CLUSTER, SECRET, WEBHOOK_CONFIGURATION
from rayscope.model.names import WEBHOOK
from rayscope.webhook.bundle import BUNDLE_MANAGER
from rayscope.webhook.certificates import LIFETIME, issue
from rayscope.webhook.rotation import SETTLE
from tests.control.samples import documents, is_service, placed
from tests.control.stage import (
    FIRST,
    HOST,
    SECOND,
    Stage,
    presented,
    registered,
    template,
    until,
)
from tests.plane import Plane

pytestmark = pytest.mark.control


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
    assert templates == [template()] * 3
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
