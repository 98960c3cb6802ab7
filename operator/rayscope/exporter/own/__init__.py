"""What the exporter says of its own: about itself, the directory, and the engines' steps."""
