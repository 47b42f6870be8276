"""A home of its own for every test: no key and no credential of whoever runs it is ever found."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

import modelcrypt


@pytest.fixture(autouse=True)
def home(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty home folder."""
    home = tmp_path_factory.mktemp("home")
    monkeypatch.setenv("HOME", str(home))
    for name in list(os.environ):
        if name.startswith(("MODELCRYPT", "HF_")) or name in OWN:
            monkeypatch.delenv(name)
    return home


@pytest.fixture
def key_file(tmp_path: Path) -> Path:
    """A new raw key, in a file."""
    path = tmp_path / "prod.key"
    modelcrypt.MasterKey.generate().save(path)
    return path


@pytest.fixture
def key(key_file: Path) -> modelcrypt.MasterKey:
    """The key of ``key_file``."""
    return modelcrypt.MasterKey.from_file(key_file)


@pytest.fixture
def models(tmp_path: Path) -> Path:
    """A directory with two models in it and a file that is none."""
    models = tmp_path / "models"
    (models / "tiny").mkdir(parents=True)
    (models / "model.safetensors").write_bytes(b"weights" * 10_000)
    (models / "tiny" / "model.gguf").write_bytes(b"more weights" * 3)
    (models / "config.json").write_text("{}")
    return models


OWN = ("DBUS_SESSION_BUS_ADDRESS", "XDG_CACHE_HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_RUNTIME_DIR")
