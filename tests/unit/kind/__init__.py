"""What of tests/kind is pure, without Docker."""
