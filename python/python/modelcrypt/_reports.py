"""What became of each file, and how each file stands."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from ._errors import Error


@dataclass(frozen=True, slots=True)
class FileReport:
    """What became of one file."""

    path: Path
    """The file that was read."""
    outcome: str | None
    """``encrypted``, ``decrypted``, ``already_done``, ``copied``, ``relinked``, ``not_ours``, ``verified``,
    ``rewrapped``, ``reencrypted`` or ``swept``; ``None`` if it failed."""
    error: Error | None
    """Why it failed, if it did."""
    plaintext_len: int
    """Bytes of plaintext, as far as known."""
    notices: tuple[str, ...]
    """What you should know besides."""


@dataclass(frozen=True, slots=True, repr=False)
class Report:
    """What became of all files, in the order of their paths."""

    files: tuple[FileReport, ...]
    notices: tuple[str, ...]
    """What concerns no single file."""

    @property
    def failures(self) -> tuple[FileReport, ...]:
        """The files that something went wrong with."""
        return tuple(file for file in self.files if file.error is not None)

    def __repr__(self) -> str:
        return f"Report({_counted([file.outcome or 'failed' for file in self.files])})"


@dataclass(frozen=True, slots=True)
class FileStatus:
    """How one file stands, as far as headers and sidecars tell."""

    path: Path
    """The plaintext's path, or the sealed file's where there is no plaintext."""
    state: str
    """``plaintext``, ``sealed``, ``other_key``, ``both``, ``not_ours``, ``damaged`` or ``leftover``."""
    damage: str | None
    """Why it is damaged, if it is."""
    plaintext_len: int | None
    """Bytes of plaintext, where known."""
    keys: tuple[str, ...]
    """The ids of the raw keys that open it, in hex; ``passphrase`` and ``type N`` for other slots."""
    since: datetime | None
    """Since when its present master key has held it, or when it was sealed."""
    since_is_authentic: bool
    """Whether that was told by the file itself, authenticated, and not by its sidecar."""
    due: tuple[str, ...]
    """What is to be done about it: ``encrypt``, ``finish``, ``heal``, ``rotate``, ``sweep``."""
    notices: tuple[str, ...]
    """What you should know besides."""


@dataclass(frozen=True, slots=True, repr=False)
class StatusReport:
    """How all files stand, in the order of their paths."""

    files: tuple[FileStatus, ...]
    notices: tuple[str, ...]
    """What concerns no single file."""

    def __repr__(self) -> str:
        return f"StatusReport({_counted([file.state for file in self.files])})"


def _counted(words: list[str]) -> str:
    counts = sorted(Counter(words).items())
    return ", ".join(f"{count} {word.replace('_', ' ')}" for word, count in counts) or "no file"


for _class in (FileReport, Report, FileStatus, StatusReport):
    _class.__module__ = "modelcrypt"
