"""A real Kubernetes cluster with nodes that run pods, in containers by kind; and the images that tests run in it.

What can be pulled is pulled; where no registry is reached, everything is made from Debian packages, Go modules and
PyPI. It stops only what it started, and nothing that runs in the cluster leaves the machine.
"""

from tests.kind.cluster import Cluster

__all__ = ["Cluster"]
