"""Dashboards and rules on a real Prometheus that scrapes what a vLLM service exports, by either way."""
