"""What somebody else may do: SubjectAccessReviews, for whoever may ask them."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass

from rayscope.kube.api import Api
from rayscope.kube.kinds import ACCESS_REVIEW
from rayscope.model.manifest import Manifest, mapping


@dataclass(frozen=True)
class Right:
    """A verb on a resource, in a namespace."""

    group: str
    resource: str
    verb: str
    namespace: str
    name: str | None = None

    def __str__(self) -> str:
        what = f"{self.resource}.{self.group}" if self.group else self.resource
        return f"{self.verb} {what}{f'/{self.name}' if self.name else ''} in {self.namespace}"

    def command(self, user: str) -> str:
        """How kubectl asks the same."""
        what = f"{self.resource}.{self.group}" if self.group else self.resource
        return f"kubectl auth can-i {self.verb} {what} -n {self.namespace} --as={user}"


async def lacking(api: Api, user: str, rights: Iterable[Right]) -> list[Right]:
    """Those of `rights` that `user` does not have; Forbidden where the caller may not ask."""
    asked = list(rights)
    answers = await asyncio.gather(*(api.ask(_question(user, right)) for right in asked))
    return [right for right, answer in zip(asked, answers, strict=True) if not mapping(answer, "status").get("allowed")]


def _question(user: str, right: Right) -> Manifest:
    attributes = {
        "group": right.group,
        "resource": right.resource,
        "verb": right.verb,
        "namespace": right.namespace,
        **({"name": right.name} if right.name else {}),
    }
    return {
        "apiVersion": ACCESS_REVIEW.api_version,
        "kind": ACCESS_REVIEW.kind,
        "spec": {"user": user, "groups": _groups(user), "resourceAttributes": attributes},
    }


def _groups(user: str) -> list[str]:
    """A ServiceAccount's groups, which roles may be bound to as well."""
    namespace = user.split(":")[2]
    return ["system:serviceaccounts", f"system:serviceaccounts:{namespace}", "system:authenticated"]
