"""The app of `stall.py`: answers tiny requests, and offers the usual `/metrics` route over the whole directory."""

from __future__ import annotations

import sys

import uvicorn
from prometheus_client import CollectorRegistry, Counter, make_asgi_app
from prometheus_client.multiprocess import MultiProcessCollector
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Mount, Route

REQUESTS = Counter("app_requests", "Requests answered.")


async def token(_request: Request) -> PlainTextResponse:
    """As little as an app can do."""
    REQUESTS.inc()
    return PlainTextResponse("token")


def application() -> Starlette:
    registry = CollectorRegistry()
    MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    return Starlette(routes=[Route("/token", token), Mount("/metrics", make_asgi_app(registry))])


if __name__ == "__main__":
    uvicorn.run(application(), host="127.0.0.1", port=int(sys.argv[1]), log_level="error")
