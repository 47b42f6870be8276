"""Safetensors files of every type, written by hand: no framework has all of them."""

from __future__ import annotations

import json
import math
import struct
from collections.abc import Mapping
from pathlib import Path
from typing import Any

BITS = {
    "F4": 4,
    "F6_E2M3": 6,
    "F6_E3M2": 6,
    "BOOL": 8,
    "U8": 8,
    "I8": 8,
    "F8_E5M2": 8,
    "F8_E4M3": 8,
    "F8_E8M0": 8,
    "F8_E4M3FNUZ": 8,
    "F8_E5M2FNUZ": 8,
    "I16": 16,
    "U16": 16,
    "F16": 16,
    "BF16": 16,
    "I32": 32,
    "U32": 32,
    "F32": 32,
    "C64": 64,
    "F64": 64,
    "I64": 64,
    "U64": 64,
}

Description = tuple[str, list[int]]


def write(
    path: Path,
    tensors: Mapping[str, Description],
    metadata: dict[str, str] | None = None,
    *,
    header_len_modulo_8: int = 0,
) -> dict[str, bytes]:
    """Writes a file and returns the bytes of its tensors, which do not repeat at any power of two."""
    header: dict[str, Any] = {} if metadata is None else {"__metadata__": metadata}
    contents: dict[str, bytes] = {}
    end = 0
    for seed, (name, (dtype, shape)) in enumerate(tensors.items()):
        byte_len = math.prod(shape) * BITS[dtype] // 8
        pattern = bytes([0, 1, 1]) if dtype == "BOOL" else bytes(range(251))
        start = seed % len(pattern)
        contents[name] = (pattern * (byte_len // len(pattern) + 2))[start : start + byte_len]
        header[name] = {"dtype": dtype, "shape": shape, "data_offsets": [end, end + byte_len]}
        end += byte_len
    text = json.dumps(header).encode()
    text += b" " * ((header_len_modulo_8 - len(text)) % 8)
    path.write_bytes(struct.pack("<Q", len(text)) + text + b"".join(contents.values()))
    return contents


SHAPES: dict[str, list[int]] = {"matrix": [4, 8], "element": [], "empty": [0, 3], "vector": [16], "deep": [2, 3, 4, 2]}

INDICES = [
    0,
    -1,
    2,
    3,
    -3,
    -4,
    slice(None),
    slice(0, 2),
    slice(1, None),
    slice(None, -1),
    slice(-2, None),
    slice(0, 10),
    slice(2, 1),
    slice(5, 9),
    slice(0, 0),
    slice(3, 3),
    slice(None, None, 2),
    slice(0, 3, 2),
    slice(None, None, -1),
    slice(None, None, 0),
    slice(-10, 2),
    slice(2, -10),
    (0, 0),
    (0, 0, 0),
    (0, 0, 0, 0),
    (slice(None), 1),
    (slice(None), -1),
    (slice(None), slice(None), 2),
    (slice(None), slice(0, 2), slice(1, 4, 2)),
    (slice(0, 3, 2), slice(1, 4, 2), slice(0, 5, 3)),
    (slice(1, 2), slice(1, 3), slice(2, 4)),
    ...,
    (..., 0),
    (0, ...),
    (slice(0, 1), ..., slice(1, 2)),
    (0, ..., 0),
    None,
    (None, 0),
    (0, None),
    (slice(None), None, 1, ..., None),
    (),
    [0, 2],
    ([0, 2],),
    (slice(None), [0, 2]),
    [True, False, True],
    True,
    1.0,
    "x",
    slice(1.0, 2),
]
