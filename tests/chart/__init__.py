"""The chart: what it renders for which values, that what is made from it is fresh, and that the API server takes it."""
