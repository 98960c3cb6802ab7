"""Rayscope: complete, correct Prometheus monitoring for vLLM on KubeRay, for one label."""

__version__ = "0.1.0"
