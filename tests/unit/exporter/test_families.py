"""What the exporter writes itself is what prometheus_client's parsers read."""

from __future__ import annotations

from prometheus_client.openmetrics.parser import text_string_to_metric_families as openmetrics_families
from prometheus_client.parser import text_string_to_metric_families as text_families

from rayscope.exporter.own.families import OwnFamily, counter, gauge, histogram, labelled, render

AWKWARD = 'back\\slash, "quotes", new\nline, 漢字'


def families() -> list[OwnFamily]:
    return [
        gauge("a_gauge", AWKWARD, (labelled(reason=AWKWARD), 1.5), (labelled(reason=""), float("inf"))),
        counter("a_counter", "Counts.", (labelled(a="b", c="d"), 3)),
        histogram("a_histogram", "Sizes.", (0, 1.5, 10), (labelled(engine="0"), [1, 2, 0, 4], 99.5)),
        gauge("without_samples", "Not shown."),
    ]


def test_openmetrics_is_read_back_as_it_was_meant() -> None:
    text = render(families(), openmetrics=True).decode() + "# EOF\n"
    read = {family.name: family for family in openmetrics_families(text)}  # type: ignore[no-untyped-call]
    assert [(name, family.type) for name, family in read.items()] == [
        ("a_gauge", "gauge"),
        ("a_counter", "counter"),
        ("a_histogram", "histogram"),
    ]
    assert read["a_gauge"].documentation == AWKWARD
    assert [(one.labels, one.value) for one in read["a_gauge"].samples] == [
        ({"reason": AWKWARD}, 1.5),
        ({"reason": ""}, float("inf")),
    ]
    assert [(one.name, one.labels.get("le"), one.value) for one in read["a_histogram"].samples] == [
        ("a_histogram_bucket", "0.0", 1),
        ("a_histogram_bucket", "1.5", 3),
        ("a_histogram_bucket", "10.0", 3),
        ("a_histogram_bucket", "+Inf", 7),
        ("a_histogram_count", None, 7),
        ("a_histogram_sum", None, 99.5),
    ]


def test_the_text_format_has_the_same_samples() -> None:
    text = text_families(render(families(), openmetrics=False).decode())
    openmetrics = openmetrics_families(  # type: ignore[no-untyped-call]
        render(families(), openmetrics=True).decode() + "# EOF\n"
    )
    flat = [
        [(one.name, one.labels, one.value) for family in read for one in family.samples] for read in (text, openmetrics)
    ]
    assert flat[0] == flat[1]


def test_the_text_format_names_a_counter_with_its_suffix() -> None:
    assert b"# TYPE a_counter_total counter\n" in render(families(), openmetrics=False)
    assert b"# TYPE a_counter counter\n" in render(families(), openmetrics=True)
