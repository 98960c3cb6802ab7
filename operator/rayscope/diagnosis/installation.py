"""Rayscope itself, as it is installed in this cluster: where, and as which ServiceAccount."""

from __future__ import annotations

from dataclasses import dataclass

from rayscope.kube.api import Api
from rayscope.kube.errors import Forbidden
from rayscope.kube.kinds import DEPLOYMENT, SERVICE_ACCOUNT
from rayscope.model.manifest import Manifest, mapping
from rayscope.model.names import COMPONENT_LABEL, MANAGER, NAME_LABEL
from rayscope.model.service import Key

USUAL = Key(MANAGER, MANAGER)
"""The ServiceAccount of deploy/base."""


@dataclass(frozen=True)
class Installation:
    """What is known of it."""

    account: Key
    certain: bool
    """Whether there is such an account; otherwise it runs as another, or outside of the cluster."""

    @property
    def user(self) -> str:
        return f"system:serviceaccount:{self.account.namespace}:{self.account.name}"

    @property
    def logs(self) -> str:
        """The command that shows what it says."""
        return f"kubectl logs -n {self.account.namespace} -l {NAME_LABEL}={MANAGER} --tail=100"


async def find(api: Api, account: Key | None = None) -> Installation:
    """By its Deployment's labels where the caller may list Deployments; else at the usual place."""
    if account is None and (deployment := await _deployment(api)):
        name = mapping(deployment, "spec", "template", "spec").get("serviceAccountName") or "default"
        return Installation(Key(deployment["metadata"]["namespace"], name), certain=True)
    usual = account or USUAL
    return Installation(usual, certain=await _exists(api, usual))


async def _deployment(api: Api) -> Manifest | None:
    try:
        found = await api.list(DEPLOYMENT, labels=f"{NAME_LABEL}={MANAGER},{COMPONENT_LABEL}=operator")
    except Forbidden:
        return None
    return next(iter(found), None)


async def _exists(api: Api, account: Key) -> bool:
    try:
        return await api.get(SERVICE_ACCOUNT, account.name, account.namespace) is not None
    except Forbidden:
        return False
