"""Access to the cluster."""
