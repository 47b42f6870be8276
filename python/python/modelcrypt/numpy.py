"""``safetensors.numpy``, for sealed files."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from ._keys import KeyArgument
from .safetensors import safe_open

if TYPE_CHECKING:
    import numpy as np

__all__ = ["load_file"]


def load_file(
    filename: str | os.PathLike[str], *, backend: str = "mmap", key: KeyArgument = None
) -> dict[str, np.ndarray]:
    """Loads all tensors of a sealed or plain safetensors file, in the order of their data.

    Arrays are writable. ``ml_dtypes`` has the types for ``BF16`` and the 8-bit floats; there is none for ``F4``
    and ``F6``. The parameters and errors are those of :class:`modelcrypt.safetensors.safe_open`.

    >>> load_file("model.safetensors", key="prod.key")["weight"].shape
    (2, 3)
    """
    with safe_open(filename, "np", backend=backend, key=key) as file:
        return file.get_tensors()
