"""The exporter as ConfigMaps: one a version, immutable, named by what is in it.

A pod mounts the one that was current when its cluster was made, for as long as it lives. So none may go that a living
cluster or pod names, whatever became of the service's label or of Rayscope's version meanwhile.
"""

from __future__ import annotations

import re
from base64 import b64decode, b64encode
from collections.abc import Iterable, Iterator
from functools import lru_cache

from rayscope.model.cluster import groups
from rayscope.model.manifest import Manifest, mapping, sequence
from rayscope.model.names import EXPORTER_FILE, EXPORTER_VOLUME, exporter_config_map, published_config_map
from rayscope.model.service import Service
from rayscope.render.metadata import child_metadata, own_labels


def service_exporter(service: Service, digest: str, zipapp: bytes) -> Manifest:
    """The ConfigMap that the service's pods mount."""
    metadata = child_metadata(service, exporter_config_map(service.key.name, digest), "exporter")
    return _config_map(metadata, zipapp)


def published_exporter(namespace: str, digest: str, zipapp: bytes) -> Manifest:
    """The ConfigMap in Rayscope's own namespace, from which later versions take what earlier clusters name."""
    metadata = {"name": published_config_map(digest), "namespace": namespace, "labels": own_labels("exporter")}
    return _config_map(metadata, zipapp)


def published_zipapps(config_maps: Iterable[Manifest]) -> dict[str, bytes]:
    """Digest to zipapp, of what `published_exporter` made; anything else is left alone."""
    found = (
        (_digest(config_map["metadata"]["name"], published_config_map("")), config_map) for config_map in config_maps
    )
    return {
        digest: b64decode(data)
        for digest, config_map in found
        if digest and (data := mapping(config_map, "binaryData").get(EXPORTER_FILE))
    }


def mounted_exporters(service: Service, clusters: Iterable[Manifest], pods: Iterable[Manifest] = ()) -> frozenset[str]:
    """Digests of the exporters that live RayClusters, or pods that outlived their template, mount."""
    specs = [group.pod for cluster in clusters for group in groups(cluster)] + [mapping(pod, "spec") for pod in pods]
    prefix = exporter_config_map(service.key.name, "")
    digests = (_digest(name, prefix) for spec in specs for name in _config_map_names(spec))
    return frozenset(digest for digest in digests if digest)


def _config_map_names(spec: Manifest) -> Iterator[str]:
    for volume in sequence(spec, "volumes"):
        if volume.get("name") == EXPORTER_VOLUME:
            yield mapping(volume, "configMap").get("name", "")


def _digest(name: str, prefix: str) -> str | None:
    """The digest that follows `prefix` in a ConfigMap's name; None where it is not the name of such an exporter."""
    found = re.fullmatch(f"{re.escape(prefix)}([0-9a-f]{{10}})", name)
    return found[1] if found else None


def _config_map(metadata: Manifest, zipapp: bytes) -> Manifest:
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": metadata,
        "immutable": True,
        "binaryData": {EXPORTER_FILE: _text(zipapp)},
    }


@lru_cache(maxsize=4)
def _text(zipapp: bytes) -> str:
    """It is the same one for all services."""
    return b64encode(zipapp).decode()
