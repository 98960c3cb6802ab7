"""What needs no control plane."""
