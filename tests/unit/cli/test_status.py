"""`rayscope status` as a table."""

from rayscope.cli.status import HEADER, aligned, rows
from rayscope.diagnosis.overview import ClusterView, ServiceView
from rayscope.model.status import MonitorStatus, Role, Source

ACTIVE = ClusterView("llm-a", Role.ACTIVE, total=3, injected=0, trouble="RestartRequired")
PENDING = ClusterView("llm-b", Role.PENDING, total=2, injected=2, trouble=None)


def view(*clusters: ClusterView, status: MonitorStatus | None = None) -> ServiceView:
    return ServiceView("serving", "llm", "vllm", clusters, ("llm-rayscope",), status)


def test_each_cluster_has_a_line_of_its_own() -> None:
    assert list(rows(view(ACTIVE, PENDING))) == [
        ("serving", "llm", "llm-a", "Active", "0/3", "-", "yes", "RestartRequired"),
        ("serving", "llm", "llm-b", "Pending", "2/2", "-", "yes", "RestartRequired"),
    ]


def test_a_service_without_a_cluster_has_a_line_too() -> None:
    assert list(rows(view())) == [("serving", "llm", "-", "-", "-", "-", "yes", "NoCluster")]


def test_the_source_is_what_its_vllmmonitor_has_seen() -> None:
    [row] = rows(view(PENDING, status=MonitorStatus(source=Source.BOTH)))
    assert row[5] == "Both"


def test_columns_are_aligned_and_lines_have_no_blanks_at_their_end() -> None:
    lines = list(aligned([HEADER, *rows(view(PENDING))]))
    assert lines[0].index("CLUSTER") == lines[1].index("llm-b")
    assert all(line == line.rstrip() for line in lines)
