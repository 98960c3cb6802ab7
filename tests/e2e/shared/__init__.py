"""Stories of one RayService, which counts from its first request on: each leaves it as it was, but for its sums."""
