"""All tests, in tiers: unit (pure, and the exporter on real directories), control (a real control plane)."""
