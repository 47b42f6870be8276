"""Keeps ML model files encrypted at rest and hands them to the program that loads them.

Models are encrypted, decrypted and looked after by the functions here; :class:`MasterKey` is what opens and seals.
They are loaded in one of three ways: by ``modelcrypt.torch``, ``.numpy`` and ``.safetensors``, which stand in for the
modules of ``safetensors``; by programs that use ``safetensors``, once :func:`patch` was called; and by everything
else from the directory that :func:`temporary_decrypt` makes. ``modelcrypt.presign`` signs URLs, :class:`Masker` keeps
secrets out of logs, and ``modelcrypt.credentials`` hands out what programs log in with.
"""

from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING

from . import presign as presign
from ._documents import open_bytes, seal_bytes
from ._errors import (
    AlreadyExists,
    Error,
    InvalidInput,
    Io,
    NoKey,
    NotFound,
    PermissionDenied,
    PolicyViolation,
    Tampered,
    Truncated,
    Unavailable,
    Unsupported,
    WrongKey,
)
from ._guard import TemporaryDecrypt, temporary_decrypt
from ._masker import Masker
from ._modelcrypt import MasterKey, __version__
from ._patch import Patch, patch, unpatch
from ._reports import FileReport, FileStatus, Report, StatusReport
from ._verbs import decrypt_dir, encrypt_dir, reencrypt, rewrap, status, sweep, verify_dir

__all__ = [
    "AlreadyExists",
    "Error",
    "FileReport",
    "FileStatus",
    "InvalidInput",
    "Io",
    "Masker",
    "MasterKey",
    "NoKey",
    "NotFound",
    "Patch",
    "PermissionDenied",
    "PolicyViolation",
    "Report",
    "StatusReport",
    "Tampered",
    "TemporaryDecrypt",
    "Truncated",
    "Unavailable",
    "Unsupported",
    "WrongKey",
    "__version__",
    "decrypt_dir",
    "encrypt_dir",
    "open_bytes",
    "patch",
    "reencrypt",
    "rewrap",
    "seal_bytes",
    "status",
    "sweep",
    "temporary_decrypt",
    "unpatch",
    "verify_dir",
]

if TYPE_CHECKING:
    from . import credentials as credentials
    from . import numpy as numpy
    from . import safetensors as safetensors
    from . import torch as torch
else:

    def __getattr__(name: str) -> ModuleType:
        """Imports what needs a framework, or a part that the package may lack, when it is asked for."""
        if name in {"credentials", "numpy", "safetensors", "torch"}:
            return import_module(f".{name}", __name__)
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
