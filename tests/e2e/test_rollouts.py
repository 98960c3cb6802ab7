"""Clusters that come and go under a service, by its user's edit and by `rayscope rollout`, and KubeRay's upgrade.

Two RayServices, each in a namespace of its own: one is labelled from the first, and its twin is not. Its stories follow
each other.
"""

import json
from collections.abc import Iterator
from itertools import pairwise

import pytest

from rayscope.inject import inspect
from rayscope.model.names import MONITOR_LABEL, MONITOR_VALUE
from tests.control.cli import rayscope
from tests.e2e.figures import FIGURES
from tests.e2e.ground import SYSTEM, Ground, namespace_on, rolled_out
from tests.e2e.manifests import SCRAPE_INTERVAL, ray_service
from tests.e2e.prometheus import Prometheus
from tests.e2e.service import Service
from tests.e2e.traffic import REQUEST, traffic
from tests.e2e.witness import witness
from tests.kind import images
from tests.plane.client import Manifest
from tests.plane.progress import step
from tests.plane.resources import PODS, RAY_SERVICES
from tests.plane.versions import VERSIONS
from tests.plane.waiting import eventually

LIMIT = 600.0
WINDOW = "40m"
TOKENS = "vllm:generation_tokens_total"
KUBERAY = "deployment/kuberay-operator"
VERSION = "ray.io/kuberay-version"
"""KubeRay's annotation of a RayCluster: who wrote its template last."""
INTERVAL = float(SCRAPE_INTERVAL.removesuffix("s"))
DEFAULT_INTERVAL = 60.0
"""Seconds, Prometheus' own: on a machine with much to do it misses some of ours, which come and end far sooner."""


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
        for service, labels, workers in ((labelled, {MONITOR_LABEL: MONITOR_VALUE}, 1), (twin, {}, 0)):
            _apply(service, labels, workers)
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
def earlier_kuberay(ground: Ground) -> Iterator[None]:
    _run_kuberay(ground, VERSIONS.kuberay_before)
    yield
    _run_kuberay(ground, VERSIONS.kuberay)


def test_an_edit_is_a_rollout_that_is_watched_on_both_sides(labelled: Service, twin: Service) -> None:
    eventually(lambda: len(_up(labelled)) == 2, "both exporters are up", LIMIT)
    client, [old] = labelled.ground.cluster.client, _names(labelled)
    with witness(labelled) as ours, traffic(labelled) as asked:
        client.patch(_path(labelled), [_edit()])
        _wait_for_clusters(labelled, 2)
        eventually(lambda: len(_up(labelled)) == 4, "the exporters of both clusters are up", LIMIT)
        assert {target["metric"]["ray_io_cluster"] for target in _up(labelled)} == set(ours.made)
        _wait_for_clusters(labelled, 1)
    with witness(twin) as theirs:
        client.patch(_path(twin), [_edit()])
        _wait_for_clusters(twin, 2)
        _wait_for_clusters(twin, 1)
    [new] = _names(labelled)
    assert new != old
    FIGURES.compared("RayClusters ever made: unlabelled twin | labelled", len(theirs.made), len(ours.made))
    assert len(ours.made) == len(theirs.made) == 2
    assert ours.readiness == ["True"]
    assert ours.generations == theirs.generations
    assert asked.troubles == []

    selector = _selector(labelled)
    prometheus = Prometheus(client)
    series = prometheus.series(f"up{selector}[{WINDOW}]")
    assert {one["metric"]["ray_io_cluster"] for one in series} == {old, new}
    for one in series:
        pod, longest = one["metric"]["pod"], _longest_gap(one["values"])
        FIGURES.compared(f"seconds between scrapes that were answered, {pod}: interval | longest", INTERVAL, longest)
        assert longest < DEFAULT_INTERVAL
    expected = len(asked.answers) * REQUEST.tokens

    def counted() -> float | None:
        return prometheus.value(f"sum(max_over_time({TOKENS}{selector}[{WINDOW}]))")

    eventually(lambda: counted() == expected, f"{TOKENS} of both clusters come to {expected}", LIMIT)
    FIGURES.compared(f"{TOKENS}, over both clusters", expected, counted())
    assert prometheus.value(f"sum(resets({TOKENS}{selector}[{WINDOW}]))") == 0
    gone = f'{{namespace="{labelled.namespace}", ray_io_cluster="{old}", endpoint!=""}}'  # rates last a while longer
    eventually(lambda: not prometheus.series(gone), f"no series of {old} goes on", LIMIT)


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
    assert asked.troubles == []
    expected = {"injected": "1/1", "reporting": "1/1"}
    eventually(lambda: _summary(twin) == expected, f"the VLLMMonitor says {expected}", LIMIT)
    FIGURES.compared(
        "RayService's generation, before and after a rollout", service["metadata"]["generation"], seen.generations
    )
    FIGURES.compared("pods injected and reporting after it", "1/1, 1/1", ", ".join(_summary(twin).values()))


