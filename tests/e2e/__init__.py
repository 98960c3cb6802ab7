"""The whole of it on a real cluster: real pods, real Ray, real Prometheus; each test is a story of a user."""
