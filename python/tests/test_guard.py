"""``temporary_decrypt``: what other loaders see, and that nothing is left."""

from __future__ import annotations

import gc
import os
import signal
import subprocess
import sys
import textwrap
from pathlib import Path

import numpy as np
import pytest
import safetensors.numpy
from threads import counted_during

import modelcrypt
from modelcrypt import MasterKey, temporary_decrypt

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="memory files are Linux's")


@pytest.fixture
def model(tmp_path: Path, key: MasterKey) -> Path:
    """An encrypted model."""
    model = tmp_path / "model"
    model.mkdir()
    arrays = {"weight": np.arange(6.0).reshape(2, 3)}
    safetensors.numpy.save_file(arrays, model / "model.safetensors")
    (model / "config.json").write_text("{}")
    modelcrypt.encrypt_dir(model, key)
    return model


def test_stock_loaders_read_the_directory(model: Path, key: MasterKey) -> None:
    with temporary_decrypt(model, key) as opened:
        assert isinstance(opened, Path)
        assert sorted(path.name for path in opened.iterdir()) == ["config.json", "model.safetensors"]
        assert (safetensors.numpy.load_file(opened / "model.safetensors")["weight"] == [[0, 1, 2], [3, 4, 5]]).all()
        # By a link, so that no disk has seen it.
        assert os.readlink(opened / "model.safetensors").startswith(f"/proc/{os.getpid()}/fd/")
        script = "import sys; print(len(open(sys.argv[1], 'rb').read()))"
        other = subprocess.run(
            [sys.executable, "-c", script, opened / "model.safetensors"], capture_output=True, text=True
        )
        assert int(other.stdout) == (opened / "model.safetensors").stat().st_size, other.stderr
    assert not opened.exists() and not opened.parent.exists()


def test_the_directory_is_gone_after_an_exception_after_closing_and_with_its_object(
    model: Path, key: MasterKey
) -> None:
    with pytest.raises(ZeroDivisionError), temporary_decrypt(model, key) as opened:
        raise ZeroDivisionError
    assert not opened.exists()
    guard = temporary_decrypt(model, key)
    assert guard.path.exists() and repr(str(guard.path)) in repr(guard)
    assert guard.plaintext_len > 0 and guard.notices == ()
    assert guard.close() is None and guard.close() is None
    assert not guard.path.exists()
    guard = temporary_decrypt(model, key)
    path = guard.path
    del guard
    gc.collect()
    assert not path.exists()


def test_the_directory_is_gone_when_the_interpreter_ends_and_dead_when_it_is_killed(
    model: Path, key_file: Path
) -> None:
    code = """
        import os, signal, sys, modelcrypt
        guard = modelcrypt.temporary_decrypt(sys.argv[1], sys.argv[2])
        print(guard.path, flush=True)
        if sys.argv[3:]:
            os.kill(os.getpid(), signal.SIGKILL)
    """
    for kill, code_expected in ([], 0), (["kill"], -signal.SIGKILL):
        done = subprocess.run(
            [sys.executable, "-c", textwrap.dedent(code), model, key_file, *kill], capture_output=True, text=True
        )
        assert done.returncode == code_expected, done.stderr
        path = Path(done.stdout.strip())
        assert path.exists() == bool(kill)
        assert not (path / "model.safetensors").exists()
    assert path.parent in [file.path for file in modelcrypt.sweep(model).files]
    assert not path.exists()


def test_a_fork_leaves_the_directory_to_its_parent(model: Path, key_file: Path) -> None:
    code = """
        import os, sys, modelcrypt
        with modelcrypt.temporary_decrypt(sys.argv[1], sys.argv[2]) as opened:
            child = os.fork()
            if child:
                os.waitpid(child, 0)
                print((opened / "model.safetensors").exists())
    """
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", textwrap.dedent(code), model, key_file], capture_output=True, text=True
    )
    assert done.stdout.splitlines() == ["True"], done.stderr


def test_what_cannot_be_opened_leaves_nothing(model: Path, key: MasterKey, tmp_path: Path) -> None:
    with pytest.raises(modelcrypt.WrongKey) as caught:
        temporary_decrypt(model, MasterKey.generate(), tmp_path)
    assert caught.value.path == model / "model.safetensors.enc"
    content = bytearray((model / "model.safetensors.enc").read_bytes())
    content[16_500] ^= 1
    (model / "model.safetensors.enc").write_bytes(content)
    with pytest.raises(modelcrypt.Tampered):
        temporary_decrypt(model, key, tmp_path)
    with pytest.raises(modelcrypt.NotFound):
        temporary_decrypt(model / "nowhere", key, tmp_path)
    assert not list(tmp_path.glob("modelcrypt-guard-*"))


def test_a_planted_plaintext_is_refused_unless_it_is_allowed(model: Path, key: MasterKey) -> None:
    (model / "planted.bin").write_bytes(b"pickle")
    with pytest.raises(modelcrypt.PolicyViolation) as caught:
        temporary_decrypt(model, key)
    assert caught.value.path == model / "planted.bin"
    with temporary_decrypt(model, key, allow_plaintext=True) as opened:
        assert (opened / "planted.bin").read_bytes() == b"pickle"


def test_changes_are_written_back_if_that_is_asked_for(model: Path, key: MasterKey, tmp_path: Path) -> None:
    with pytest.raises(modelcrypt.InvalidInput):
        temporary_decrypt(model, key, write_back=True)
    guard = temporary_decrypt(model, key, tmp_path, write_back=True)
    (guard.path / "model.safetensors").write_bytes(b"changed")
    (guard.path / "new.bin").write_bytes(b"new")
    report = guard.close()
    assert report is not None and len(report.files) == 2
    with temporary_decrypt(model, key, place="tmpfs") as opened:
        assert (opened / "model.safetensors").read_bytes() == b"changed"
        assert (opened / "new.bin").read_bytes() == b"new"


def test_after_an_exception_nothing_is_sealed_and_what_was_changed_is_kept(
    model: Path, key: MasterKey, tmp_path: Path
) -> None:
    before = (model / "model.safetensors.enc").read_bytes()
    with pytest.raises(ZeroDivisionError) as caught, temporary_decrypt(
        model, key, tmp_path, write_back=True
    ) as opened:
        (opened / "model.safetensors").write_bytes(b"half done")
        raise ZeroDivisionError
    assert (model / "model.safetensors.enc").read_bytes() == before
    [kept] = tmp_path.glob("modelcrypt-kept-*")
    assert str(kept) in "".join(caught.value.__notes__)
    assert (kept / model.name / "model.safetensors").read_bytes() == b"half done"


def test_other_threads_run_while_a_model_is_opened(model: Path, key: MasterKey) -> None:
    (model / "large.bin").write_bytes(bytes(64 << 20))
    modelcrypt.encrypt_dir(model, key)
    assert counted_during(lambda: temporary_decrypt(model, key).close()) > 0


def test_progress_is_told_and_stops_it(model: Path, key: MasterKey) -> None:
    heard: list[tuple[int, int]] = []
    temporary_decrypt(model, key, progress=lambda done, total, path: heard.append((done, total))).close()
    assert 0 < heard[-1][0] <= heard[-1][1]

    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        temporary_decrypt(model, key, progress=stop)
