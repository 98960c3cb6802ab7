"""A real control plane, as plain processes: etcd, kube-apiserver, kube-controller-manager and the KubeRay operator.

There is no kubelet, so pods stay Pending; everything else is what a cluster does.
It must never need root or containers, use a fixed port, or leave a process behind.
"""

from tests.plane.plane import Plane

__all__ = ["Plane"]
