"""Accept and Accept-Encoding, as scrapers of every age send them."""

from __future__ import annotations

import pytest

from rayscope.exporter.http.negotiation import OPENMETRICS, TEXT, accepts_gzip, choose_format

PROMETHEUS_3 = (
    "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,"
    "application/openmetrics-text;version=0.0.1;q=0.5,"
    "text/plain;version=1.0.0;escaping=allow-utf-8;q=0.4,text/plain;version=0.0.4;q=0.3,*/*;q=0.2"
)
PROMETHEUS_2_NATIVE_HISTOGRAMS = (
    "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited,"
    "application/openmetrics-text;version=1.0.0;q=0.8,text/plain;version=0.0.4;q=0.5,*/*;q=0.1"
)
PROMETHEUS_2_TEXT_ONLY = "text/plain;version=0.0.4;q=1,*/*;q=0.1"


@pytest.mark.parametrize(
    ("accept", "chosen"),
    [
        (PROMETHEUS_3, OPENMETRICS),
        (PROMETHEUS_2_NATIVE_HISTOGRAMS, OPENMETRICS),
        (PROMETHEUS_2_TEXT_ONLY, TEXT),
        ("", TEXT),
        ("*/*", TEXT),
        ("text/*", TEXT),
        ("application/*", OPENMETRICS),
        ("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", TEXT),
        ("application/json", TEXT),
        ("application/openmetrics-text", OPENMETRICS),
        ('Application/OpenMetrics-Text; Version="1.0.0"; charset=utf-8', OPENMETRICS),
        ("application/openmetrics-text;version=0.0.1", TEXT),
        ("application/openmetrics-text;version=2.0.0,text/plain;q=0.1", TEXT),
        ("text/plain;version=0.0.4,application/openmetrics-text;version=1.0.0", TEXT),
        ("application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4", OPENMETRICS),
        ("application/openmetrics-text;q=0,text/plain;q=0.001", TEXT),
        ("application/openmetrics-text;q=0", TEXT),
        ("application/openmetrics-text;q=rubbish,text/plain;q=0.1", TEXT),
        ("application/openmetrics-text;q=7,text/plain;q=0.1", TEXT),
        (",, ;;, =;q=,", TEXT),
    ],
)
def test_the_format_of_highest_weight_that_we_speak_is_chosen(accept: str, chosen: str) -> None:
    assert choose_format(accept) == chosen


@pytest.mark.parametrize(
    ("accept_encoding", "gzip"),
    [
        ("gzip", True),
        ("gzip, deflate, br", True),
        ("zstd, GZIP;q=0.5", True),
        ("x-gzip", True),
        ("*", True),
        ("", False),
        ("identity", False),
        ("deflate, zstd", False),
        ("gzip;q=0", False),
        ("gzip;q=0.0, *", False),
        ("*;q=0", False),
    ],
)
def test_gzip_is_used_only_where_the_client_lists_it(accept_encoding: str, *, gzip: bool) -> None:
    assert accepts_gzip(accept_encoding) is gzip
