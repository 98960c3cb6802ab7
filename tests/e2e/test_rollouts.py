"""Clusters that come and go under a service, by its user's edit and by `rayscope rollout`, and upgrades around them.

Two RayServices, each in a namespace of its own: one is labelled from the first, and its twin is not. Its stories follow
each other.
"""

import json
from collections.abc import Iterator
from itertools import pairwise

import pytest

from rayscope.inject import inspect
from rayscope.model.names import (
    EXPORTER_CONTAINER,
    MONITOR_LABEL,
    MONITOR_VALUE,
    RAY_CLUSTER_LABEL,
)
from tests.control.cli import rayscope
from tests.e2e.exporters import program
from tests.e2e.figures import FIGURES
from tests.e2e.ground import (
    KUBERAY,
    KUBERAY_NAMESPACE,
    SYSTEM,
    Ground,
    install_rayscope,
    namespace_on,
    rolled_out,
    without_rayscope,
)
from tests.e2e.manifests import SCRAPE_INTERVAL, ray_service
from tests.e2e.prometheus import Prometheus
from tests.e2e.service import Service, containers, is_ready
from tests.e2e.traffic import REQUEST, traffic
from tests.e2e.witness import witness
from tests.kind import docker, images
from tests.kind.configuration import PREFIX
from tests.kind.recipe import digest
from tests.plane.client import Manifest
from tests.plane.progress import step
from tests.plane.resources import CONFIG_MAPS, RAY_CLUSTERS, RAY_SERVICES
from tests.plane.versions import VERSIONS
from tests.plane.waiting import eventually

LIMIT = 600.0
WINDOW = "40m"
TOKENS = "vllm:generation_tokens_total"
VERSION = "ray.io/kuberay-version"
"""KubeRay's annotation of a RayCluster: who wrote its template last."""
INTERVAL = float(SCRAPE_INTERVAL.removesuffix("s"))
GAP = 5.0
"""Seconds beyond the interval: two scrapes that fail in a row, because two Rays start on the machine, are none yet."""
LOOKBACK = 300.0
"""Seconds for which Prometheus shows a series that was not ended, by its default."""
LATER = """\
USER root
RUN cd /opt/rayscope/lib/python3.*/site-packages/rayscope \\
 && sed -i 's/^__version__ = .*/__version__ = "99.0.0"/' __init__.py && rm __pycache__/__init__.*
USER 65532:65532
"""


@pytest.fixture(scope="module")
def beside(ground: Ground) -> Iterator[str]:
    """The twin's namespace."""
    with namespace_on(ground) as name:
        yield name


@pytest.fixture(scope="module")
def services(ground: Ground, namespace: str, beside: str) -> tuple[Service, Service]:
    """The labelled one and its twin, both serving."""
    labelled, twin = Service(ground, namespace), Service(ground, beside)
    with step("two RayServices", "waiting for them to serve") as current:
        for service, labels in ((labelled, {MONITOR_LABEL: MONITOR_VALUE}), (twin, {})):
            _apply(service, labels)
            eventually(service.is_ready, "the RayService is Ready", LIMIT)
        current.outcome = "Ready"
    return labelled, twin


@pytest.fixture(scope="module")
def labelled(services: tuple[Service, Service]) -> Service:
    return services[0]


@pytest.fixture(scope="module")
def twin(services: tuple[Service, Service]) -> Service:
    return services[1]


@pytest.fixture
def later(ground: Ground) -> Iterator[str]:
    """A later Rayscope, whose exporter is another one, in the place of this one; its image."""
    image = _later(ground)
    ground.cluster.load(image)
    try:
        install_rayscope(ground.cluster, image)
        yield image
    finally:
        install_rayscope(ground.cluster, ground.rayscope)


@pytest.fixture
def earlier_kuberay(ground: Ground) -> Iterator[None]:
    try:
        _run_kuberay(ground, VERSIONS.kuberay_before)
        yield
    finally:
        _run_kuberay(ground, VERSIONS.kuberay)


