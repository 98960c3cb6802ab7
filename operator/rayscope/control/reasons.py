"""Why the process ended: what needs one line, and what is a fault of ours and needs a traceback."""

from __future__ import annotations

from kubernetes.aio.config import ConfigException

from rayscope.control.dev import InstalledError
from rayscope.kube.errors import ApiError
from rayscope.kube.lock import LostError

EXPECTED = (ApiError, LostError, InstalledError, ConfigException, OSError)


def innermost(end: BaseException) -> BaseException:
    """The first single exception of a group."""
    while isinstance(end, BaseExceptionGroup):
        end = end.exceptions[0]
    return end


def expected(cause: BaseException) -> bool:
    """Whether the surroundings are to blame: the API server, the network, another replica, the configuration."""
    return isinstance(cause, EXPECTED)
