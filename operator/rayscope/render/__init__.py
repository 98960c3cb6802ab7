"""What Rayscope puts beside a service: its monitors and its exporter, as manifests.

Pure: a manifest in, manifests out. Nothing here reads a cluster, a clock or a file, and the same input always gives
the same bytes, because an apply that changes nothing is then no write at all.
"""