def test_an_edit_is_a_rollout_that_is_watched_on_both_sides(labelled: Service, twin: Service) -> None:
    eventually(lambda: len(_up(labelled)) == 2, "both exporters are up", LIMIT)
    client, [old] = labelled.ground.cluster.client, _names(labelled)
    with witness(labelled) as ours, traffic(labelled) as asked:
        client.patch(_path(labelled), [_edit()])
        _wait_for_clusters(labelled, 2)
        four = eventually(lambda: _up_if(labelled, 4), "the exporters of both clusters are up", LIMIT)
        assert {target["metric"]["ray_io_cluster"] for target in four} == set(ours.made)
        _wait_for_clusters(labelled, 1)
    with witness(twin) as theirs:
        client.patch(_path(twin), [_edit()])
        _wait_for_clusters(twin, 2)
        _wait_for_clusters(twin, 1)
    [new] = _names(labelled)
    assert new != old
    FIGURES.compared("RayClusters ever made: unlabelled twin | labelled", len(theirs.made), len(ours.made))
    assert len(ours.made) == len(theirs.made) == 2
    assert ours.readiness == theirs.readiness == ["True"]
    assert ours.generations == theirs.generations
    asked.all_answered("a rollout by its user's edit")
    _was_scraped_without_a_gap(labelled, {old, new})
    _shows_all_that_was_asked(labelled, len(asked.answers))
    _ends(labelled, old)


def test_a_label_that_comes_late_changes_nothing_until_a_rollout_is_asked_for(twin: Service) -> None:
    client = twin.ground.cluster.client
    [before], service = twin.clusters(), client.get(_path(twin))
    client.patch(_path(twin), {"metadata": {"labels": {MONITOR_LABEL: MONITOR_VALUE}}})
    eventually(lambda: twin.says("Injected", "RestartRequired"), "the VLLMMonitor says RestartRequired", LIMIT)
    eventually(lambda: _pods_up(twin, "metrics") == _pod_names(twin), "Ray's port is scraped", LIMIT)
    [after] = twin.clusters()
    assert after["metadata"]["uid"] == before["metadata"]["uid"]
    assert after["spec"] == before["spec"]
    assert client.get(_path(twin))["spec"] == service["spec"]

    with witness(twin) as seen, traffic(twin) as asked:
        told = rayscope(
            twin.ground.cluster.kubeconfig, "rollout", twin.name, "-n", twin.namespace, "--yes", "--wait", timeout=LIMIT
        )
        assert told.code == 0, told.output + told.errors
        print(told.output)
    assert len(seen.made) == 2
    assert seen.generations == [service["metadata"]["generation"]]
    assert seen.readiness == ["True"]
    asked.all_answered("a rollout by `rayscope rollout`")
    _reports(twin)
    FIGURES.compared(
        "RayService's generation, before and after a rollout", service["metadata"]["generation"], seen.generations
    )
    FIGURES.compared("pods injected and reporting after it", "2/2, 2/2", ", ".join(_summary(twin).values()))


@pytest.mark.usefixtures("ours")
def test_a_cluster_of_an_earlier_rayscope_grows_under_a_later_one(ground: Ground, twin: Service, later: str) -> None:
    client = ground.cluster.client
    [cluster] = twin.clusters()
    [exporter] = {program(pod) for pod in _pods(twin)}
    published = {each["metadata"]["name"] for each in client.list(CONFIG_MAPS.path(SYSTEM))}
    assert len({name for name in published if name.startswith("rayscope-exporter-")}) > 1, f"{later} has published none"
    grown = [{"op": "replace", "path": "/spec/workerGroupSpecs/0/replicas", "value": 2}]
    client.patch(_path(twin), {"spec": {"serveConfigV2": _serve(3)}})
    client.patch(RAY_CLUSTERS.path(twin.namespace, cluster["metadata"]["name"]), grown)
    eventually(lambda: len(_pods(twin)) == 3 and all(map(is_ready, _pods(twin))), "all three pods are ready", LIMIT)
    assert {program(pod) for pod in _pods(twin)} == {exporter}
    assert all(EXPORTER_CONTAINER in containers(pod) for pod in _pods(twin))
    _reports(twin, "3/3")
    told = ", ".join(_summary(twin).values())
    FIGURES.compared("pods of an old cluster under a later Rayscope, injected and reporting", "3/3, 3/3", told)
    eventually(lambda: _pods_up(twin, "vllm-metrics") == _pod_names(twin), "all exporters are up", LIMIT)


