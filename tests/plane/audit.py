"""What was asked of the apiserver, by whom, from its audit log: it sees every verb of every client."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

READS = frozenset({"get", "list", "watch"})


@dataclass(frozen=True)
class Request:
    """One request. A watch has two: when it started and when it ended."""

    user: str
    agent: str
    verb: str
    group: str
    resource: str
    subresource: str
    namespace: str
    name: str
    uri: str
    stage: str
    status: int
    message: str
    """Why it was refused, if it was."""

    @property
    def writes(self) -> bool:
        return self.verb not in READS

    @classmethod
    def from_event(cls, event: dict[str, Any]) -> Self:
        target, answer = event.get("objectRef", {}), event.get("responseStatus", {})
        return cls(
            user=event["user"]["username"],
            agent=event.get("userAgent", ""),
            verb=event["verb"],
            group=target.get("apiGroup", ""),
            resource=target.get("resource", ""),
            subresource=target.get("subresource", ""),
            namespace=target.get("namespace", ""),
            name=target.get("name", ""),
            uri=event["requestURI"],
            stage=event["stage"],
            status=answer.get("code", 0),
            message=answer.get("message", ""),
        )


class AuditLog:
    """The log of one plane. The apiserver writes a line before it answers, so what has been answered is in it."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def mark(self) -> int:
        """Now, to be given to `since`."""
        return self.path.stat().st_size

    def since(self, mark: int = 0) -> Iterator[Request]:
        """Every request after MARK, of every user; a line that is just being written is left out."""
        with self.path.open("rb") as log:
            log.seek(max(mark - 1, 0))
            if mark and not log.readline().endswith(b"\n"):
                return  # the mark is in a line that is still being written
            for line in log:
                if line.endswith(b"\n"):
                    yield Request.from_event(json.loads(line))
