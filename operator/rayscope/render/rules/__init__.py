"""What a Prometheus evaluates: one vocabulary over all sources of vLLM's numbers, and the alerts on it. Pure."""
