"""Tensors of a framework, over memory that holds their elements already. No element is copied."""

from __future__ import annotations

import math
from importlib import import_module
from typing import Any, Protocol

from ._errors import InvalidInput, Unsupported
from ._modelcrypt import Buffer

NUMPY_NAMES = frozenset({"np", "numpy"})
TORCH_NAMES = frozenset({"pt", "torch", "pytorch"})


class Framework(Protocol):
    """Makes tensors."""

    keeps_in_memory: bool
    """Whether a tensor stays in the memory that it is made over."""
    bool_is_int: bool
    """Whether ``True`` as an index is 1."""

    def tensor(self, memory: Buffer | None, offset: int, dtype: str, shape: list[int]) -> Any:
        """Makes a tensor of the bytes from ``offset`` on; ``None`` is the memory of no bytes."""


class Numpy:
    """Makes ``numpy.ndarray``: writable, and aligned in memory."""

    keeps_in_memory = True
    bool_is_int = True

    def __init__(self) -> None:
        self._numpy = import_module("numpy")

    def tensor(self, memory: Buffer | None, offset: int, dtype: str, shape: list[int]) -> Any:
        """Makes an array."""
        element = self._dtype(dtype)
        if memory is None:
            return self._numpy.empty(shape, element)
        return self._numpy.frombuffer(memory, element, math.prod(shape), offset).reshape(shape)

    def _dtype(self, dtype: str) -> Any:
        if dtype in _NUMPY_DTYPES:
            return self._numpy.dtype(_NUMPY_DTYPES[dtype])
        if dtype not in _ML_DTYPES:
            raise Unsupported(f"numpy has no type for {dtype}")
        try:
            ml_dtypes = import_module("ml_dtypes")
        except ImportError as error:
            raise ImportError(f"numpy has no type for {dtype}: `pip install ml_dtypes` adds one") from error
        return self._numpy.dtype(getattr(ml_dtypes, _ML_DTYPES[dtype]))


class Torch:
    """Makes ``torch.Tensor`` on a device; on the CPU each with a storage of its own."""

    bool_is_int = False

    def __init__(self, device: Any = "cpu") -> None:
        self._torch = import_module("torch")
        try:
            self._device = self._torch.device(device)
        except (RuntimeError, TypeError) as error:
            raise InvalidInput(f"device {device} is invalid") from error
        self.keeps_in_memory = self._device.type == "cpu"

    def tensor(self, memory: Buffer | None, offset: int, dtype: str, shape: list[int]) -> Any:
        """Makes a tensor."""
        element = getattr(self._torch, _TORCH_DTYPES.get(dtype, dtype), None)
        if element is None:
            raise Unsupported(f"this version of torch has no type for {dtype}")
        count = math.prod(shape)
        if dtype == "F4":
            # Two elements in one.
            if not shape or shape[-1] % 2:
                raise Unsupported(f"torch has F4 in pairs only, and the shape is {shape}")
            shape, count = [*shape[:-1], shape[-1] // 2], count // 2
        if memory is None:
            tensor = self._torch.empty(shape, dtype=element)
        else:
            tensor = self._torch.frombuffer(memory, dtype=element, count=count, offset=offset).reshape(shape)
        return tensor if self.keeps_in_memory else tensor.to(self._device)


def framework_of(name: str, device: Any = "cpu") -> Framework:
    """Gives the framework of this name, as ``safetensors`` calls it."""
    if name in NUMPY_NAMES:
        if device not in ("cpu", None):
            raise InvalidInput(f"device {device} is not supported for framework numpy")
        return Numpy()
    if name in TORCH_NAMES:
        return Torch("cpu" if device is None else device)
    if name in ("tf", "tensorflow", "jax", "flax", "mlx", "paddle"):
        raise Unsupported(f"framework {name} is not supported: take numpy, or open the file in a temporary_decrypt")
    raise InvalidInput(f"framework {name} is invalid")


_NUMPY_DTYPES = {
    "BOOL": "?",
    "U8": "u1",
    "I8": "i1",
    "U16": "u2",
    "I16": "i2",
    "F16": "f2",
    "U32": "u4",
    "I32": "i4",
    "F32": "f4",
    "U64": "u8",
    "I64": "i8",
    "F64": "f8",
    "C64": "c8",
}

_ML_DTYPES = {
    "BF16": "bfloat16",
    "F8_E4M3": "float8_e4m3fn",
    "F8_E5M2": "float8_e5m2",
    "F8_E8M0": "float8_e8m0fnu",
    "F8_E4M3FNUZ": "float8_e4m3fnuz",
    "F8_E5M2FNUZ": "float8_e5m2fnuz",
}

_TORCH_DTYPES = {
    "BOOL": "bool",
    "U8": "uint8",
    "I8": "int8",
    "U16": "uint16",
    "I16": "int16",
    "F16": "float16",
    "BF16": "bfloat16",
    "U32": "uint32",
    "I32": "int32",
    "F32": "float32",
    "U64": "uint64",
    "I64": "int64",
    "F64": "float64",
    "C64": "complex64",
    "F8_E4M3": "float8_e4m3fn",
    "F8_E5M2": "float8_e5m2",
    "F8_E8M0": "float8_e8m0fnu",
    "F8_E4M3FNUZ": "float8_e4m3fnuz",
    "F8_E5M2FNUZ": "float8_e5m2fnuz",
    "F4": "float4_e2m1fn_x2",
}
