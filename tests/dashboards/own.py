"""The operator's own metrics, from its real registry, with a little done by hand for each of them.

python -m tests.dashboards.own PORT
"""

from __future__ import annotations

import sys

from prometheus_client import start_http_server

from rayscope.control import figures
from rayscope.webhook import keeper, review


def work() -> None:
    """What a visit, a notice and a resync leave behind, with the labels that the operator gives them."""
    figures.visits.labels("done").inc()
    figures.durations.observe(0.03)
    figures.writes.labels("PodMonitor", "apply").inc()
    figures.events.labels("Injected").inc()
    figures.resyncs.labels("done").inc()
    review.reviews.labels("CREATE", "injected").inc()


def main(port: int) -> None:
    work()
    figures.leader.set(1)
    figures.services.set(2)
    figures.missing.labels("PodMonitor").set(0)
    figures.conditions.labels("Selected", "False").set(0)
    keeper.expiry.set_to_current_time()
    server, thread = start_http_server(port, "127.0.0.1")
    print("ready", flush=True)
    for _ in sys.stdin:
        work()
        print("done", flush=True)
    server.shutdown()
    thread.join()


if __name__ == "__main__":
    main(int(sys.argv[1]))
