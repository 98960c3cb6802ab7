"""A ConfigMap that is sent in protobuf is, to a real API server, the one that JSON would have made."""

from rayscope.kube.api import Api
from rayscope.model.manifest import Manifest
from rayscope.model.service import Service
from rayscope.render.exporter import published_exporter, service_exporter
from rayscope.zipapp import build
from tests.control import story
from tests.plane import Plane
from tests.plane.resources import CONFIG_MAPS

ZIPAPP = build()
ASSIGNED = {"uid", "resourceVersion", "creationTimestamp", "managedFields"}


async def stored(plane: Plane, manifest: Manifest) -> Manifest:
    """As it is there after it was created, without what the API server adds."""
    metadata = manifest["metadata"]
    async with await Api.connect(str(plane.kubeconfig)) as api:
        await api.create(manifest)
    found = plane.client.get(CONFIG_MAPS.path(metadata["namespace"], metadata["name"]))
    return found | {"metadata": {name: value for name, value in found["metadata"].items() if name not in ASSIGNED}}


async def test_a_services_exporter_is_stored_as_it_is_rendered(plane: Plane, namespace: str) -> None:
    owner = Service.of(plane.client.get(story.Service.create(plane, namespace).path))
    manifest = service_exporter(owner, ZIPAPP.digest, ZIPAPP.data)
    assert await stored(plane, manifest) == manifest


async def test_a_published_exporter_is_stored_as_it_is_rendered(plane: Plane, namespace: str) -> None:
    manifest = published_exporter(namespace, ZIPAPP.digest, ZIPAPP.data)
    assert await stored(plane, manifest) == manifest
