"""The rules, by Prometheus' own unit tests: what is recorded; that alerts fire, keep silent, and resolve."""
