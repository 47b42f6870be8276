"""Spans of time, as they are given."""

from __future__ import annotations

from datetime import timedelta

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
