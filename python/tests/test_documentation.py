"""Every example runs, every name is documented, the types hold."""

from __future__ import annotations

import doctest
import importlib
import importlib.util
import inspect
import json
import pkgutil
import struct
import subprocess
import sys
from pathlib import Path

import pytest

import modelcrypt
from modelcrypt import MasterKey

HERE = Path(__file__).parent
FRAMEWORKS = {"modelcrypt.numpy": "numpy", "modelcrypt.safetensors": "numpy", "modelcrypt.torch": "torch"}


def documented() -> list[doctest.DocTest]:
    names = ["modelcrypt", *(f"modelcrypt.{module.name}" for module in pkgutil.iter_modules(modelcrypt.__path__))]
    found: list[doctest.DocTest] = []
    for name in names:
        if name == "modelcrypt.__main__" or not is_there(FRAMEWORKS.get(name)):
            continue
        found += doctest.DocTestFinder(exclude_empty=True).find(importlib.import_module(name), name)
    return [test for test in found if test.examples]


def is_there(framework: str | None) -> bool:
    return framework is None or importlib.util.find_spec(framework) is not None


@pytest.mark.parametrize("test", documented(), ids=lambda test: test.name)
def test_an_example_in_a_docstring_runs(test: doctest.DocTest, place: dict[str, object]) -> None:
    test.globs = {**test.globs, **place}
    assert doctest.DocTestRunner(optionflags=FLAGS).run(test).failed == 0


def test_the_examples_of_the_readme_run(place: dict[str, object]) -> None:
    path = HERE.parent / "README.md"
    test = doctest.DocTestParser().get_doctest(path.read_text(), {"modelcrypt": modelcrypt}, path.name, str(path), 0)
    assert len(test.examples) > 5
    assert doctest.DocTestRunner(optionflags=FLAGS).run(test).failed == 0


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, object]:
    """A key `prod.key`, a directory `models`, a sealed `model.safetensors`, and a `store` of credentials, in the current
    directory."""
    monkeypatch.chdir(tmp_path)
    for name in ("HF_TOKEN", "MODELCRYPT__HF"):
        # What an example sets is taken back.
        monkeypatch.setenv(name, "")
        monkeypatch.delenv(name)
    MasterKey.generate().save("prod.key")
    header = {
        "weight": {"dtype": "I64", "shape": [2, 3], "data_offsets": [0, 48]},
        "bias": {"dtype": "F32", "shape": [2], "data_offsets": [48, 56]},
    }
    text = json.dumps(header).encode()
    content = struct.pack("<Q", len(text)) + text + struct.pack("<6q2f", 1, 2, 3, 4, 5, 6, 0, 1)
    Path("model.safetensors").write_bytes(content)
    modelcrypt.encrypt_dir("model.safetensors", "prod.key")
    models = Path("models")
    models.mkdir()
    (models / "config.json").write_text("{}")
    (models / "model.safetensors").write_bytes(b"weights")
    store = modelcrypt.credentials.Store("credentials.db", "prod.key", order=["vault"])
    return {**vars(modelcrypt), "models": models, "modelcrypt": modelcrypt, "store": store}


def test_every_public_name_is_documented() -> None:
    for name in modelcrypt.__all__:
        value = getattr(modelcrypt, name)
        if name != "__version__":
            assert inspect.getdoc(value), name
            assert value.__module__.startswith("modelcrypt"), name
    for name, member in vars(MasterKey).items():
        if not name.startswith("_"):
            assert inspect.getdoc(member), name


def test_the_types_hold() -> None:
    pytest.importorskip("mypy")
    check("mypy", "--config-file", str(HERE.parent / "pyproject.toml"), "-p", "modelcrypt")


def test_the_stub_is_what_the_native_half_is() -> None:
    pytest.importorskip("mypy")
    check("mypy.stubtest", "modelcrypt._modelcrypt")


def check(module: str, *arguments: str) -> None:
    done = subprocess.run([sys.executable, "-m", module, *arguments], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


FLAGS = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
