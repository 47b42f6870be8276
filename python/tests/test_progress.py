"""Progress, interruption and threads."""

from __future__ import annotations

import builtins
import signal
import threading
from pathlib import Path

import pytest
from threads import counted_during

import modelcrypt
from modelcrypt import MasterKey

MIB = 1 << 20


def test_a_callback_hears_of_bytes_and_files_in_the_thread_that_called(models: Path, key: MasterKey) -> None:
    heard: list[tuple[int, int, Path | None]] = []
    threads = set()

    def callback(done: int, total: int, path: Path | None) -> None:
        heard.append((done, total, path))
        threads.add(threading.get_ident())

    modelcrypt.encrypt_dir(models, key, progress=callback)
    assert threads == {threading.get_ident()}
    assert {path for _, _, path in heard if path} == {models / "model.safetensors", models / "tiny/model.gguf"}
    done = [done for done, _, _ in heard]
    assert done == sorted(done)
    assert heard[-1][0] == heard[-1][1] == 2 * 70_036


def test_what_a_callback_raises_stops_the_verb_and_is_raised(models: Path, key: MasterKey) -> None:
    class Enough(Exception):
        pass

    def callback(*_: object) -> None:
        raise Enough

    (models / "large.bin").write_bytes(bytes(64 * MIB))
    with pytest.raises(Enough):
        modelcrypt.encrypt_dir(models, key, jobs=1, progress=callback)
    assert not list(models.rglob(".modelcrypt-*"))
    modelcrypt.encrypt_dir(models, key)
    modelcrypt.verify_dir(models, key)


def test_a_signal_stops_the_verb_with_keyboard_interrupt(models: Path, key: MasterKey) -> None:
    (models / "large.bin").write_bytes(bytes(256 * MIB))

    def callback(*_: object) -> None:
        signal.raise_signal(signal.SIGINT)

    # A shell starts what is in its background with the signal ignored, and Python leaves it so.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        with pytest.raises(KeyboardInterrupt):
            modelcrypt.encrypt_dir(models, key, jobs=1, progress=callback)
    finally:
        signal.signal(signal.SIGINT, before)
    assert (models / "large.bin").exists()
    assert not (models / "large.bin.enc").exists()
    assert not list(models.rglob(".modelcrypt-*"))


def test_other_threads_run_while_a_verb_works(models: Path, key: MasterKey) -> None:
    (models / "large.bin").write_bytes(bytes(64 * MIB))
    counted = counted_during(lambda: modelcrypt.encrypt_dir(models, key))
    assert counted > 0


def test_true_shows_a_tqdm_bar(models: Path, key: MasterKey, capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("tqdm")
    modelcrypt.encrypt_dir(models, key, progress=True)
    assert "140k/140k" in capsys.readouterr().err


def test_true_without_tqdm_says_what_to_install(
    models: Path, key: MasterKey, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = builtins.__import__

    def without_tqdm(name: str, *args: object) -> object:
        if name.startswith("tqdm"):
            raise ImportError(name)
        return real(name, *args)  # type: ignore[arg-type]

    monkeypatch.setattr(builtins, "__import__", without_tqdm)
    with pytest.raises(ImportError, match="pip install tqdm"):
        modelcrypt.encrypt_dir(models, key, progress=True)
    assert (models / "model.safetensors").exists()
