"""Tell the story; the exit status is 0 only if every claim held."""

import signal
import sys
from contextlib import ExitStack

from tests.demo import numbers
from tests.demo.monitored import Stage
from tests.demo.story import Story
from tests.plane import Plane


def main() -> int:
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    story = Story()
    try:
        tell(story)
    except KeyboardInterrupt:
        return 130
    story.end()
    return 1 if story.failed else 0


def tell(story: Story) -> None:
    with ExitStack() as stack:
        with story.chapter("A control plane of its own: etcd, kube-apiserver, KubeRay"):
            stage = Stage(stack.enter_context(Plane()))
            story.say(f"KUBECONFIG={stage.plane.kubeconfig}")
        with story.chapter("Rayscope, as `rayscope operator --dev` runs from a checkout"):
            stage.start_operator()
            story.say("its CRD is installed, its webhook registered")
        with story.chapter("One of KubeRay's own vLLM samples, labelled and applied"):
            stage.apply(story)
        with story.chapter("What KubeRay made of it, and what Rayscope put in"):
            stage.show_cluster(story)
        with story.chapter("What Prometheus will scrape"):
            stage.show_monitor(story)
        with story.chapter("The numbers: two live processes, and the exporter that the pods would run"):
            numbers.tell(story, stage.exporter())


if __name__ == "__main__":
    sys.exit(main())
