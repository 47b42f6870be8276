#!/usr/bin/env python3
"""Checks what we read of GGUF files against the Python package `gguf`, which writes them and reads them again.

    python tests/python/check_gguf.py target/debug/examples/gguf_header        needs `gguf`

Ends with a line `N passed, 0 failed`; exit 1 otherwise.
"""

import json
import subprocess
import sys
import tempfile
from pathlib import Path

import gguf
import numpy as np
from gguf.constants import GGML_QUANT_SIZES, GGMLQuantizationType, GGUFEndian, GGUFValueType
from gguf.quants import quant_shape_to_byte_shape

# It stands in no file, and the package gives it the length that it had in memory once.
NOT_IN_FILES = {GGMLQuantizationType.Q8_1}

VALUES = {
    "t.u8": (255, GGUFValueType.UINT8),
    "t.i8": (-128, GGUFValueType.INT8),
    "t.u16": (65535, GGUFValueType.UINT16),
    "t.i16": (-32768, GGUFValueType.INT16),
    "t.u32": (2**32 - 1, GGUFValueType.UINT32),
    "t.i32": (-(2**31), GGUFValueType.INT32),
    "t.u64": (2**64 - 1, GGUFValueType.UINT64),
    "t.i64": (-(2**63), GGUFValueType.INT64),
    "t.f32": (0.15625, GGUFValueType.FLOAT32),
    "t.f64": (0.1, GGUFValueType.FLOAT64),
    "t.true": (True, GGUFValueType.BOOL),
    "t.false": (False, GGUFValueType.BOOL),
    "t.text": ("grüße\n\0end", GGUFValueType.STRING),
    "t.numbers": ([1, -2, 3], GGUFValueType.ARRAY),
    "t.floats": ([0.5, -0.25], GGUFValueType.ARRAY),
    "t.texts": (["<s>", "</s>", "ä"], GGUFValueType.ARRAY),
    "t.bools": ([True, False], GGUFValueType.ARRAY),
}


def write(path, endian, kinds):
    writer = gguf.GGUFWriter(path, "llama", endianess=endian)
    for key, (value, kind) in VALUES.items():
        writer.add_key_value(key, value, kind)
    writer.add_array("t.vocabulary", [f"token {i}" for i in range(50_000)])
    for number, kind in enumerate(kinds):
        elements, _ = GGML_QUANT_SIZES[kind]
        shape = quant_shape_to_byte_shape((3, number % 2 + 1, 2 * elements), kind)
        data = np.full(shape, number, dtype=np.uint8)
        writer.add_tensor(f"blk.{number}.weight", data, raw_dtype=kind)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def differences(ours, reader, big_endian):
    """Everything in which the two do not agree."""
    yield "version", ours["version"], int(reader.fields["GGUF.version"].contents())
    yield "byte order", ours["big_endian"], big_endian
    yield "data offset", ours["data_offset"], int(reader.data_offset)
    yield "keys", list(ours["metadata"]), sorted(k for k in reader.fields if not k.startswith("GGUF."))
    for key, value in ours["metadata"].items():
        field = reader.fields[key]
        expected = field.contents()
        if isinstance(value, dict):
            yield f"{key}: len", value["len"], len(field.data)
            value, expected = value["first"], expected[:16]
        yield key, value, expected
    yield "tensors", len(ours["tensors"]), len(reader.tensors)
    for tensor, theirs in zip(ours["tensors"], reader.tensors):
        yield "name", tensor["name"], theirs.name
        yield f"{theirs.name}: dimensions", tensor["dimensions"], theirs.shape.tolist()
        yield f"{theirs.name}: type", tensor["type"], int(theirs.tensor_type)
        yield f"{theirs.name}: offset", tensor["file_offset"], int(theirs.data_offset)
        yield f"{theirs.name}: bytes", tensor["byte_len"], int(theirs.n_bytes)


def main():
    dumper = sys.argv[1]
    passed = failed = 0
    kinds = [kind for kind in GGML_QUANT_SIZES if kind not in NOT_IN_FILES]
    with tempfile.TemporaryDirectory() as work:
        for endian in (GGUFEndian.LITTLE, GGUFEndian.BIG):
            path = Path(work, f"{endian.name}.gguf")
            write(path, endian, kinds)
            ours = json.loads(subprocess.run([dumper, path], check=True, stdout=subprocess.PIPE).stdout)
            written = {key: value for key, (value, _) in VALUES.items()}
            for key, value in written.items():
                found = ours["metadata"].get(key)
                found = found["first"] if isinstance(found, dict) else found
                if found == value:
                    passed += 1
                else:
                    failed += 1
                    print(f"FAILED {endian.name} {key}: {found!r}, and {value!r} was written")
            big = endian is GGUFEndian.BIG
            for what, mine, theirs in differences(ours, gguf.GGUFReader(path), big):
                if mine == theirs:
                    passed += 1
                else:
                    failed += 1
                    print(f"FAILED {endian.name} {what}: {mine!r} is not {theirs!r}")
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
