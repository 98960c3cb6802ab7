"""The images that tests run, each in the local Docker when its function returns its tag."""

from collections.abc import Callable

ALL: tuple[Callable[[], str], ...] = ()
