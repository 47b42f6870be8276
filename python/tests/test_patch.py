"""``patch``: what programs see that know nothing of sealed files."""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
import safetensors
import safetensors.numpy
from safetensors import safe_open as imported_by_name

import modelcrypt
from modelcrypt import MasterKey

STOCK = (safetensors.safe_open, os.path.isfile, os.path.exists, os.listdir)


@pytest.fixture
def model(tmp_path: Path, key: MasterKey) -> Path:
    """A directory with a sealed and a plain model."""
    model = tmp_path / "model"
    model.mkdir()
    safetensors.numpy.save_file({"weight": np.arange(6.0)}, model / "model.safetensors")
    modelcrypt.encrypt_dir(model, key)
    safetensors.numpy.save_file({"weight": np.arange(2.0)}, model / "plain.safetensors")
    return model


@pytest.fixture(autouse=True)
def undone() -> Iterator[None]:
    """No test leaves a patch behind."""
    yield
    modelcrypt.unpatch()
    assert (safetensors.safe_open, os.path.isfile, os.path.exists, os.listdir) == STOCK
    assert imported_by_name is STOCK[0]


def test_safetensors_opens_a_sealed_file_by_the_plain_name(model: Path, key: MasterKey) -> None:
    path = model / "model.safetensors"
    with modelcrypt.patch(key):
        for name in (path, str(path), f"{path}.enc"):
            with safetensors.safe_open(name, framework="np") as file:
                assert file.keys() == ["weight"]
            with imported_by_name(name, "np", "cpu") as file:
                assert (file.get_tensor("weight") == np.arange(6.0)).all()
            assert (safetensors.numpy.load_file(name)["weight"] == np.arange(6.0)).all()
    with pytest.raises(FileNotFoundError):
        imported_by_name(path, "np")


def test_plain_files_and_missing_ones_are_left_to_safetensors(model: Path) -> None:
    with modelcrypt.patch():
        with safetensors.safe_open(model / "plain.safetensors", framework="np") as file:
            assert type(file) is STOCK[0]
        with pytest.raises(FileNotFoundError):
            safetensors.safe_open(model / "none.safetensors", framework="np")


def test_the_key_is_found_when_a_file_is_opened_and_the_last_patch_counts(
    model: Path, key: MasterKey, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = model / "model.safetensors"
    with modelcrypt.patch():
        with pytest.raises(modelcrypt.NoKey):
            safetensors.numpy.load_file(path)
        monkeypatch.setenv("MODELCRYPT_KEY", key.expose())
        safetensors.numpy.load_file(path)
        with modelcrypt.patch(MasterKey.generate()), pytest.raises(modelcrypt.WrongKey):
            safetensors.numpy.load_file(path)
        safetensors.numpy.load_file(path)


def test_a_patch_lasts_until_it_is_undone(model: Path, key: MasterKey) -> None:
    path = model / "model.safetensors"
    modelcrypt.patch(key)
    modelcrypt.patch(key)
    safetensors.numpy.load_file(path)
    modelcrypt.unpatch()
    modelcrypt.unpatch()
    with pytest.raises(FileNotFoundError):
        safetensors.numpy.load_file(path)
    outer = modelcrypt.patch(key)
    with modelcrypt.patch(key):
        modelcrypt.unpatch()
    with outer:
        pass


def test_only_loaders_find_files_that_are_not_there(
    model: Path, key: MasterKey, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "transformers.py").write_text(LOOKS)
    (tmp_path / "accelerate.py").write_text(LOOKS)
    transformers = stand_in("transformers", tmp_path, monkeypatch)
    accelerate = stand_in("accelerate", tmp_path, monkeypatch)
    path = str(model / "model.safetensors")
    nothing: dict[str, Any] = {"exists": False, "isfile": False, "listed": False}
    assert transformers.look(path) == accelerate.look(path) == nothing
    with modelcrypt.patch(key):
        assert transformers.look(path) == {"exists": True, "isfile": True, "listed": False}
        assert accelerate.look(path) == {"exists": True, "isfile": True, "listed": True}
        assert transformers.look(str(model / "none.safetensors")) == nothing
        assert transformers.look(str(model / "config.json"))["isfile"] is False
        assert not os.path.exists(path) and not Path(path).exists()
        assert "model.safetensors" not in os.listdir(model)
        assert os.path.exists(0) and os.listdir() == sorted(os.listdir(), key=os.listdir().index)
    assert transformers.look(path) == nothing


LOOKS = """
import os

def look(path):
    folder, name = os.path.split(path)
    return {"exists": os.path.exists(path), "isfile": os.path.isfile(path), "listed": name in os.listdir(folder)}
"""


def stand_in(name: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """Imports a module of this name that lies in `folder`."""
    monkeypatch.syspath_prepend(str(folder))
    for loaded in [loaded for loaded in sys.modules if loaded.partition(".")[0] == name]:
        monkeypatch.delitem(sys.modules, loaded)
    module = importlib.import_module(name)
    monkeypatch.setitem(sys.modules, name, module)
    return module


def test_modules_that_are_imported_meanwhile_are_patched_and_unpatched(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "late.py").write_text("from safetensors import safe_open as opened\n")
    with modelcrypt.patch():
        late = stand_in("late", tmp_path, monkeypatch)
        assert late.opened is safetensors.safe_open is not STOCK[0]
    assert late.opened is STOCK[0]
