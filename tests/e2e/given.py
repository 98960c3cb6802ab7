"""A cluster that somebody gave ($KUBECONFIG): it is used as it is, and loses nothing but what these tests put there.

Its nodes pull images, so those of the tests have to be where it finds them, and the environment names them.
"""

import os
from collections.abc import Iterable, Mapping
from pathlib import Path

from tests.kind import Cluster
from tests.kind.access import ACCOUNT, NAMESPACE, kubectl, write_token_kubeconfig


class Given(Cluster):
    """By the kubeconfig of somebody who may do everything there."""

    def __init__(self, administrator: Path, images: Mapping[str, str], *, keep: bool = False) -> None:
        super().__init__("given", keep=keep)
        self._administrator = administrator
        self.images = images
        """By what they are of, as named() has them."""

    def up(self) -> bool:
        self._folder.mkdir(parents=True, exist_ok=True)
        try:
            write_token_kubeconfig(self._administrator, self.kubeconfig)
        except BaseException:
            self.down()
            raise
        return True

    def down(self) -> None:
        """Take back the tests' own rights; the cluster stays."""
        kubectl(self._administrator, "delete", "--ignore-not-found", "clusterrolebinding", ACCOUNT)
        where = f"--namespace={NAMESPACE}"
        kubectl(self._administrator, where, "delete", "--ignore-not-found", "serviceaccount", ACCOUNT)

    def load(self, image: str) -> None:
        """Nothing to do: its nodes pull them."""

    @property
    def nodes(self) -> list[str]:
        raise NotImplementedError("nobody is root on a given cluster's nodes")


def variable(what: str) -> str:
    return f"E2E_{what.upper()}_IMAGE"


def named(wanted: Iterable[str]) -> dict[str, str]:
    """The images that a given cluster is to use: all that are wanted, or an error that says what is not named."""
    names = {what: os.environ.get(variable(what), "") for what in wanted}
    if missing := [variable(what) for what, name in names.items() if not name]:
        raise LookupError(
            f"The cluster of $KUBECONFIG pulls its images itself: {', '.join(missing)} must name them. "
            "`python -m tests.e2e` makes them and prints these variables; push them to where its nodes pull from."
        )
    return names