@pytest.mark.usefixtures("ours", "earlier_kuberay")
def test_kuberay_is_upgraded_and_the_cluster_stays_injected(ground: Ground, labelled: Service) -> None:
    eventually(lambda: _written_by(labelled) == VERSIONS.kuberay_before, "the earlier KubeRay has written it", LIMIT)
    [made], pods = labelled.clusters(), _uids(labelled)
    _run_kuberay(ground, VERSIONS.kuberay)
    eventually(lambda: _written_by(labelled) == VERSIONS.kuberay, "the later KubeRay writes the cluster anew", LIMIT)
    [cluster] = labelled.clusters()
    assert cluster["metadata"]["uid"] == made["metadata"]["uid"]
    assert inspect(cluster).complete
    _reports(labelled)
    FIGURES.compared("pods over an upgrade of KubeRay: before | after", len(pods), len(pods & _uids(labelled)))
    assert _uids(labelled) == pods
    assert labelled.is_ready()


@pytest.mark.usefixtures("ours", "earlier_kuberay")
def test_kuberay_is_upgraded_while_rayscope_is_away_and_that_is_told(ground: Ground, labelled: Service) -> None:
    eventually(lambda: _written_by(labelled) == VERSIONS.kuberay_before, "the earlier KubeRay has written it", LIMIT)
    [made], pods = labelled.clusters(), _uids(labelled)
    assert inspect(made).complete
    with without_rayscope(ground.cluster):
        _run_kuberay(ground, VERSIONS.kuberay)
        eventually(lambda: _written_by(labelled) == VERSIONS.kuberay, "a later KubeRay writes the cluster anew", LIMIT)
        [cluster] = labelled.clusters()
        assert {report.outcome for report in inspect(cluster).groups} == {"missing"}
        assert _uids(labelled) == pods
    eventually(lambda: labelled.says("Injected", "RestartRequired"), "the VLLMMonitor says RestartRequired", LIMIT)
    _reports(labelled)
    FIGURES.compared("pods over one without Rayscope: before | after", len(pods), len(pods & _uids(labelled)))
    assert _uids(labelled) == pods
    assert labelled.is_ready()


def _was_scraped_without_a_gap(service: Service, clusters: set[str]) -> None:
    series = Prometheus(service.ground.cluster.client).series(f"up{_selector(service)}[{WINDOW}]")
    assert {one["metric"]["ray_io_cluster"] for one in series} == clusters
    for one in series:
        pod, longest = one["metric"]["pod"], _longest_gap(one["values"])
        assert longest > 0, f"{pod} was scraped once, if at all"
        FIGURES.compared(f"seconds between scrapes that were answered, {pod}: interval | longest", INTERVAL, longest)
        assert longest <= INTERVAL + GAP


def _shows_all_that_was_asked(service: Service, answers: int) -> None:
    """Over all of its clusters, as each was when it was last scraped; and nothing ever fell."""
    prometheus, selector = Prometheus(service.ground.cluster.client), _selector(service)
    expected = answers * REQUEST.tokens

    def counted() -> float | None:
        return prometheus.value(f"sum(max_over_time({TOKENS}{selector}[{WINDOW}]))")

    eventually(lambda: counted() == expected, f"{TOKENS} of all clusters come to {expected}", LIMIT)
    FIGURES.compared(f"{TOKENS}, over all clusters", expected, counted())
    assert prometheus.value(f"sum(resets({TOKENS}{selector}[{WINDOW}]))") == 0


def _ends(service: Service, cluster: str) -> None:
    """Its series do, with its targets and not when Prometheus gives them up; but for rates, which last a while."""
    prometheus = Prometheus(service.ground.cluster.client)
    old = f'{{namespace="{service.namespace}", ray_io_cluster="{cluster}", endpoint!=""}}'
    eventually(lambda: all(_of(pod) != cluster for pod in service.pods()), f"no pod of {cluster} is left", LIMIT)
    eventually(lambda: not prometheus.series(old), f"no series of {cluster} goes on", LOOKBACK / 3)


