"""The page for people who follow a link to the exporter."""

from __future__ import annotations

from rayscope import __version__
from rayscope.exporter.http.response import Response

INDEX = Response(
    200,
    "text/html; charset=utf-8",
    f"""\
<!DOCTYPE html>
<html lang="en">
<title>Rayscope exporter</title>
<h1>Rayscope exporter {__version__}</h1>
<p>Serves what the processes of this pod write through prometheus_client's multiprocess mode.</p>
<ul>
<li><a href="/metrics">/metrics</a>: the numbers, for Prometheus
<li><a href="/status">/status</a>: what was found, as JSON
<li><a href="/healthz">/healthz</a>: whether this program runs
</ul>
""".encode(),
)
