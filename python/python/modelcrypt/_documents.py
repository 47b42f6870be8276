"""Small secrets in memory: sealed and opened without a file."""

from __future__ import annotations

from . import _modelcrypt
from ._keys import KeyArgument, key_of


def seal_bytes(data: bytes | bytearray | memoryview, key: KeyArgument = None) -> bytes:
    """Seals a small document: the result is a whole sealed file, 16 KiB and a little longer than ``data``.

    :param data: any contiguous buffer.
    :param key: a :class:`MasterKey`, the path of a key file, or ``None``: the key that the command line finds.

    >>> sealed = seal_bytes(b"token", key="prod.key")
    >>> open_bytes(sealed, key="prod.key")
    b'token'
    """
    return _modelcrypt.seal_bytes(data, key_of(key))


def open_bytes(data: bytes | bytearray | memoryview, key: KeyArgument = None) -> bytes:
    """Opens what :func:`seal_bytes` made, or any sealed file that is in memory.

    :raises WrongKey: if the key opens none of its slots.
    :raises Tampered: if anything in it was changed.

    >>> open_bytes(seal_bytes(b"token", key="prod.key"), key=MasterKey.generate())
    Traceback (most recent call last):
    ...
    modelcrypt.WrongKey: no key slot opens with this key
    """
    return _modelcrypt.open_bytes(data, key_of(key))
