"""Tests of what tests/plane does before it runs anything: finding, fetching and keeping its parts."""
