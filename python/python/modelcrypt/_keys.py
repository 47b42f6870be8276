"""Which key counts."""

from __future__ import annotations

import os

from ._modelcrypt import MasterKey

KeyArgument = MasterKey | str | os.PathLike[str] | None
"""A key; or the path of its file; or ``None`` for the one that the command line would find: ``$MODELCRYPT_KEY``,
then the configured key file, then ``master.key`` in the user's configuration folder. A text that is the key
itself is not taken: ``MasterKey.parse`` is for that."""


def key_of(key: KeyArgument, config: str | os.PathLike[str] | None = None) -> MasterKey:
    """Finds or reads the key that is meant."""
    if isinstance(key, MasterKey):
        return key
    if key is None:
        return MasterKey.find(config=config)
    if isinstance(key, (str, os.PathLike)):
        return MasterKey.from_file(key)
    raise TypeError(f"key is a MasterKey, the path of a key file or None, not {type(key).__name__}")
