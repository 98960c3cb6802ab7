"""All children of a service: what must exist beside it, and what must not be taken away.

What is owned by the service, managed by Rayscope, and neither rendered nor kept, may be pruned.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from rayscope.model.manifest import Manifest
from rayscope.model.names import exporter_config_map
from rayscope.model.service import Service
from rayscope.render.exporter import mounted_exporters, service_exporter
from rayscope.render.podmonitor import service_pod_monitor
from rayscope.render.settings import Settings

LONGEST_NAME = 63
"""A longer name fits into no label. KubeRay, which labels clusters with it, makes none for such a service either."""


def render(
    service: Service, clusters: Sequence[Manifest], settings: Settings, zipapps: Mapping[str, bytes]
) -> Iterator[Manifest]:
    """Every child of a wanted service, in the order in which pods need them.

    `clusters` are the RayClusters that live now; `zipapps` holds the exporters at hand by digest. One that a cluster
    mounts and that is not at hand is not rendered: `missing_exporters` names it.
    """
    if len(service.key.name) > LONGEST_NAME:
        return
    for digest in sorted(_wanted_exporters(service, clusters, settings) & zipapps.keys()):
        yield service_exporter(service, digest, zipapps[digest])
    yield service_pod_monitor(service, clusters, settings.scrape)


def kept(service: Service, clusters: Iterable[Manifest], pods: Iterable[Manifest] = ()) -> frozenset[str]:
    """Names of the ConfigMaps that no prune may touch, whether the service is wanted or not.

    Pass the service's `pods` too before one is really deleted: a KubeRay update during an outage of the webhook takes
    the mount out of a cluster's template, never out of its running pods.
    """
    mounted = mounted_exporters(service, clusters, pods)
    return frozenset(exporter_config_map(service.key.name, digest) for digest in mounted)


def missing_exporters(
    service: Service, clusters: Iterable[Manifest], settings: Settings, zipapps: Mapping[str, bytes]
) -> frozenset[str]:
    """Digests that the service's clusters mount, now or next, and that are not at hand."""
    return _wanted_exporters(service, clusters, settings) - zipapps.keys()


def _wanted_exporters(service: Service, clusters: Iterable[Manifest], settings: Settings) -> frozenset[str]:
    return mounted_exporters(service, clusters) | {settings.exporter}