def _apply(service: Service, labels: dict[str, str]) -> None:
    """One replica in each pod; small, because there are two clusters of it at times."""
    manifest = ray_service(service.namespace, service.name, service.ground.ray, labels)
    spec = manifest["spec"]
    spec |= {"serveConfigV2": _serve(2), "rayClusterDeletionDelaySeconds": 20}
    head, [group] = spec["rayClusterConfig"]["headGroupSpec"], spec["rayClusterConfig"]["workerGroupSpecs"]
    group["maxReplicas"] = 2
    for each in (head, group):
        each["rayStartParams"]["resources"] = json.dumps(json.dumps({"slot": 1}))
    service.ground.cluster.client.create(RAY_SERVICES.path(service.namespace), manifest)


def _path(service: Service) -> str:
    return RAY_SERVICES.path(service.namespace, service.name)


def _serve(replicas: int) -> str:
    model = {"name": "Model", "num_replicas": replicas}
    application = {"name": "llm", "import_path": "served:app", "route_prefix": "/", "deployments": [model]}
    return json.dumps({"applications": [application]})


def _edit() -> dict[str, object]:
    """What KubeRay takes for a reason to make another cluster."""
    variable = [{"name": "GREETING", "value": "hello"}]
    return {
        "op": "add",
        "path": "/spec/rayClusterConfig/headGroupSpec/template/spec/containers/0/env",
        "value": variable,
    }


def _later(ground: Ground) -> str:
    """This Rayscope under another version, which is in its exporter, too."""
    instructions = f"FROM {ground.rayscope}\n{LATER}"
    tag = f"{PREFIX}/rayscope:later-{digest(instructions)}"
    return docker.ensure(tag, lambda _: docker.build_from(instructions, tag, {}))


def _run_kuberay(ground: Ground, version: str) -> None:
    image = images.kuberay(version)
    ground.cluster.load(image)
    with step(f"KubeRay {version}", "replacing its operator"):
        ground.cluster.kubectl(f"--namespace={KUBERAY_NAMESPACE}", "set", "image", KUBERAY, f"*={image}")
        rolled_out(ground.cluster, KUBERAY_NAMESPACE, KUBERAY)


def _wait_for_clusters(service: Service, number: int) -> None:
    eventually(lambda: len(service.clusters()) == number, f"there are {number} clusters of the service", LIMIT)


def _names(service: Service) -> list[str]:
    return [cluster["metadata"]["name"] for cluster in service.clusters()]


def _pods(service: Service) -> list[Manifest]:
    """Those that are there to stay."""
    return [pod for pod in service.pods() if "deletionTimestamp" not in pod["metadata"]]


def _pod_names(service: Service) -> list[str]:
    return sorted(pod["metadata"]["name"] for pod in _pods(service))


def _uids(service: Service) -> set[str]:
    return {pod["metadata"]["uid"] for pod in _pods(service)}


def _written_by(service: Service) -> str:
    [cluster] = service.clusters()
    return str(cluster["metadata"]["annotations"][VERSION])


def _of(pod: Manifest) -> str:
    """The cluster that it is of."""
    return str(pod["metadata"]["labels"][RAY_CLUSTER_LABEL])


def _selector(service: Service, endpoint: str = "vllm-metrics") -> str:
    return f'{{namespace="{service.namespace}", rayservice="{service.name}", endpoint="{endpoint}"}}'


def _up(service: Service, endpoint: str = "vllm-metrics") -> list[Manifest]:
    """Its targets that are up."""
    return Prometheus(service.ground.cluster.client).series(f"up{_selector(service, endpoint)} == 1")


def _up_if(service: Service, number: int) -> list[Manifest]:
    """Them, if they are so many."""
    return up if len(up := _up(service)) == number else []


def _pods_up(service: Service, endpoint: str) -> list[str]:
    return sorted(target["metric"]["pod"] for target in _up(service, endpoint))


def _longest_gap(values: list[tuple[float, str]]) -> float:
    """Between two answered scrapes of a target, from its first one to its last one."""
    answered = [time for time, value in values if value == "1"]
    return max((later - earlier for earlier, later in pairwise(answered)), default=0.0)


def _reports(service: Service, pods: str = "2/2") -> None:
    expected = {"injected": pods, "reporting": pods}
    eventually(lambda: _summary(service) == expected, f"the VLLMMonitor says {expected}", LIMIT)


def _summary(service: Service) -> dict[str, str]:
    summary: dict[str, str] = service.monitor().get("status", {}).get("summary", {})
    return summary
