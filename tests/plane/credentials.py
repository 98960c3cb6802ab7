"""Who may talk to a plane: tokens of its own users, the key that signs service account tokens, kubeconfig files."""

import base64
import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

ADMIN = "admin"
CONTROLLER_MANAGER = "system:kube-controller-manager"
KUBERAY = "kuberay"


@dataclass(frozen=True)
class Tokens:
    """A bearer token for each user. All of them are masters; the names tell them apart in the audit log."""

    by_user: dict[str, str]

    def write(self, path: Path) -> None:
        lines = [f"{token},{user},{user},system:masters" for user, token in self.by_user.items()]
        _write_private(path, "\n".join(lines) + "\n")


def new_tokens() -> Tokens:
    return Tokens({user: secrets.token_urlsafe(24) for user in (ADMIN, CONTROLLER_MANAGER, KUBERAY)})


def write_signing_key(path: Path) -> None:
    """The key of service account tokens; an elliptic one is made at once. The apiserver reads no other format of it."""
    key = ec.generate_private_key(ec.SECP256R1())
    pem = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption()
    )
    _write_private(path, pem.decode())


def write_kubeconfig(path: Path, *, server: str, authority: str, user: str, token: str) -> None:
    """AUTHORITY is the PEM text that the server's certificate is verified with."""
    config: dict[str, Any] = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [
            {
                "name": "plane",
                "cluster": {
                    "server": server,
                    "certificate-authority-data": base64.b64encode(authority.encode()).decode(),
                },
            }
        ],
        "users": [{"name": user, "user": {"token": token}}],
        "contexts": [{"name": "plane", "context": {"cluster": "plane", "user": user}}],
        "current-context": "plane",
    }
    _write_private(path, yaml.safe_dump(config, sort_keys=False))


def _write_private(path: Path, text: str) -> None:
    path.touch(mode=0o600)
    path.write_text(text)
