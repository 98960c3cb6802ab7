"""RayClusters of any shape that the API server lets through, with what is Rayscope's in all the wrong places."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from tests.unit.inject.clusters import MADE_BY_KUBERAY, Document

Strategy = st.SearchStrategy[Any]

NAME = "PROMETHEUS_MULTIPROC_DIR"
DIRECTORY = "/var/run/rayscope/prometheus"


def some(always: dict[str, Strategy], **sometimes: Strategy) -> st.SearchStrategy[Document]:
    """Objects with all of `always`, and any of `sometimes`, each of which may be null instead."""
    return st.fixed_dictionaries(always, optional={key: st.none() | value for key, value in sometimes.items()})


def few(items: Strategy, most: int = 3) -> Strategy:
    return st.lists(items, max_size=most)


def mostly(tame: Strategy, wild: Strategy) -> Strategy:
    """Nine times of ten the first: with everything wild at once, hardly any cluster could be injected at all."""
    return st.integers(0, 9).flatmap(lambda number: wild if number == 9 else tame)


OURS = {"name": NAME, "value": DIRECTORY}
OUR_MOUNT = {"name": "rayscope", "mountPath": DIRECTORY}
OUR_VOLUMES = [
    {"name": "rayscope", "emptyDir": {"medium": "Memory", "sizeLimit": "1Gi"}},
    {"name": "rayscope-exporter", "configMap": {"name": "rayscope-exporter-0123456789", "optional": True}},
]
OUR_CONTAINER = {"name": "rayscope-exporter", "volumeMounts": [{"name": "rayscope-exporter", "mountPath": "/opt"}]}

variables = mostly(
    st.sampled_from([{"name": "A", "value": "1"}, {"name": "B"}, OURS]),
    some(
        {"name": st.just(NAME)},
        value=st.sampled_from([DIRECTORY, "/tmp/metrics", ""]),
        valueFrom=st.just({"fieldRef": {"fieldPath": "metadata.name"}}),
    ),
)
sources = mostly(st.just({"prefix": "HF_"}), st.sampled_from([{}, {"prefix": None}, {"prefix": "PROMETHEUS_"}]))
mounts = mostly(
    st.sampled_from([{"name": "data", "mountPath": "/data"}, {"name": "rayscope", "mountPath": "/scratch"}, OUR_MOUNT]),
    some({"name": st.just("data"), "mountPath": st.sampled_from([DIRECTORY, "/run", DIRECTORY + "/a", "/"])}),
)
volumes = mostly(
    st.sampled_from([{"name": "data"}, {"name": "more", "emptyDir": None}, *OUR_VOLUMES]),
    some({"name": st.sampled_from(["rayscope", "rayscope-exporter"])}, emptyDir=st.just({}), configMap=st.just({})),
)
ports = mostly(
    st.sampled_from([{"containerPort": 8080, "name": "metrics"}, {"containerPort": 9475, "protocol": "UDP"}]),
    st.sampled_from([{"containerPort": 9475}, {"containerPort": 80, "name": "vllm-metrics", "protocol": "TCP"}]),
)
amounts = some({}, cpu=st.sampled_from(["1", 1, "1000m"]), memory=st.sampled_from(["1Gi", "1024Mi"]))
fields: dict[str, Strategy] = {
    "imagePullPolicy": st.sampled_from(["Always", "Never"]),
    "env": few(variables),
    "envFrom": few(sources, 1),
    "volumeMounts": few(mounts),
    "ports": few(ports, 2),
    "resources": some({}, limits=amounts, requests=amounts),
    "securityContext": some({}, runAsUser=st.integers(0, 1000), privileged=st.booleans()),
}
images = mostly(st.just("rayproject/ray:2.52.0"), st.sampled_from(["", None]))
ray_containers = some({"name": st.just("ray"), "image": images}, **fields)
sidecars = mostly(
    some({"name": st.sampled_from(["app", "proxy"])}, **fields),
    st.sampled_from([OUR_CONTAINER, {"name": "rayscope-exporter"}]),
)
containers = mostly(st.tuples(ray_containers, sidecars).map(list) | st.tuples(ray_containers).map(list), st.just([]))
pods = some(
    {"containers": containers},
    initContainers=few(sidecars, 1),
    volumes=few(volumes),
    hostNetwork=st.integers(0, 9).map(lambda number: number == 9),
    nodeSelector=mostly(st.just({}), st.just({"kubernetes.io/os": "windows"})),
)
services = mostly(st.just("llama"), st.just("other"))
labels = some({}, **{"app": st.just("a"), "rayscope.dev/service": services})
metadata = some({}, labels=labels, annotations=st.just({"a": "b"}))
templates = mostly(some({"spec": pods}, metadata=metadata), st.sampled_from([None, {}, {"spec": None}]))
parameters = mostly(
    st.none() | st.just({}), st.sampled_from([{"metrics-export-port": "9475"}, {"min-worker-port": "9000"}])
)
group_fields = {"template": templates, "rayStartParams": parameters}
names = mostly(st.sampled_from(["gpu", "cpu", "tpu"]), st.just("headgroup"))
worker_groups = st.fixed_dictionaries({"groupName": names, **group_fields})
owners = mostly(st.just(MADE_BY_KUBERAY), st.just({"ray.io/originated-from-crd": "RayJob"}))
clusters = st.fixed_dictionaries(
    {
        "metadata": some({"labels": owners}, annotations=st.sampled_from([{}, {"a": "b"}])),
        "spec": some({"headGroupSpec": st.fixed_dictionaries(group_fields)}, workerGroupSpecs=few(worker_groups)),
    }
)
"""None of them has a record: what is Rayscope's in them came from somewhere else."""
