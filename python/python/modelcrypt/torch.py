"""``safetensors.torch``, for sealed files."""

from __future__ import annotations

import os
from collections import defaultdict

import torch

from ._keys import KeyArgument
from .safetensors import safe_open

__all__ = ["load_file", "load_model"]


def load_file(
    filename: str | os.PathLike[str],
    device: str | int = "cpu",
    *,
    backend: str = "mmap",
    key: KeyArgument = None,
) -> dict[str, torch.Tensor]:
    """Loads all tensors of a sealed or plain safetensors file, in the order of their data.

    Each has a storage of its own. ``F4`` comes in pairs, with the last dimension halved; there is no type for ``F6``.
    The parameters and errors are those of :class:`modelcrypt.safetensors.safe_open`.

    >>> load_file("model.safetensors", key="prod.key")["weight"].shape
    torch.Size([2, 3])
    """
    with safe_open(filename, "pt", device, backend=backend, key=key) as file:
        return file.get_tensors()


def load_model(
    model: torch.nn.Module,
    filename: str | os.PathLike[str],
    strict: bool = True,
    device: str | int = "cpu",
    *,
    backend: str = "mmap",
    key: KeyArgument = None,
) -> tuple[set[str], list[str]]:
    """Loads a sealed or plain safetensors file onto a model, in which several names may share one tensor.

    The other parameters and errors are those of :func:`load_file`.

    :param strict: raise :exc:`RuntimeError` if a name is missing from the file or from the model.
    :returns: names of the model that the file does not have, and names of the file that the model does not have.
        A name that shares its tensor with one in the file is not missing; if the file has both, it is unexpected.
    """
    state = load_file(filename, device, backend=backend, key=key)
    aliases = _aliases(model.state_dict(), set(state))
    found = model.load_state_dict(state, strict=False)
    missing = set(found.missing_keys)
    unexpected = [*found.unexpected_keys, *sorted(aliases - missing)]
    missing -= aliases
    if strict and (missing or unexpected):
        lines = [f"Error(s) in loading state_dict for {type(model).__name__}:"]
        for names, where in ((missing, "Missing"), (unexpected, "Unexpected")):
            if names:
                quoted = ", ".join(f'"{name}"' for name in sorted(names))
                lines.append(f"    {where} key(s) in state_dict: {quoted}")
        raise RuntimeError("\n".join(lines))
    return missing, unexpected


def _aliases(state: dict[str, torch.Tensor], loaded: set[str]) -> set[str]:
    """Finds the names that share their tensor with another one, which a file has in their stead."""
    aliases = set()
    for names in _shared(state):
        whole = sorted(name for name in names if _covers_its_storage(state[name]))
        if not whole:
            raise RuntimeError(f"the tensors {sorted(names)} share a storage that none of them covers")
        kept = next((name for name in whole if name in loaded), whole[0])
        aliases |= names - {kept}
    return aliases


def _shared(state: dict[str, torch.Tensor]) -> list[set[str]]:
    """Finds the names whose tensors overlap in memory."""
    storages = defaultdict(list)
    for name, tensor in state.items():
        storage = tensor.untyped_storage()
        if tensor.device.type != "meta" and storage.data_ptr() and storage.nbytes():
            start = tensor.data_ptr()
            end = tensor.view(-1)[-1].data_ptr() + tensor.element_size() if tensor.numel() else start
            storages[tensor.device, storage.data_ptr(), storage.nbytes()].append((start, end, name))
    groups: list[set[str]] = []
    for areas in storages.values():
        last_end = None
        for start, end, name in sorted(areas):
            if last_end is None or start >= last_end:
                groups.append(set())
            groups[-1].add(name)
            last_end = end
    return [names for names in groups if len(names) > 1]


def _covers_its_storage(tensor: torch.Tensor) -> bool:
    storage = tensor.untyped_storage()
    return bool(tensor.data_ptr() == storage.data_ptr() and tensor.nbytes == storage.nbytes())
