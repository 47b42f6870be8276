"""Keeps ML model files encrypted at rest and hands them to the program that loads them.

Directories are encrypted in place, and so on, by the functions here; :class:`MasterKey` is what opens and seals.
"""

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
from ._modelcrypt import MasterKey, __version__
from ._reports import FileReport, FileStatus, Report, StatusReport
from ._verbs import decrypt_dir, encrypt_dir, reencrypt, rewrap, status, sweep, verify_dir

__all__ = [
    "AlreadyExists",
    "Error",
    "FileReport",
    "FileStatus",
    "InvalidInput",
    "Io",
    "MasterKey",
    "NoKey",
    "NotFound",
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
    "reencrypt",
    "rewrap",
    "seal_bytes",
    "status",
    "sweep",
    "temporary_decrypt",
    "verify_dir",
]
