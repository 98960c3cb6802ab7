"""What a pod costs in series, and that the documentation says so."""

from __future__ import annotations

from pathlib import Path

from tests.dashboards.cardinality import of_rays_port, of_the_exporter, table
from tests.dashboards.coverage import document


def test_of_rays_own_port_a_quarter_is_stored() -> None:
    cost = of_rays_port()
    assert cost.stored <= cost.exported / 4


def test_the_documentation_says_how_many_series_a_replica_costs(tmp_path: Path) -> None:
    expected = table(of_the_exporter(tmp_path), of_rays_port())
    assert expected in document(), expected
