"""The exporter as ConfigMaps: one a version, immutable, named by what is in it, shared by all services of a namespace.

A pod mounts the one that was current when its cluster was made, for as long as it lives. So none may go that a living
cluster or pod names, whatever became of the service's label or of Rayscope's version meanwhile.
"""

from __future__ import annotations

import re
from base64 import b64decode, b64encode
from collections.abc import Iterable, Iterator

from rayscope.model.cluster import groups
from rayscope.model.manifest import Manifest, mapping, sequence
from rayscope.model.names import EXPORTER_FILE, EXPORTER_VOLUME, exporter_config_map
from rayscope.render.metadata import own_labels

COMPONENT = "exporter"
NAME = re.compile(f"{exporter_config_map('')}([0-9a-f]{{10}})")


def exporter(namespace: str, digest: str, zipapp: bytes) -> Manifest:
    """The ConfigMap that the pods of a namespace mount.

    It has no owner: the services of a namespace share it, and come and go without it.
    """
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {
            "name": exporter_config_map(digest),
            "namespace": namespace,
            "labels": own_labels(COMPONENT),
        },
        "immutable": True,
        "binaryData": {EXPORTER_FILE: b64encode(zipapp).decode()},
    }


def zipapps(config_maps: Iterable[Manifest]) -> dict[str, bytes]:
    """Digest to zipapp, of what `exporter` made; anything else is left alone."""
    found = ((digest_of(config_map["metadata"]["name"]), config_map) for config_map in config_maps)
    return {
        digest: b64decode(data)
        for digest, config_map in found
        if digest and (data := mapping(config_map, "binaryData").get(EXPORTER_FILE))
    }


def mounted_exporters(clusters: Iterable[Manifest], pods: Iterable[Manifest] = ()) -> frozenset[str]:
    """Digests of the exporters that live RayClusters, or pods that outlived their template, mount.

    Pass the `pods` too before one is really deleted: a KubeRay update during an outage of the webhook takes the mount
    out of a cluster's template, never out of its running pods.
    """
    specs = [group.pod for cluster in clusters for group in groups(cluster)] + [mapping(pod, "spec") for pod in pods]
    digests = (digest_of(name) for spec in specs for name in _config_map_names(spec))
    return frozenset(digest for digest in digests if digest)


def digest_of(name: str) -> str | None:
    """The digest in a ConfigMap's name; None where it is not the name of an exporter."""
    found = NAME.fullmatch(name)
    return found[1] if found else None


def _config_map_names(spec: Manifest) -> Iterator[str]:
    for volume in sequence(spec, "volumes"):
        if volume.get("name") == EXPORTER_VOLUME:
            yield mapping(volume, "configMap").get("name", "")
