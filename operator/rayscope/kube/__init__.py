"""Access to the cluster: live, asynchronous, plain data in and out. Knows nothing of Ray or of monitoring."""
