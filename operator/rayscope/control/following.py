"""What machines write by the thousand, children, RayClusters and pods, followed by plain watches: events become keys.

What people write, kopf watches (`triggers`). Here as there, an event is a reason to look again, and nothing else.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial

from rayscope.control.children import CHILD_KINDS, CHILDREN, Children, Ref
from rayscope.control.clusters import Clusters
from rayscope.control.delivery import EXPORTERS, Delivery
from rayscope.control.queue import WorkQueue
from rayscope.control.reading import Reading
from rayscope.control.statuses import Statuses
from rayscope.control.supervision import together
from rayscope.kube.api import Api, Object, Objects
from rayscope.kube.kinds import CONFIG_MAP, POD, RAY_CLUSTER, Kind
from rayscope.kube.watch import Selection, Watch
from rayscope.model.cluster import service_name
from rayscope.model.manifest import labels
from rayscope.model.names import RAY_CLUSTER_LABEL, RAY_ORIGIN_KIND, RAY_ORIGIN_KIND_LABEL, SERVICE_LABEL
from rayscope.model.service import Key

CLUSTERS = f"{RAY_ORIGIN_KIND_LABEL}={RAY_ORIGIN_KIND}"


class Following:
    """The watches, and what becomes of their events."""

    def __init__(  # noqa: PLR0913 - all that decides whether an event is a reason to look
        self,
        api: Api,
        namespaces: Sequence[str],
        *,
        children: Children,
        clusters: Clusters,
        delivery: Delivery,
        reading: Reading,
        statuses: Statuses,
        queue: WorkQueue[Key],
        known: Callable[[Key], bool],
    ) -> None:
        """`namespaces`: where; none means everywhere. `known`: whether there is anything to do, or tell, for it."""
        self._api = api
        self._children = children
        self._clusters = clusters
        self._delivery = delivery
        self._reading = reading
        self._statuses = statuses
        self._queue = queue
        self._known = known
        self._watches = [watch for place in namespaces or (None,) for watch in self._made(place)]

    async def learn(self) -> None:
        """Learn what there is."""
        for watch in self._watches:
            await watch.learn()

    async def run(self) -> None:
        """Follow until cancelled."""
        await together({f"watch {number}": watch.run() for number, watch in enumerate(self._watches)})

    def _made(self, place: str | None) -> Iterator[Watch]:
        for kind in CHILD_KINDS:
            listed, told = partial(self._list_children, kind, place), partial(self._tell_child, kind)
            yield Watch(self._api, Selection(kind, place, CHILDREN), listed, told)
        delivery = self._delivery
        yield Watch(self._api, Selection(CONFIG_MAP, place, EXPORTERS), partial(delivery.listed, place), delivery.told)
        for kind, selector, each in (
            (RAY_CLUSTER, CLUSTERS, self._tell_cluster),
            (POD, RAY_CLUSTER_LABEL, self._tell_pod),
        ):
            yield Watch(self._api, Selection(kind, place, selector), partial(_one_by_one, each), each)

    def _list_children(self, kind: Kind, place: str | None, found: Objects) -> None:
        for key in self._children.listed(kind, found, place):
            self._queue.add(key)

    def _tell_child(self, kind: Kind, body: Object, deleted: bool) -> None:  # noqa: FBT001 - as a watch tells
        ref = Ref(kind, body["metadata"]["namespace"], body["metadata"]["name"])
        if key := self._children.lost(ref) if deleted else self._children.saw(ref, body):
            self._queue.add(key)

    def _tell_cluster(self, body: Object, deleted: bool) -> None:  # noqa: FBT001 - as a watch tells
        key = Key(body["metadata"]["namespace"], service_name(body) or "")
        if self._clusters.gone(body) if deleted else self._clusters.changed(body):
            self._reading.changed(key, body, deleted=deleted)
            if self._known(key):
                self._queue.add(key)
        if deleted:
            self._delivery.doubt(key.namespace)

    def _tell_pod(self, body: Object, deleted: bool) -> None:  # noqa: FBT001 - as a watch tells
        if deleted and SERVICE_LABEL in labels(body):
            self._delivery.doubt(body["metadata"]["namespace"])
        self._statuses.pod_changed(body["metadata"]["namespace"], labels(body)[RAY_CLUSTER_LABEL])


def _one_by_one(told: Callable[[Object, bool], None], found: Objects) -> None:
    for body in found:
        told(body, False)  # noqa: FBT003 - as a watch tells
