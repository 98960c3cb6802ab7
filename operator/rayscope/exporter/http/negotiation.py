"""Which exposition format and encoding a client wants, by Accept and Accept-Encoding (RFC 9110 12.5).

It never refuses: a scraper that asks for what we do not speak gets the text format, as from every client library.
"""

from __future__ import annotations

from typing import Iterator

TEXT = "text"
OPENMETRICS = "openmetrics"
CONTENT_TYPES = {
    TEXT: "text/plain; version=0.0.4; charset=utf-8",
    OPENMETRICS: "application/openmetrics-text; version=1.0.0; charset=utf-8",
}
_OFFERS = {
    "application/openmetrics-text": (OPENMETRICS, "1.0.0"),
    "text/plain": (TEXT, "0.0.4"),
    "text/*": (TEXT, None),
    "application/*": (OPENMETRICS, None),
    "*/*": (TEXT, None),
}


def choose_format(accept: str) -> str:
    """TEXT or OPENMETRICS: the range of highest q that we can serve; the first of equals; TEXT where nothing fits."""
    best, best_q = TEXT, 0.0
    for media, parameters, q in _ranges(accept):
        offer, version = _OFFERS.get(media, ("", None))
        if offer and q > best_q and parameters.get("version", version) == version:
            best, best_q = offer, q
    return best


def accepts_gzip(accept_encoding: str) -> bool:
    """Whether the client lists gzip, or `*`, with a q above 0. No header means identity only."""
    weights = {coding: q for coding, _, q in _ranges(accept_encoding)}
    return weights.get("gzip", weights.get("x-gzip", weights.get("*", 0.0))) > 0.0


def _ranges(header: str) -> Iterator[tuple[str, dict[str, str], float]]:
    """Each comma-separated element as (lower-case name, parameters, q). A q that is no number counts as 0."""
    for element in header.split(","):
        name, *rest = (part.strip() for part in element.split(";"))
        if not name:
            continue
        parameters = {}
        for part in rest:
            key, _, value = part.partition("=")
            parameters[key.strip().lower()] = value.strip().strip('"')
        yield name.lower(), parameters, _quality(parameters.pop("q", "1"))


def _quality(text: str) -> float:
    try:
        q = float(text)
    except ValueError:
        return 0.0
    return q if 0.0 <= q <= 1.0 else 0.0
