"""The dashboards by the names of their files."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from rayscope.dashboards.source.frame import Board
from rayscope.dashboards.source.health import health
from rayscope.dashboards.source.overview import overview
from rayscope.dashboards.source.service import service

BOARDS: Mapping[str, Callable[[], Board]] = {"overview": overview, "service": service, "rayscope": health}
