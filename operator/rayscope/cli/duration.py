"""A time on the command line, as kubectl takes it: 90, 90s, 30m, 1h30m."""

from __future__ import annotations

import re

import click

UNITS = {"h": 3600.0, "m": 60.0, "s": 1.0, "ms": 0.001}
PART = re.compile(r"(\d+(?:\.\d+)?)(ms|[hms])")


class Duration(click.ParamType[float]):
    """Seconds."""

    name = "duration"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> float:
        if isinstance(value, float | int):
            return float(value)
        text = str(value)
        if re.fullmatch(r"\d+(\.\d+)?", text):
            return float(text)
        if not re.fullmatch(f"({PART.pattern})+", text):
            self.fail(f"{text!r} is no duration, such as 90s or 30m", param, ctx)
        return sum(float(number) * UNITS[unit] for number, unit in PART.findall(text))
