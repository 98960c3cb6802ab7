"""How numbers, names and labels are written, against prometheus_client and Prometheus' own rules."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client.openmetrics.exposition import escape_label_name, escape_metric_name
from prometheus_client.utils import floatToGoString

from rayscope.exporter.numbers.format import Family, go_string, labels_text, legal_labels, metric_name, numbers


@given(st.floats())
def test_numbers_are_written_as_prometheus_client_does(value: float) -> None:
    assert go_string(value) == floatToGoString(value)  # type: ignore[no-untyped-call]
    assert numbers([value]) == [floatToGoString(value)]  # type: ignore[no-untyped-call]


@pytest.mark.parametrize(
    "value", [1e6, 999999.9, 123456789.5, 1e15, 1e16, 1e21, 1.5e300, 5e-324, -1e6, -1e17, 0.0, -0.0]
)
def test_so_are_the_ones_where_the_form_changes(value: float) -> None:
    assert numbers([value]) == [floatToGoString(value)]  # type: ignore[no-untyped-call]


@given(st.text(min_size=1))
def test_names_are_made_legal_as_prometheus_client_does(name: str) -> None:
    assert metric_name(name) == escape_metric_name(name)
    assert legal_labels([(name, "x")]) == ((escape_label_name(name), "x"),)


def test_labels_are_sorted_and_escaped() -> None:
    labels = legal_labels([("b", 'say "hi"'), ("a", "back\\slash\nnew line")])
    assert labels_text(labels) == '{a="back\\\\slash\\nnew line",b="say \\"hi\\""}'
    assert labels_text(()) == ""


def test_a_counters_name_has_its_suffix_in_the_text_format_only() -> None:
    family = Family("requests", "counter", 'With "quotes", back\\slash and\nnew line.')
    assert family.text_header() == (
        '# HELP requests_total With "quotes", back\\\\slash and\\nnew line.\n# TYPE requests_total counter\n'
    )
    assert family.openmetrics_header() == (
        '# HELP requests With \\"quotes\\", back\\\\slash and\\nnew line.\n# TYPE requests counter\n'
    )
