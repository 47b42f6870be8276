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


def shared_key_of(key: KeyArgument, config: str | os.PathLike[str] | None = None) -> MasterKey:
    """Does the same for loaders and stores, which open one after the other: the last passphrase stays the same object.

    What is derived from it is in that object, and takes long to be derived anew for each shard.
    """
    global _last_passphrase
    found = key_of(key, config)
    if found.id is not None:
        return found
    if _last_passphrase is None or _last_passphrase != found:
        _last_passphrase = found
    return _last_passphrase


_last_passphrase: MasterKey | None = None
