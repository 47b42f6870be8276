"""``safetensors``, for sealed files: the same names, signatures and results.

Tensors are made in place: from the sealed bytes into the tensor's own memory, with no copy between, on all
processors, with the GIL released. Plain files are opened too.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from . import _errors
from ._frameworks import Framework, framework_of
from ._indexing import selection
from ._keys import KeyArgument, shared_key_of
from ._modelcrypt import TensorFile
from ._paths import SEALED_SUFFIX, sealed_form

if TYPE_CHECKING:

    class SafetensorError(Exception):
        """What ``safetensors`` raises."""

else:
    try:
        from safetensors import SafetensorError
    except ImportError:

        class SafetensorError(Exception):
            """What ``safetensors`` would raise."""


__all__ = ["InvalidInput", "OutOfRange", "SafeSlice", "SafetensorError", "Truncated", "Unsupported", "safe_open"]


class InvalidInput(_errors.InvalidInput, SafetensorError):
    """Ask for something else: a tensor that is there, a framework or a device that exists."""


class OutOfRange(InvalidInput, IndexError):
    """Ask for a part that the tensor has."""


class Truncated(_errors.Truncated, SafetensorError):
    """Restore the file from a copy: it was cut off, or is still being copied."""


class Unsupported(_errors.Unsupported, SafetensorError):
    """Name a safetensors file, and take a framework that has the type of its tensors."""


class safe_open:
    """Opens a safetensors file and gives its tensors as they are asked for.

    If there is no file of this name but one with ``.enc`` after it, that one is opened. Then it must be sealed,
    under the name that it has: two swapped shards do not load.

    :param filename: of a sealed or a plain safetensors file.
    :param framework: ``"pt"`` or ``"np"``, also by their other names.
    :param device: where torch is to have the tensors.
    :param backend: ``"mmap"`` or ``"pread"``, which makes no difference here: tensors are always read into
        memory of their own.
    :param key: a :class:`modelcrypt.MasterKey`, the path of a key file, or ``None``: the key that the command line
        finds. Not looked for if the file is plain.
    :raises modelcrypt.NoKey: if the file is sealed and there is no key.
    :raises modelcrypt.WrongKey: if the key does not open it.
    :raises modelcrypt.Tampered: if what is read was changed, or the file was renamed.
    :raises SafetensorError: if it is no safetensors file, or something is asked for that it does not have.

    >>> with safe_open("model.safetensors", framework="np", key="prod.key") as file:
    ...     file.keys(), file.get_tensor("bias"), file.get_slice("weight")[:, 1]
    (['bias', 'weight'], array([0., 1.], dtype=float32), array([2, 5]))
    """

    def __init__(
        self,
        filename: str | os.PathLike[str],
        framework: str,
        device: Any = "cpu",
        *,
        backend: str = "mmap",
        key: KeyArgument = None,
    ) -> None:
        if backend not in ("mmap", "pread"):
            raise InvalidInput(f'backend "{backend}" is invalid (expected one of: "mmap", "pread")')
        with _as_safetensors_does():
            self._framework = framework_of(framework, device)
            self._file: TensorFile | None = open_tensors(filename, key)
        described = self._file.tensors()
        self._order = [name for name, *_ in described]
        self._described = {name: (dtype, shape) for name, dtype, shape, _ in described}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None, /
    ) -> None:
        self._file = None

    def keys(self) -> list[str]:
        """Gives the names of the tensors in alphabetical order."""
        self._open_file()
        return sorted(self._order)

    def offset_keys(self) -> list[str]:
        """Gives the names of the tensors in the order of their data."""
        self._open_file()
        return list(self._order)

    def metadata(self) -> dict[str, str] | None:
        """Gives what the file says of itself beside its tensors; ``None`` if it has no such place."""
        return self._open_file().metadata()

    def get_tensor(self, name: str) -> Any:
        """Reads one tensor: writable, in memory of its own."""
        file, (dtype, shape) = self._open_file(), self._description(name)
        with _as_safetensors_does():
            return self._framework.tensor(file.read(name), 0, dtype, shape)

    def get_tensors(self) -> dict[str, Any]:
        """Reads all tensors in one pass, in the order of their data.

        Each large one has memory of its own; small neighbours share up to a megabyte.
        """
        file = self._open_file()
        if not self._framework.keeps_in_memory:
            # One after the other goes to the device, so that not all are in memory at once.
            return {name: self.get_tensor(name) for name in self._order}
        with _as_safetensors_does():
            tensors = {}
            for name, place in zip(self._order, file.read_all(), strict=True):
                memory, offset = place or (None, 0)
                tensors[name] = self._framework.tensor(memory, offset, *self._described[name])
            return tensors

    def get_slice(self, name: str) -> SafeSlice:
        """Gives a tensor of which nothing is read until it is indexed, and then what the index takes."""
        return SafeSlice(self._open_file(), self._framework, name, *self._description(name))

    def _open_file(self) -> TensorFile:
        if self._file is None:
            raise InvalidInput("File is closed")
        return self._file

    def _description(self, name: str) -> tuple[str, list[int]]:
        try:
            return self._described[name]
        except KeyError:
            raise InvalidInput(f"File does not contain tensor {name}") from None


class SafeSlice:
    """A tensor of which only what is taken is read, and of a sealed file only the chunks that it touches.

    An index means what it means to the tensor itself.
    """

    def __init__(self, file: TensorFile, framework: Framework, name: str, dtype: str, shape: list[int]) -> None:
        self._file = file
        self._framework = framework
        self._name = name
        self._dtype = dtype
        self._shape = shape

    def get_shape(self) -> list[int]:
        """Gives the number of elements along each dimension of the whole tensor."""
        return list(self._shape)

    def get_dtype(self) -> str:
        """Gives the type of the elements as the format calls it, such as ``BF16``."""
        return self._dtype

    def __getitem__(self, index: Any) -> Any:
        with _as_safetensors_does():
            try:
                found = selection(index, self._shape, bool_is_int=self._framework.bool_is_int)
            except IndexError as error:
                raise OutOfRange(f"tensor {self._name}: {error}") from None
            if found is None:
                whole = self._framework.tensor(self._file.read(self._name), 0, self._dtype, self._shape)
                return whole[index]
            memory, shape = self._file.read_slice(self._name, found.taken)
            tensor = self._framework.tensor(memory, 0, self._dtype, shape)
            if found.new_axes:
                shape = list(tensor.shape)
                for axis in found.new_axes:
                    shape.insert(axis, 1)
                tensor = tensor.reshape(shape)
            return tensor


def open_tensors(filename: str | os.PathLike[str], key: KeyArgument = None) -> TensorFile:
    """Opens ``filename``, or ``filename.enc`` if there is only that."""
    path, sealed = Path(filename), sealed_form(filename)
    if sealed is None:
        return TensorFile.open(path, lambda: shared_key_of(key), path.suffix == SEALED_SUFFIX, False)
    return TensorFile.open(sealed, lambda: shared_key_of(key), True, True)


@contextmanager
def _as_safetensors_does() -> Iterator[None]:
    """Makes errors of the format ``SafetensorError`` too."""
    try:
        yield
    except (_errors.InvalidInput, _errors.Truncated, _errors.Unsupported) as error:
        kind = _BOTH.get(type(error))
        if kind is None:
            raise
        both = kind(str(error))
        both.path = error.path
        raise both from None


_BOTH: dict[type[_errors.Error], type[_errors.Error]] = {
    _errors.InvalidInput: InvalidInput,
    _errors.Truncated: Truncated,
    _errors.Unsupported: Unsupported,
}
