"""Rayscope on a real kube-apiserver with the real KubeRay. No kubelet: pods stay Pending, no cluster becomes active."""
