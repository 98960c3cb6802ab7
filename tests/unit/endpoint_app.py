"""The app that test_endpoint.py runs: FastAPI, a counter and a gauge, and the route as the README shows it."""

import os

from rayscope.endpoint import MetricsEndpoint

from fastapi import FastAPI  # isort: skip - the endpoint comes first, as its documentation asks
from prometheus_client import Counter, Gauge  # isort: skip

app = FastAPI()
app.add_route("/metrics", MetricsEndpoint())  # type: ignore[arg-type]  # an ASGI app, as Starlette's Route takes it

REQUESTS = Counter("app_requests", "Requests answered.")
LATEST = Gauge("app_latest_request", "The latest request's number.", multiprocess_mode="mostrecent")


@app.get("/work/{number}")
async def work(number: int) -> dict[str, int]:
    REQUESTS.inc()
    LATEST.set(number)
    return {"pid": os.getpid()}
