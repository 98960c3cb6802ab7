"""Times on the command line, as kubectl takes them."""

import pytest

from rayscope.cli.duration import Duration


@pytest.mark.parametrize(
    ("given", "seconds"),
    [("90", 90.0), ("90s", 90.0), ("30m", 1800.0), ("1h30m", 5400.0), ("1.5s", 1.5), ("250ms", 0.25), (7, 7.0)],
)
def test_a_duration_is_seconds(given: object, seconds: float) -> None:
    assert Duration().convert(given, None, None) == seconds
