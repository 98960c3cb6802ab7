"""Manifests as people write them: edited as text, proved as data."""
