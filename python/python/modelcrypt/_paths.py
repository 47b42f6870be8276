"""Where a sealed file stands in the place of a plain one."""

from __future__ import annotations

import os
from pathlib import Path

SEALED_SUFFIX = ".enc"


def sealed_form(filename: str | os.PathLike[str]) -> Path | None:
    """Gives the path of the sealed file that stands where ``filename`` does not."""
    path = Path(filename)
    sealed = path.with_name(path.name + SEALED_SUFFIX) if path.name else path
    return sealed if not path.exists() and sealed.is_file() else None