@pytest.mark.usefixtures("earlier_kuberay")
def test_kuberay_is_upgraded_and_the_cluster_stays_injected(ground: Ground, labelled: Service) -> None:
    eventually(lambda: _written_by(labelled) == VERSIONS.kuberay_before, "the earlier KubeRay has written it", LIMIT)
    [made], pods = labelled.clusters(), _uids(labelled)
    _run_kuberay(ground, VERSIONS.kuberay)
    eventually(lambda: _written_by(labelled) == VERSIONS.kuberay, "the later KubeRay writes the cluster anew", LIMIT)
    [cluster] = labelled.clusters()
    assert cluster["metadata"]["uid"] == made["metadata"]["uid"]
    assert inspect(cluster).complete
    FIGURES.compared("pods over an upgrade of KubeRay: before | after", len(pods), len(pods & _uids(labelled)))
    assert _uids(labelled) == pods
    assert labelled.is_ready()


@pytest.mark.usefixtures("earlier_kuberay")
def test_kuberay_is_upgraded_while_rayscope_is_away_and_that_is_told(ground: Ground, labelled: Service) -> None:
    eventually(lambda: _written_by(labelled) == VERSIONS.kuberay_before, "the earlier KubeRay has written it", LIMIT)
    [made], pods = labelled.clusters(), _uids(labelled)
    assert inspect(made).complete
    _scale_rayscope(ground, 0)
    _run_kuberay(ground, VERSIONS.kuberay)
    eventually(lambda: _written_by(labelled) == VERSIONS.kuberay, "the later KubeRay writes the cluster anew", LIMIT)
    [cluster] = labelled.clusters()
    assert {report.outcome for report in inspect(cluster).groups} == {"missing"}
    assert _uids(labelled) == pods
    _scale_rayscope(ground, 2)
    eventually(lambda: labelled.says("Injected", "RestartRequired"), "the VLLMMonitor says RestartRequired", LIMIT)
    expected = {"injected": "2/2", "reporting": "2/2"}
    eventually(lambda: _summary(labelled) == expected, f"the VLLMMonitor says {expected}", LIMIT)
    assert _uids(labelled) == pods
    assert labelled.is_ready()


def _apply(service: Service, labels: dict[str, str], workers: int) -> None:
    """One replica in each pod; small, because there are two clusters of it at times."""
    manifest = ray_service(service.namespace, service.name, service.ground.ray, labels)
    spec = manifest["spec"]
    spec |= {"serveConfigV2": _serve(1 + workers), "rayClusterDeletionDelaySeconds": 20}
    head, [group] = spec["rayClusterConfig"]["headGroupSpec"], spec["rayClusterConfig"]["workerGroupSpecs"]
    group |= {"replicas": workers, "minReplicas": workers}
    for each in (head, group):
        each["rayStartParams"]["resources"] = json.dumps(json.dumps({"slot": 1}))
        each["template"]["spec"]["containers"][0]["resources"]["requests"] = {"cpu": "50m", "memory": "1Gi"}
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


def _run_kuberay(ground: Ground, version: str) -> None:
    image = images.kuberay(version)
    ground.cluster.load(image)
    with step(f"KubeRay {version}", "replacing its operator"):
        ground.cluster.kubectl("set", "image", KUBERAY, f"*={image}")
        rolled_out(ground.cluster, "default", KUBERAY)


def _scale_rayscope(ground: Ground, replicas: int) -> None:
    ground.cluster.kubectl(f"--namespace={SYSTEM}", "scale", "deployment/rayscope", f"--replicas={replicas}")
    if replicas:
        rolled_out(ground.cluster, SYSTEM, "deployment/rayscope")
    else:
        eventually(lambda: not ground.cluster.client.list(PODS.path(SYSTEM)), "no replica is left", LIMIT)


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


def _selector(service: Service, endpoint: str = "vllm-metrics") -> str:
    return f'{{namespace="{service.namespace}", rayservice="{service.name}", endpoint="{endpoint}"}}'


def _up(service: Service, endpoint: str = "vllm-metrics") -> list[Manifest]:
    """Its targets that are up."""
    return Prometheus(service.ground.cluster.client).series(f"up{_selector(service, endpoint)} == 1")


def _pods_up(service: Service, endpoint: str) -> list[str]:
    return sorted(target["metric"]["pod"] for target in _up(service, endpoint))


def _longest_gap(values: list[tuple[float, str]]) -> float:
    """Between two answered scrapes of a target, from its first one to its last one."""
    answered = [time for time, value in values if value == "1"]
    return max((later - earlier for earlier, later in pairwise(answered)), default=0.0)


def _summary(service: Service) -> dict[str, str]:
    summary: dict[str, str] = service.monitor().get("status", {}).get("summary", {})
    return summary
