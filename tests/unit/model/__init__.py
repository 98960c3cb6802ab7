"""The domain's words: what one means in terms of another."""
