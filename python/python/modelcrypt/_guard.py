"""A decrypted directory that is gone when its holder is."""

from __future__ import annotations

import os
import weakref
from pathlib import Path
from types import TracebackType
from typing import Literal

from . import _modelcrypt
from ._errors import Error, InvalidInput, Unsupported
from ._keys import KeyArgument, key_of
from ._progress import ProgressArgument, heard_by
from ._reports import Report
from ._verbs import StrPath, concluded, job


class TemporaryDecrypt:
    """A directory that mirrors a model, with its sealed files opened. :func:`temporary_decrypt` makes it.

    As a context manager it gives the directory's path and removes the directory in the end. It is also removed by
    :meth:`close`, when this object is gone, or when the interpreter ends; what a killed process leaves behind are
    links to nothing, which the next one removes. A process that was forked off does not remove it.
    """

    path: Path
    """The directory. It bears the name of the model's own."""
    notices: tuple[str, ...]
    """What you should know of the model."""
    plaintext_len: int
    """Bytes of plaintext."""
    may_swap: bool
    """Whether this machine may write memory to a disk."""
    locked_len: int
    """Bytes of plaintext that it may not: all that ``RLIMIT_MEMLOCK`` allows."""

    def __init__(self, guard: _modelcrypt.Guard, key: _modelcrypt.MasterKey | None) -> None:
        self.path = guard.path
        self.notices = tuple(guard.notices)
        self.plaintext_len, self.may_swap, self.locked_len = guard.protection
        self._guard = guard
        self._key = key
        self._maker = os.getpid()
        self._finalizer = weakref.finalize(self, _discard, guard)

    def __enter__(self) -> Path:
        return self.path

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is None:
            self.close()
            return
        # Whoever was to change the files has failed: nothing is sealed, and what was changed is kept.
        try:
            self._close(self._key is not None)
        except Error as kept:
            error.add_note(str(kept))

    def __repr__(self) -> str:
        return f"TemporaryDecrypt({str(self.path)!r})"

    def close(self) -> Report | None:
        """Removes the directory; a second time does nothing. Seals what was changed if that was asked for.

        :returns: what became of each changed file, or ``None`` if nothing was to be sealed.
        :raises Error: if something could not be sealed, which is then kept in the place that the error names.
        """
        return self._close(self._key or False)

    def _close(self, changes: _modelcrypt.MasterKey | bool) -> Report | None:
        if os.getpid() != self._maker:
            return None
        self._finalizer.detach()
        report = self._guard.close(job(self.path), changes)
        return None if report is None else concluded(report)


def temporary_decrypt(
    path: StrPath,
    key: KeyArgument = None,
    place: Literal["memfd", "tmpfs"] | StrPath = "memfd",
    *,
    write_back: bool = False,
    allow_plaintext: bool = False,
    allow_renamed: bool = False,
    config: StrPath | None = None,
    jobs: int | None = None,
    progress: ProgressArgument = None,
) -> TemporaryDecrypt:
    """Opens the whole of a model into a directory of its own that any loader can read.

    Other processes of the same user can read it too, as long as this one lives.

    :param path: a model directory, or one sealed file.
    :param key: a :class:`MasterKey`, the path of a key file, or ``None``: the key that the command line finds.
    :param place: ``"memfd"``: read-only memory files, which no disk ever sees; ``"tmpfs"``: a directory in memory;
        or the path of a directory to make it in, on a disk if it lies on one.
    :param write_back: seal what was changed or added when it is closed; not with memory files.
    :param allow_plaintext: take plaintexts where the patterns say that sealed files should be.
    :param allow_renamed: take files that were sealed under another name.
    :raises PolicyViolation: if a plaintext stands where a sealed file should be, or the place is not in memory.
    :raises Tampered: if anything in the model was changed.
    :raises Io: if the plaintext does not fit.

    >>> encrypt_dir(models, key="prod.key")
    Report(1 encrypted)
    >>> with temporary_decrypt(models, key="prod.key") as opened:
    ...     sorted(path.name for path in opened.iterdir()), (opened / "model.safetensors").read_bytes()
    (['config.json', 'model.safetensors'], b'weights')
    >>> opened.exists()
    False
    """
    if not hasattr(_modelcrypt, "Guard"):
        raise Unsupported("this platform has no place for a decrypted directory")
    if write_back and os.fspath(place) == "memfd":
        raise InvalidInput("memory files cannot be written to: name another place")
    master = key_of(key, config)
    with heard_by(progress) as callback:
        asked = job(path, config=config, jobs=jobs, progress=callback)
        guard = _modelcrypt.Guard.open(asked, master, place, write_back, allow_renamed, allow_plaintext)
    return TemporaryDecrypt(guard, master if write_back else None)


def _discard(guard: _modelcrypt.Guard) -> None:
    guard.close(job("."), False)


TemporaryDecrypt.__module__ = "modelcrypt"
