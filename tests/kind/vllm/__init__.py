"""An image with vLLM: what is run while it is built."""
