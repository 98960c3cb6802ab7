"""What Rayscope speaks about: names, services, clusters, payloads. Pure: no I/O, no clock, no cluster."""
