"""``modelcrypt.torch``: what ``safetensors.torch`` gives of the plaintext."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("torch")

import safetensors
import safetensors.torch
import tensor_files
import torch
from tensor_files import BITS, INDICES, SHAPES
from threads import counted_during

import modelcrypt
import modelcrypt.torch
from modelcrypt import MasterKey
from modelcrypt.safetensors import SafetensorError, safe_open

pytestmark = pytest.mark.torch

MIB = 1 << 20
REFUSED = {"F6_E2M3", "F6_E3M2"}


def seal(path: Path, key: MasterKey) -> Path:
    modelcrypt.encrypt_dir(path, key, output=path.parent / "sealed")
    return path.parent / "sealed" / path.name


def same(ours: torch.Tensor, theirs: torch.Tensor) -> bool:
    return (
        type(ours) is type(theirs)
        and ours.dtype == theirs.dtype
        and ours.shape == theirs.shape
        and ours.device == theirs.device
        and bytes_of(ours) == bytes_of(theirs)
    )


def bytes_of(tensor: torch.Tensor) -> bytes:
    return tensor.unsqueeze(-1).view(torch.uint8).numpy().tobytes() if tensor.numel() else b""


@pytest.mark.parametrize("dtype", sorted(set(BITS) - REFUSED))
def test_tensors_are_those_of_safetensors(tmp_path: Path, key: MasterKey, dtype: str) -> None:
    path = tmp_path / "model.safetensors"
    shapes = {name: shape for name, shape in SHAPES.items() if dtype != "F4" or (shape and shape[-1] % 2 == 0)}
    tensor_files.write(path, {name: (dtype, shape) for name, shape in shapes.items()}, {"format": "pt"})
    theirs = safetensors.torch.load_file(path)
    for name in (seal(path, key), path):
        ours = modelcrypt.torch.load_file(name, key=key)
        assert list(ours) == list(theirs)
        assert all(same(ours[tensor], theirs[tensor]) for tensor in theirs)
        with safe_open(name, "pt", key=key) as file:
            assert all(same(file.get_tensor(tensor), theirs[tensor]) for tensor in theirs)
            for tensor in shapes:
                assert same(file.get_slice(tensor)[...], theirs[tensor])


@pytest.mark.parametrize("dtype", sorted(REFUSED))
def test_types_that_torch_lacks_are_refused(tmp_path: Path, key: MasterKey, dtype: str) -> None:
    path = tmp_path / "model.safetensors"
    tensor_files.write(path, {"matrix": (dtype, [4, 8])})
    for name in (seal(path, key), path):
        with pytest.raises(SafetensorError):
            modelcrypt.torch.load_file(name, key=key)


def test_single_f4_elements_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "model.safetensors"
    tensor_files.write(path, {"odd": ("F4", [2, 3])})
    with pytest.raises(SafetensorError):
        modelcrypt.torch.load_file(path)


@pytest.mark.filterwarnings("ignore:Using a non-tuple sequence")
@pytest.mark.parametrize("index", INDICES, ids=repr)
@pytest.mark.parametrize("tensor", ["cube", "empty", "element", "vector"])
def test_a_slice_is_that_of_safetensors(tmp_path: Path, key: MasterKey, tensor: str, index: Any) -> None:
    path = tmp_path / "model.safetensors"
    shapes = {"cube": [3, 4, 5], "empty": [0, 3], "element": [], "vector": [6]}
    tensor_files.write(path, {name: ("I16", shape) for name, shape in shapes.items()})
    with safetensors.safe_open(path, "pt") as file:
        theirs = outcome(file.get_slice(tensor), index)
    for name in (seal(path, key), path):
        with safe_open(name, "pt", key=key) as file:
            ours = outcome(file.get_slice(tensor), index)
        if isinstance(theirs, Exception):
            assert isinstance(ours, (SafetensorError, type(theirs)))
        else:
            assert same(ours, theirs)


def outcome(tensor: Any, index: Any) -> Any:
    try:
        return tensor[index]
    except Exception as error:
        return error


def test_an_index_may_be_a_tensor(tmp_path: Path, key: MasterKey) -> None:
    path = tmp_path / "model.safetensors"
    tensor_files.write(path, {"cube": ("I16", [3, 4, 5])})
    with safetensors.safe_open(path, "pt") as theirs, safe_open(seal(path, key), "pt", key=key) as ours:
        for index in (torch.tensor(1), torch.tensor([2, 0]), torch.tensor([True, False, True])):
            assert same(ours.get_slice("cube")[index], theirs.get_slice("cube")[index])


def test_each_tensor_has_a_storage_of_its_own_that_can_be_written(tmp_path: Path, key: MasterKey) -> None:
    path = tmp_path / "model.safetensors"
    contents = tensor_files.write(path, {name: ("F32", [at, 5]) for at, name in enumerate("abc")})
    loaded = modelcrypt.torch.load_file(seal(path, key), key=key)
    assert len({tensor.untyped_storage().data_ptr() for tensor in loaded.values() if tensor.numel()}) == 2
    for name, tensor in loaded.items():
        assert tensor.untyped_storage().nbytes() == len(contents[name])
        tensor.fill_(1)
        assert tensor.is_contiguous() and not tensor.requires_grad
    # So that what was loaded can be saved again.
    safetensors.torch.save_file(loaded, tmp_path / "again.safetensors")


def test_tensors_go_to_the_device_that_is_named(tmp_path: Path, key: MasterKey) -> None:
    path = tmp_path / "model.safetensors"
    tensor_files.write(path, {"a": ("F32", [2, 5])})
    for device in ("cpu", torch.device("cpu"), None):
        with safe_open(path, "pt", device=device) as file:
            assert file.get_tensor("a").device.type == "cpu"
    with safe_open(seal(path, key), "pt", device="meta", key=key) as file:
        assert file.get_tensors()["a"].is_meta and file.get_slice("a")[0].is_meta
    with pytest.raises(SafetensorError, match="device nonsense is invalid"):
        safe_open(path, "pt", device="nonsense")


class Tied(torch.nn.Module):
    """Two names for one tensor."""

    def __init__(self) -> None:
        super().__init__()
        self.first = torch.nn.Linear(3, 3)
        self.second = torch.nn.Linear(3, 3, bias=False)
        self.second.weight = self.first.weight


@pytest.mark.parametrize(
    "change",
    [
        lambda state: None,
        lambda state: state.pop("first.bias"),
        lambda state: state.update({"third": torch.zeros(1)}),
        lambda state: state.update({"second.weight": torch.ones(3, 3)}),
        lambda state: state.update({"second.weight": state.pop("first.weight")}),
        lambda state: (state.pop("first.weight"), state.update({"third": torch.zeros(1)})),
    ],
)
def test_load_model_does_as_safetensors_does(
    tmp_path: Path, key: MasterKey, change: Callable[[dict[str, torch.Tensor]], object]
) -> None:
    path = tmp_path / "model.safetensors"
    state = {name: torch.rand(3, 3) if name.endswith("weight") else torch.rand(3) for name in Tied().state_dict()}
    del state["second.weight"]
    change(state)
    safetensors.torch.save_file(state, path)
    for strict in (True, False):
        ours, theirs = Tied(), Tied()
        theirs.load_state_dict(ours.state_dict())
        expected = load(lambda: safetensors.torch.load_model(theirs, path, strict))
        assert load(lambda: modelcrypt.torch.load_model(ours, seal(path, key), strict, key=key)) == expected
        for name, tensor in theirs.state_dict().items():
            assert torch.equal(ours.state_dict()[name], tensor)
        for sealed in (tmp_path / "sealed").iterdir():
            sealed.unlink()


def load(call: Callable[[], tuple[Any, Any]]) -> Any:
    try:
        missing, unexpected = call()
    except RuntimeError as error:
        return str(error)
    return missing, sorted(unexpected)


def test_the_signatures_are_those_of_safetensors() -> None:
    import inspect

    for name in ("load_file", "load_model"):
        theirs = inspect.signature(getattr(safetensors.torch, name)).parameters
        ours = inspect.signature(getattr(modelcrypt.torch, name)).parameters
        described = [(parameter.name, parameter.kind, parameter.default) for parameter in theirs.values()]
        assert [
            (parameter.name, parameter.kind, parameter.default)
            for parameter in ours.values()
            if parameter.name != "key"
        ] == described


def test_other_threads_run_while_tensors_are_read(tmp_path: Path, key: MasterKey) -> None:
    path = tmp_path / "model.safetensors"
    tensor_files.write(path, {"large": ("F32", [16 * MIB])})
    sealed = seal(path, key)
    assert counted_during(lambda: modelcrypt.torch.load_file(sealed, key=key)) > 0
