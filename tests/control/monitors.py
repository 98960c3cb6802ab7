"""VLLMMonitors as users write them, and as they read what the operator says there."""

from dataclasses import dataclass
from typing import Any, Self

from tests.control.story import Service
from tests.plane import Plane
from tests.plane.resources import VLLM_MONITORS
from tests.plane.waiting import eventually

Object = dict[str, Any]


@dataclass(frozen=True)
class Monitor:
    """The VLLMMonitor of a name, whether it is there or not."""

    plane: Plane
    namespace: str
    name: str = "llm"

    @classmethod
    def of(cls, service: Service) -> Self:
        return cls(service.plane, service.namespace, service.name)

    @property
    def path(self) -> str:
        return VLLM_MONITORS.path(self.namespace, self.name)

    def create(self, **spec: Any) -> Object:
        """As a user does."""
        metadata = {"name": self.name, "namespace": self.namespace}
        manifest = {"apiVersion": VLLM_MONITORS.api_version, "kind": "VLLMMonitor", "metadata": metadata, "spec": spec}
        return self.plane.client.create(VLLM_MONITORS.path(self.namespace), manifest)

    def edit(self, **spec: Any) -> None:
        self.plane.client.patch(self.path, {"spec": spec})

    def delete(self) -> None:
        self.plane.client.delete(self.path)

    def found(self) -> Object | None:
        return self.plane.client.find(self.path)

    def made(self) -> Object:
        """It, once the operator has made it."""
        return eventually(lambda: self.found() or {}, f"there is a VLLMMonitor {self.name}")

    def status(self) -> Object:
        return dict((self.found() or {}).get("status", {}))

    def condition(self, kind: str) -> Object:
        """A condition as it is now; empty where it is not told."""
        return next((each for each in self.status().get("conditions", ()) if each["type"] == kind), {})

    def tells(self, kind: str, status: str, reason: str) -> str:
        """The message of a condition, once it says so."""

        def said() -> Object:
            told = self.condition(kind)
            return told if (told.get("status"), told.get("reason")) == (status, reason) else {}

        return str(eventually(said, f"VLLMMonitor {self.name} says {kind}={status}, {reason}")["message"])

    def counts(self) -> Object:
        """The pods of its only cluster."""
        return next((cluster["pods"] for cluster in self.status().get("clusters", ())), {})
