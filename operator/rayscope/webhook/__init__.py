"""The admission webhook: answers the API server's reviews of RayClusters, and keeps its own certificates.

It changes nothing but the answer that it is asked for, and refuses nobody: whatever goes wrong, the cluster is created.
"""
