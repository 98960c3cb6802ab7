"""A rollout, asked of KubeRay by whoever runs the command, with their own rights and at their own cost.

KubeRay compares an annotation of the cluster with the hash of the service's spec; another value there is its reason to
make a new cluster from the unchanged spec. No process of Rayscope ever does this by itself.
"""
