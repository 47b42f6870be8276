"""Small secrets in memory."""

from __future__ import annotations

from pathlib import Path

import pytest

import modelcrypt
from modelcrypt import MasterKey


@pytest.mark.parametrize("length", [0, 1, 16_383, 16_384, 300_000])
def test_bytes_are_sealed_and_opened(key: MasterKey, length: int) -> None:
    data = bytes(range(256)) * (length // 256 + 1)
    for form in (data[:length], bytearray(data[:length]), memoryview(data)[:length], memoryview(data)[: 2 * length : 2]):
        sealed = modelcrypt.seal_bytes(form, key)
        assert type(sealed) is bytes
        assert modelcrypt.open_bytes(sealed, key) == form


def test_sealed_bytes_are_a_sealed_file(key: MasterKey, tmp_path: Path) -> None:
    (tmp_path / "a.bin.enc").write_bytes(modelcrypt.seal_bytes(b"weights", key))
    modelcrypt.decrypt_dir(tmp_path / "a.bin.enc", key, allow_renamed=True)
    assert (tmp_path / "a.bin").read_bytes() == b"weights"


def test_a_change_anywhere_is_noticed(key: MasterKey) -> None:
    sealed = modelcrypt.seal_bytes(b"secret document", key)
    changed = bytearray(sealed)
    changed[-20] ^= 1
    with pytest.raises(modelcrypt.Tampered):
        modelcrypt.open_bytes(changed, key)
    with pytest.raises(modelcrypt.Truncated):
        modelcrypt.open_bytes(sealed[:-1], key)
    with pytest.raises(modelcrypt.WrongKey):
        modelcrypt.open_bytes(sealed, MasterKey.generate())
    with pytest.raises(modelcrypt.Unsupported):
        modelcrypt.open_bytes(b"x" * 40_000, key)


def test_what_is_no_bytes_is_refused(key: MasterKey) -> None:
    for wrong in ("text", 5, None):
        with pytest.raises(TypeError):
            modelcrypt.seal_bytes(wrong, key)  # type: ignore[arg-type]
