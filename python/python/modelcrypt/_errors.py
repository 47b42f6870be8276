"""Exceptions: one class for each kind of error that the library tells apart."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    from ._reports import Report


class Error(Exception):
    """Any error of this package. No secret is ever in one.

    ``kind`` is the word that the command line's ``--json`` uses; ``path`` is the file that it is about, where it
    is about one; ``report`` has the outcome of every file, where a verb over several files failed for some.

    Every exception survives pickling.

    >>> try:
    ...     MasterKey.parse("mck1_typo")
    ... except modelcrypt.Error as error:
    ...     error.kind, isinstance(error, ValueError)
    ('invalid_input', True)
    """

    kind: ClassVar[str] = "error"
    path: Path | None = None
    report: Report | None = None


class InvalidInput(Error, ValueError):
    """Ask for something else."""

    kind = "invalid_input"


class NotFound(Error, FileNotFoundError):
    """Name something that exists."""

    kind = "not_found"


class AlreadyExists(Error, FileExistsError):
    """Name something that does not exist yet."""

    kind = "already_exists"


class PermissionDenied(Error, PermissionError):
    """Get the right to do so."""

    kind = "permission_denied"


class NoKey(Error):
    """Give a key: pass ``key=``, set ``$MODELCRYPT_KEY``, or make the key file of your configuration folder."""

    kind = "no_key"


class WrongKey(Error):
    """Give another key."""

    kind = "wrong_key"


class Tampered(Error):
    """Restore the file from a copy: it was changed."""

    kind = "tampered"


class Truncated(Error):
    """Restore the file from a copy: it was cut off, or is still being copied."""

    kind = "truncated"


class Unsupported(Error):
    """Use a later version, or name a sealed file."""

    kind = "unsupported"


class Unavailable(Error):
    """Try again later."""

    kind = "unavailable"


class PolicyViolation(Error):
    """Heed the policy or change it."""

    kind = "policy_violation"


class Io(Error, OSError):
    """Look at what the operating system says; ``errno`` has its number where it gave one."""

    kind = "io"


KINDS = (
    InvalidInput,
    NotFound,
    AlreadyExists,
    PermissionDenied,
    NoKey,
    WrongKey,
    Tampered,
    Truncated,
    Unsupported,
    Unavailable,
    PolicyViolation,
    Io,
)

for _class in (Error, *KINDS):
    _class.__module__ = "modelcrypt"


def gravest(errors: list[Error]) -> Error:
    """Picks the one that counts of several, as the command line's exit code does."""
    return max(errors, key=lambda error: _GRAVITY.get(error.kind, 0))


# Tampered before no key before a policy before a wrong argument before the rest.
_GRAVITY = {
    "tampered": 4,
    "truncated": 4,
    "unsupported": 4,
    "no_key": 3,
    "wrong_key": 3,
    "policy_violation": 2,
    "invalid_input": 1,
}
