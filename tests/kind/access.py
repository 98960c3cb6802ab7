"""The right to do everything in a cluster, by a token: the one way that both kubectl and the tests' own client take."""

import base64
import json
from pathlib import Path
from typing import Any

from tests.kind.command import run
from tests.plane import assets, catalogue
from tests.plane.credentials import write_kubeconfig

ACCOUNT = "rayscope-tests"
NAMESPACE = "kube-system"
LIFETIME = "8760h"
LIMIT = 600.0
"""Seconds: what hangs is a failure, and not the end of a run."""


def kubectl(kubeconfig: Path, *arguments: str, stdin: str = "") -> str:
    """What it prints; CommandError if it fails."""
    return run(assets.program(catalogue.KUBECTL), f"--kubeconfig={kubeconfig}", *arguments, stdin=stdin, limit=LIMIT)


def write_token_kubeconfig(administrator: Path, target: Path) -> None:
    """To TARGET, a kubeconfig with the token of an account that may do everything, made as the ADMINISTRATOR."""
    for manifest in _account():
        kubectl(administrator, "apply", "-f", "-", stdin=json.dumps(manifest))
    token = kubectl(administrator, "-n", NAMESPACE, "create", "token", ACCOUNT, f"--duration={LIFETIME}")
    view = json.loads(kubectl(administrator, "config", "view", "--raw", "--minify", "--flatten", "-o", "json"))
    cluster = view["clusters"][0]["cluster"]
    authority = base64.b64decode(cluster["certificate-authority-data"]).decode()
    write_kubeconfig(target, server=cluster["server"], authority=authority, user=ACCOUNT, token=token)


def _account() -> list[dict[str, Any]]:
    account = {"kind": "ServiceAccount", "name": ACCOUNT, "namespace": NAMESPACE}
    role = {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "cluster-admin"}
    return [
        {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": ACCOUNT, "namespace": NAMESPACE}},
        {
            "apiVersion": "rbac.authorization.k8s.io/v1",
            "kind": "ClusterRoleBinding",
            "metadata": {"name": ACCOUNT},
            "roleRef": role,
            "subjects": [account],
        },
    ]
