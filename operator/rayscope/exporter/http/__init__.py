"""One thread that answers many clients."""
