"""``modelcrypt.safetensors`` and ``.numpy``: what ``safetensors`` gives of the plaintext, and what is refused."""

from __future__ import annotations

import json
import os
import sys
import threading
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import safetensors
import safetensors.numpy
import tensor_files
from tensor_files import BITS, INDICES, SHAPES
from threads import counted_during

import modelcrypt
import modelcrypt.numpy
from modelcrypt import MasterKey
from modelcrypt.safetensors import SafetensorError, safe_open

MIB = 1 << 20
OF_NUMPY = ["BOOL", "U8", "I8", "U16", "I16", "F16", "U32", "I32", "F32", "U64", "I64", "F64", "C64"]
OF_ML_DTYPES = {
    "BF16": "bfloat16",
    "F8_E4M3": "float8_e4m3fn",
    "F8_E5M2": "float8_e5m2",
    "F8_E8M0": "float8_e8m0fnu",
    "F8_E4M3FNUZ": "float8_e4m3fnuz",
    "F8_E5M2FNUZ": "float8_e5m2fnuz",
}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where tests write a plain file: its sealed form is a copy beside it, in `sealed/`."""
    return tmp_path / "model.safetensors"


def seal(path: Path, key: MasterKey) -> Path:
    """Seals a copy and gives the name under which loaders look for it."""
    modelcrypt.encrypt_dir(path, key, output=path.parent / "sealed")
    return path.parent / "sealed" / path.name


def same(ours: Any, theirs: Any) -> bool:
    return (
        type(ours) is type(theirs)
        and ours.dtype == theirs.dtype
        and ours.shape == theirs.shape
        and ours.tobytes() == theirs.tobytes()
    )


@pytest.mark.parametrize("dtype", OF_NUMPY)
def test_arrays_are_those_of_safetensors(path: Path, key: MasterKey, dtype: str) -> None:
    tensor_files.write(path, {name: (dtype, shape) for name, shape in SHAPES.items()}, {"format": "np"})
    sealed = seal(path, key)
    theirs = safetensors.numpy.load_file(path)
    for name in (sealed, path):
        ours = modelcrypt.numpy.load_file(name, key=key)
        assert list(ours) == list(theirs)
        for tensor in theirs:
            assert same(ours[tensor], theirs[tensor])
            assert ours[tensor].flags.writeable and ours[tensor].flags.aligned
        with safe_open(name, "np", key=key) as file:
            assert all(same(file.get_tensor(tensor), theirs[tensor]) for tensor in theirs)


@pytest.mark.parametrize(("dtype", "name"), OF_ML_DTYPES.items())
def test_arrays_of_small_floats_are_of_ml_dtypes(path: Path, key: MasterKey, dtype: str, name: str) -> None:
    ml_dtypes = pytest.importorskip("ml_dtypes")
    contents = tensor_files.write(path, {name: (dtype, shape) for name, shape in SHAPES.items()})
    ours = modelcrypt.numpy.load_file(seal(path, key), key=key)
    for tensor, shape in SHAPES.items():
        assert ours[tensor].dtype == np.dtype(getattr(ml_dtypes, name))
        assert ours[tensor].tobytes() == contents[tensor] and list(ours[tensor].shape) == shape
    with safe_open(path, "np") as file:
        part = file.get_slice("matrix")[1:3, ::2]
        assert part.dtype == np.dtype(getattr(ml_dtypes, name))
        assert part.tobytes() == ours["matrix"][1:3, ::2].tobytes()


@pytest.mark.parametrize("dtype", sorted(set(BITS) - set(OF_NUMPY) - set(OF_ML_DTYPES)))
def test_types_that_numpy_lacks_are_refused_and_described(path: Path, key: MasterKey, dtype: str) -> None:
    tensor_files.write(path, {"matrix": (dtype, [4, 8])})
    with safe_open(seal(path, key), "np", key=key) as file:
        assert file.get_slice("matrix").get_dtype() == dtype
        with pytest.raises(modelcrypt.Unsupported):
            file.get_tensor("matrix")


def test_without_ml_dtypes_it_is_said_what_to_install(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tensor_files.write(path, {"matrix": ("BF16", [4, 8])})
    monkeypatch.setitem(sys.modules, "ml_dtypes", None)
    with safe_open(path, "np") as file, pytest.raises(ImportError, match="pip install ml_dtypes"):
        file.get_tensor("matrix")


@pytest.mark.parametrize("index", INDICES, ids=repr)
@pytest.mark.parametrize("tensor", ["cube", "empty", "element", "vector"])
def test_a_slice_is_that_of_safetensors_and_of_the_whole_tensor(
    path: Path, key: MasterKey, tensor: str, index: Any
) -> None:
    shapes = {"cube": [3, 4, 5], "empty": [0, 3], "element": [], "vector": [6]}
    tensor_files.write(path, {name: ("I16", shape) for name, shape in shapes.items()})
    with safetensors.safe_open(path, "np") as file:
        whole = file.get_tensor(tensor)
        theirs = outcome(file.get_slice(tensor), index)
    of_the_whole = outcome(whole, index)
    for name in (seal(path, key), path):
        with safe_open(name, "np", key=key) as file:
            ours = outcome(file.get_slice(tensor), index)
        if not isinstance(theirs, BaseException):
            assert same(ours, theirs)
        elif not isinstance(of_the_whole, BaseException) and index is not True:
            assert same(np.asarray(ours), np.asarray(of_the_whole))
        else:
            assert isinstance(ours, (SafetensorError, IndexError, TypeError, ValueError))


def outcome(tensor: Any, index: Any) -> Any:
    try:
        return tensor[index]
    except Exception as error:
        return error


def test_names_and_metadata_are_those_of_safetensors(path: Path, key: MasterKey) -> None:
    tensors = {"z": ("U8", [3]), "ä": ("F64", []), "a": ("I64", [2, 2]), "": ("F32", [0])}
    for metadata in ({"format": "pt", "k\u00e9y": "\U0001f511"}, {}, None):
        tensor_files.write(path, tensors, metadata)
        with safetensors.safe_open(path, "np") as theirs, safe_open(seal(path, key), "np", key=key) as ours:
            assert ours.keys() == theirs.keys()
            assert ours.offset_keys() == theirs.offset_keys()
            assert ours.metadata() == theirs.metadata()
            assert list(ours.get_tensors()) == list(theirs.get_tensors())
            for name in tensors:
                assert ours.get_slice(name).get_shape() == theirs.get_slice(name).get_shape()
                assert ours.get_slice(name).get_dtype() == theirs.get_slice(name).get_dtype()
        (path.parent / "sealed" / "model.safetensors.enc").unlink()


def test_a_sharded_model_is_loaded_shard_by_shard(tmp_path: Path, key: MasterKey) -> None:
    contents: dict[str, bytes] = {}
    weights: dict[str, str] = {}
    for shard in range(3):
        name = f"model-0000{shard}-of-00003.safetensors"
        tensors = {f"layer.{shard}.{at}": ("F16", [at, 100]) for at in range(4)}
        contents |= tensor_files.write(tmp_path / name, tensors)
        weights |= dict.fromkeys(tensors, name)
    (tmp_path / "model.safetensors.index.json").write_text(json.dumps({"weight_map": weights}))
    modelcrypt.encrypt_dir(tmp_path, key)
    index = json.loads((tmp_path / "model.safetensors.index.json").read_text())
    for name, shard in index["weight_map"].items():
        with safe_open(tmp_path / shard, "np", key=key) as file:
            assert file.get_tensor(name).tobytes() == contents[name]


def test_shards_that_were_swapped_do_not_load(tmp_path: Path, key: MasterKey) -> None:
    for name in ("a.safetensors", "b.safetensors"):
        tensor_files.write(tmp_path / name, {"t": ("U8", [3])})
    modelcrypt.encrypt_dir(tmp_path, key)
    (tmp_path / "a.safetensors.enc").rename(tmp_path / "b.safetensors.enc")
    with pytest.raises(modelcrypt.Tampered, match="a.safetensors"):
        safe_open(tmp_path / "b.safetensors", "np", key=key)
    # Who names the sealed file itself means that one.
    safe_open(tmp_path / "b.safetensors.enc", "np", key=key)


def test_a_sealed_file_is_found_by_a_link_to_it(path: Path, key: MasterKey, tmp_path: Path) -> None:
    contents = tensor_files.write(path, {"t": ("U8", [300])})
    modelcrypt.encrypt_dir(path, key)
    (tmp_path / "snapshot").mkdir()
    (tmp_path / "snapshot" / "weights.safetensors.enc").symlink_to(path.with_name(path.name + ".enc"))
    loaded = modelcrypt.numpy.load_file(tmp_path / "snapshot" / "weights.safetensors", key=key)
    assert loaded["t"].tobytes() == contents["t"]


def test_what_stands_where_a_sealed_file_should_be_is_not_opened(path: Path, key: MasterKey) -> None:
    tensor_files.write(path, {"t": ("U8", [40_000])})
    path.rename(path.with_name(path.name + ".enc"))
    for name in (path, path.with_name(path.name + ".enc")):
        with pytest.raises(modelcrypt.Unsupported):
            safe_open(name, "np", key=key)


def test_only_what_is_asked_for_is_opened(path: Path, key: MasterKey) -> None:
    tensor_files.write(path, {"a": ("U8", [200_000]), "b": ("U8", [200_000])})
    sealed = seal(path, key).with_name("model.safetensors.enc")
    content = bytearray(sealed.read_bytes())
    content[300_000] ^= 1
    sealed.write_bytes(content)
    with safetensors.safe_open(path, "np") as theirs, safe_open(sealed, "np", key=key) as file:
        assert same(file.get_tensor("a"), theirs.get_tensor("a"))
        assert same(file.get_slice("b")[:1000], theirs.get_slice("b")[:1000])
        for read in (lambda: file.get_tensor("b"), lambda: file.get_slice("b")[50_000:], file.get_tensors):
            with pytest.raises(modelcrypt.Tampered, match="safetensors.enc"):
                read()


def test_keys_are_found_as_the_command_line_finds_them(
    path: Path, key: MasterKey, monkeypatch: pytest.MonkeyPatch
) -> None:
    tensor_files.write(path, {"t": ("U8", [3])})
    sealed = seal(path, key)
    with pytest.raises(modelcrypt.NoKey):
        modelcrypt.numpy.load_file(sealed)
    with pytest.raises(modelcrypt.WrongKey):
        modelcrypt.numpy.load_file(sealed, key=MasterKey.generate())
    assert modelcrypt.numpy.load_file(path)
    monkeypatch.setenv("MODELCRYPT_KEY", key.expose())
    assert modelcrypt.numpy.load_file(sealed)
    monkeypatch.setenv("MODELCRYPT_KEY", "correct horse")
    with pytest.raises(modelcrypt.WrongKey):
        modelcrypt.numpy.load_file(sealed)
    modelcrypt.encrypt_dir(path, iterations=100_000)
    assert modelcrypt.numpy.load_file(path) and not path.exists()


def test_misuse_is_a_safetensor_error(path: Path, key: MasterKey) -> None:
    tensor_files.write(path, {"t": ("U8", [3])})
    sealed = seal(path, key)
    file = safe_open(sealed, "numpy", key=key)
    wrong = [
        lambda: safe_open(sealed, "xx", key=key),
        lambda: safe_open(sealed, "np", backend="x", key=key),
        lambda: safe_open(sealed, "np", device="cuda:0", key=key),
        lambda: file.get_tensor("u"),
        lambda: file.get_slice("u"),
        lambda: file.get_slice("t")[3],
    ]
    for call in wrong:
        with pytest.raises(SafetensorError) as caught:
            call()
        assert isinstance(caught.value, modelcrypt.InvalidInput)
    slice_ = file.get_slice("t")
    file.__exit__(None, None, None)
    for call in (file.keys, file.offset_keys, file.metadata, file.get_tensors, lambda: file.get_tensor("t")):
        with pytest.raises(SafetensorError, match="closed"):
            call()
    assert len(slice_[:]) == 3
    with pytest.raises(modelcrypt.Unsupported):
        safe_open(sealed, "flax", key=key)
    with pytest.raises(FileNotFoundError):
        safe_open(path.with_name("none"), "np", key=key)
    with pytest.raises(TypeError):
        safe_open(5, "np", key=key)  # type: ignore[arg-type]


def test_a_file_that_is_no_safetensors_is_a_safetensor_error(path: Path, key: MasterKey) -> None:
    whole = {"t": ("U8", [3])}
    for damage in (lambda content: b"x" * 100, lambda content: content[:-1], lambda content: content + b"x"):
        tensor_files.write(path, whole)
        path.write_bytes(damage(path.read_bytes()))
        for name in (path, seal(path, key)):
            with pytest.raises(SafetensorError) as caught:
                safe_open(name, "np", key=key)
            assert isinstance(caught.value, modelcrypt.Error)
        (path.parent / "sealed" / "model.safetensors.enc").unlink()


def test_the_signatures_are_those_of_safetensors() -> None:
    import inspect

    for ours, theirs in (
        (safe_open, safetensors.safe_open),
        (modelcrypt.numpy.load_file, safetensors.numpy.load_file),
    ):
        names = [(name, parameter.kind) for name, parameter in inspect.signature(theirs).parameters.items()]
        of_ours = [(name, parameter.kind) for name, parameter in inspect.signature(ours).parameters.items()]
        assert [pair for pair in of_ours if pair[0] != "key"] == names


def test_elements_lie_at_multiples_of_their_size_wherever_they_are_in_the_file(path: Path, key: MasterKey) -> None:
    tensors = {"odd": ("U8", [3]), "f": ("F64", [5]), "g": ("F32", [7]), "h": ("U8", [1]), "i": ("I64", [2])}
    for modulo in range(8):
        contents = tensor_files.write(path, tensors, header_len_modulo_8=modulo)
        for name, array in modelcrypt.numpy.load_file(path, key=key).items():
            assert array.flags.aligned and array.tobytes() == contents[name]


def test_who_keeps_one_tensor_keeps_no_more_than_a_megabyte_besides(path: Path, key: MasterKey) -> None:
    tensors = {f"small.{at}": ("U8", [100_000]) for at in range(40)} | {"large": ("F32", [MIB])}
    tensor_files.write(path, tensors)
    loaded = modelcrypt.numpy.load_file(seal(path, key), key=key)
    held = {name: len(memory_of(array)) for name, array in loaded.items()}
    assert held["large"] == 4 * MIB
    assert all(held[f"small.{at}"] <= MIB + 64 for at in range(40))


def memory_of(array: Any) -> Any:
    while isinstance(array, np.ndarray):
        array = array.base
    return array


def test_tensors_are_writable_and_their_own(path: Path, key: MasterKey) -> None:
    tensor_files.write(path, {"a": ("U8", [3]), "b": ("U8", [3])})
    with safe_open(seal(path, key), "np", key=key) as file:
        first, second = file.get_tensor("a"), file.get_tensor("a")
        first[:] = 9
        assert not (second == 9).any() and (file.get_tensor("a") == second).all()


@pytest.mark.skipif(sys.platform != "linux", reason="smaps is Linux's")
def test_large_tensors_ask_for_huge_pages_and_stay_out_of_core_dumps(path: Path, key: MasterKey) -> None:
    tensor_files.write(path, {"large": ("U8", [8 * MIB])})
    array = modelcrypt.numpy.load_file(seal(path, key), key=key)["large"]
    address, flags, inside = array.ctypes.data, "", False
    for line in Path("/proc/self/smaps").read_text().splitlines():
        if "-" in line.split(" ")[0]:
            start, end = (int(part, 16) for part in line.split(" ")[0].split("-"))
            inside = start <= address < end
        elif inside and line.startswith("VmFlags:"):
            flags = line
    assert " hg" in flags and " dd" in flags
    assert address % (2 * MIB) == 0


def test_other_threads_run_while_tensors_are_read(path: Path, key: MasterKey) -> None:
    path.write_bytes(b"")
    tensor_files.write(path, {"large": ("U8", [64 * MIB])})
    sealed = seal(path, key)
    assert counted_during(lambda: modelcrypt.numpy.load_file(sealed, key=key)) > 0
    with safe_open(sealed, "np", key=key) as file:
        assert counted_during(lambda: file.get_tensor("large")) > 0
        assert counted_during(lambda: file.get_slice("large")[:: 2]) > 0


def test_many_threads_read_one_file(path: Path, key: MasterKey) -> None:
    contents = tensor_files.write(path, {f"t{at}": ("U8", [at * 30_011]) for at in range(20)})
    wrong: list[str] = []
    with safe_open(seal(path, key), "np", key=key) as file:

        def read(first: int) -> None:
            for at in range(20):
                name = f"t{(first + at) % 20}"
                if file.get_tensor(name).tobytes() != contents[name]:
                    wrong.append(name)

        threads = [threading.Thread(target=read, args=(at,)) for at in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert not wrong


@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded")
def test_a_fork_reads_on_from_what_its_parent_has_opened(path: Path, key: MasterKey) -> None:
    contents = tensor_files.write(path, {"t": ("U8", [4 * MIB])})
    with safe_open(seal(path, key), "np", key=key) as file:
        file.get_tensor("t")
        child = os.fork()
        if child == 0:
            os._exit(7 if file.get_tensor("t").tobytes() == contents["t"] else 1)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 7
