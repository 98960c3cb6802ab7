"""What goes into the image of Ray: its path is where Python imports from there."""
