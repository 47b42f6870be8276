"""Spans of time, as they are given."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

from ._errors import InvalidInput

Span = float | timedelta
"""Seconds, or a ``timedelta``."""


def span_of(given: Span) -> timedelta:
    """Gives what is meant; no span is negative."""
    try:
        span = given if isinstance(given, timedelta) else timedelta(seconds=given)
    except (OverflowError, ValueError):
        raise InvalidInput(f"{given} is no number of seconds") from None
    if span < timedelta():
        raise InvalidInput(f"{given} is no number of seconds")
    return span


Age = Span | str
"""A span, or its text as the command line takes it: ``"90s"``, ``"15m"``, ``"24h"``, ``"90d"``."""


def age_of(given: Age) -> timedelta:
    """Gives what is meant."""
    if not isinstance(given, str):
        return span_of(given)
    parts = re.fullmatch(r"([0-9]{1,12})([smhd])", given)
    if parts is None:
        raise InvalidInput(f"{given!r} is not a number with s, m, h or d behind it")
    try:
        return int(parts[1]) * _UNITS[parts[2]]
    except OverflowError:
        raise InvalidInput(f"{given!r} is too long") from None


When = datetime | Age
"""A time with a timezone, or how far it is from now."""


def moment_of(given: When) -> datetime:
    """Gives what is meant."""
    if not isinstance(given, datetime):
        try:
            return datetime.now(UTC) + age_of(given)
        except OverflowError:
            raise InvalidInput(f"{given!r} is too far from now") from None
    if given.tzinfo is None:
        raise InvalidInput("a time has no timezone")
    return given


_UNITS = {"s": timedelta(seconds=1), "m": timedelta(minutes=1), "h": timedelta(hours=1), "d": timedelta(days=1)}
