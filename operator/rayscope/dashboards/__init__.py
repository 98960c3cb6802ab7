"""What people look at: Grafana dashboards, as JSON that is part of the package.

`source` makes the JSON from code and needs a library that only development has; everything else reads what it made.
"""
