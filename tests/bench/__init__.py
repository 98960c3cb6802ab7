"""What Rayscope costs, as ratios: one JSON object a line."""
