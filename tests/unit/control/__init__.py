"""The reconciler's parts."""
