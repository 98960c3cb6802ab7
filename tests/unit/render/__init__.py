"""Rendering: what stands beside a service, and how the API server finds Rayscope."""
