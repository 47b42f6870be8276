"""Who hears of progress: a callback, a tqdm bar, or nobody."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

Callback = Callable[[int, int, Path | None], object]
"""Takes bytes done, bytes in all, and the file that has just been finished, if one has. It is called in the
thread that called the verb; what it raises stops the verb. In place, each byte counts twice: sealed and read
back."""

ProgressArgument = Callback | bool | None


@contextmanager
def heard_by(progress: ProgressArgument) -> Iterator[Callback | None]:
    """Gives the callback for ``progress``, and takes the bar away in the end."""
    if progress is None or progress is False:
        yield None
    elif progress is True:
        with _bar() as callback:
            yield callback
    elif callable(progress):
        yield progress
    else:
        raise TypeError(f"progress is a callable, True or None, not {type(progress).__name__}")


@contextmanager
def _bar() -> Iterator[Callback]:
    try:
        from tqdm.auto import tqdm
    except ImportError as error:
        raise ImportError("progress=True shows a tqdm bar: `pip install tqdm`, or pass a callable") from error
    with tqdm(total=0, unit="B", unit_scale=True, dynamic_ncols=True) as bar:

        def show(done: int, total: int, path: Path | None) -> None:
            bar.total = total
            if path is not None:
                bar.set_postfix_str(path.name, refresh=False)
            bar.update(done - bar.n)

        yield show
