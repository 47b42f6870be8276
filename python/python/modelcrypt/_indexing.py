"""What an index means to a tensor of some shape: the same as to the whole tensor in memory."""

from __future__ import annotations

import operator
from typing import Any, NamedTuple

Taken = int | tuple[int, int, int]
"""Of one dimension: a position, or start, stop and step with 0 <= start <= stop <= size and step > 0."""


class Selection(NamedTuple):
    """What an index takes."""

    taken: list[Taken]
    """One for each dimension."""
    new_axes: list[int]
    """Places in the result's shape where a dimension of 1 is put in, from the first to the last."""


def selection(index: Any, shape: list[int], *, bool_is_int: bool) -> Selection | None:
    """Reads integers, slices that go forwards, ``...`` and ``None``.

    Returns ``None`` for everything else: the framework itself has to make sense of it.

    :raises IndexError: if the index reaches out of the shape.
    """
    items = index if isinstance(index, tuple) else (index,)
    dots = [at for at, item in enumerate(items) if item is Ellipsis]
    if len(dots) > 1 or (not bool_is_int and any(isinstance(item, bool) for item in items)):
        return None
    asked = sum(1 for item in items if item is not Ellipsis and item is not None)
    if asked > len(shape):
        raise IndexError(f"{asked} indices for {len(shape)} dimensions")
    rest = [slice(None)] * (len(shape) - asked)
    at = dots[0] if dots else len(items)
    taken: list[Taken] = []
    new_axes: list[int] = []
    axes = 0
    for item in (*items[:at], *rest, *items[at + 1 :]):
        if item is None:
            new_axes.append(axes)
            axes += 1
            continue
        one = _taken(item, len(taken), shape)
        if one is None:
            return None
        taken.append(one)
        axes += not isinstance(one, int)
    return Selection(taken, new_axes)


def _taken(item: Any, dimension: int, shape: list[int]) -> Taken | None:
    size = shape[dimension]
    if isinstance(item, slice):
        if item.step is not None and operator.index(item.step) <= 0:
            return None
        start, stop, step = item.indices(size)
        return start, max(start, stop), step
    try:
        position = operator.index(item)
    except (TypeError, ValueError):
        return None
    if not -size <= position < size:
        raise IndexError(f"index {position} is out of range for dimension {dimension} of size {size}")
    return position % size
