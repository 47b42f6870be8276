"""Sealed files for programs that know nothing of them."""

from __future__ import annotations

import functools
import os
import sys
import threading
from collections.abc import Callable
from importlib import import_module
from types import ModuleType, TracebackType
from typing import Any, Self

from ._keys import KeyArgument
from ._paths import SEALED_SUFFIX, sealed_form


class Patch:
    """A patch that is in force: as a context manager it is undone in the end. :func:`patch` makes it."""

    def __init__(self, key: KeyArgument) -> None:
        self.key = key

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with _LOCK:
            if self in _IN_FORCE:
                _IN_FORCE.remove(self)
                if not _IN_FORCE:
                    _restore()


def patch(key: KeyArgument = None) -> Patch:
    """Makes ``safetensors`` open sealed files, and with it ``transformers``, ``diffusers`` and ``accelerate``.

    Where one of them is asked for ``model.safetensors`` and there is only ``model.safetensors.enc``, it finds that and
    gets the tensors as :func:`modelcrypt.safetensors.safe_open` makes them. Plain files are opened as before. Other
    formats, and loaders that read files themselves, are what :func:`temporary_decrypt` is for.

    The patch is in force for the whole process until :func:`unpatch` is called, or, if this is used as a context
    manager, until its end. Of several patches the last one's key counts.

    :param key: a :class:`MasterKey`, the path of a key file, or ``None``: the key that the command line finds, looked
        for whenever a sealed file is opened.
    :raises ImportError: if ``safetensors`` is not installed.

    >>> import safetensors
    >>> with patch(key="prod.key"):
    ...     with safetensors.safe_open("model.safetensors", framework="np") as file:
    ...         file.keys()
    ['bias', 'weight']
    """
    with _LOCK:
        if not _IN_FORCE:
            _replace()
        _IN_FORCE.append(Patch(key))
        return _IN_FORCE[-1]


def unpatch() -> None:
    """Undoes every :func:`patch`."""
    with _LOCK:
        if _IN_FORCE:
            _IN_FORCE.clear()
            _restore()


def _replace() -> None:
    from .safetensors import safe_open

    stock = import_module("safetensors").safe_open

    @functools.wraps(stock, updated=())
    def opens_sealed_files_too(
        filename: Any, framework: str, device: Any = "cpu", *, backend: str = "mmap"
    ) -> Any:
        patches = list(_IN_FORCE)
        if not patches or not (str(filename).endswith(SEALED_SUFFIX) or sealed_form(filename)):
            return stock(filename, framework, device, backend=backend)
        return safe_open(filename, framework, device, backend=backend, key=patches[-1].key)

    _swap(stock, opens_sealed_files_too)
    _UNDO.append(lambda: _swap(opens_sealed_files_too, stock))
    _wrap(os.path, "isfile", _finds)
    _wrap(os.path, "exists", _finds)
    _wrap(os, "listdir", _lists)


def _restore() -> None:
    while _UNDO:
        _UNDO.pop()()


def _swap(old: Any, new: Any) -> None:
    """Puts ``new`` in the place of ``old`` in every module that has it: most have imported it by name."""
    for module in list(sys.modules.values()):
        names = getattr(module, "__dict__", None)
        for name in [name for name, value in list((names or {}).items()) if value is old]:
            setattr(module, name, new)


def _wrap(module: ModuleType, name: str, wrapper: Callable[[Any], Any]) -> None:
    stock = getattr(module, name)
    setattr(module, name, functools.wraps(stock)(wrapper(stock)))
    _UNDO.append(lambda: setattr(module, name, stock))


def _finds(stock: Callable[[Any], bool]) -> Callable[[Any], bool]:
    """Has loaders find a file where its sealed form is."""

    def finds(path: Any) -> bool:
        return stock(path) or (_asks(_LOADERS) and _is_sealed(path))

    return finds


def _lists(stock: Callable[..., list[Any]]) -> Callable[..., list[Any]]:
    """Has a loader that lists directories find a file where its sealed form is."""

    def lists(path: Any = ".") -> list[Any]:
        names = stock(path)
        if not _asks(_LISTING_LOADERS):
            return names
        sealed = [name for name in names if isinstance(name, str) and name.endswith(_SEALED_ENDING)]
        plain = [name.removesuffix(SEALED_SUFFIX) for name in sealed]
        return names + [name for name in plain if name not in names]

    return lists


def _asks(packages: frozenset[str]) -> bool:
    """Whether the caller's caller belongs to one of the packages: everybody else sees what is there."""
    asking = sys._getframe(2).f_globals.get("__name__", "")
    return asking.partition(".")[0] in packages


def _is_sealed(path: Any) -> bool:
    try:
        name = os.fsdecode(path)
    except TypeError:
        return False
    return name.endswith(_PLAIN_ENDING) and sealed_form(name) is not None


_LOADERS = frozenset({"accelerate", "diffusers", "huggingface_hub", "peft", "sentence_transformers", "transformers"})
# Those that look for a model by listing its directory. Others list one to remove from it what they find.
_LISTING_LOADERS = frozenset({"accelerate"})
_PLAIN_ENDING = ".safetensors"
_SEALED_ENDING = _PLAIN_ENDING + SEALED_SUFFIX

_LOCK = threading.Lock()
_IN_FORCE: list[Patch] = []
_UNDO: list[Callable[[], None]] = []

Patch.__module__ = "modelcrypt"
