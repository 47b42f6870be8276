"""``transformers``, ``diffusers`` and ``accelerate`` on encrypted models, in each of the ways there are."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import sysconfig
import textwrap
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("torch")
transformers = pytest.importorskip("transformers")

import safetensors.torch
import torch

import modelcrypt
from modelcrypt import MasterKey

pytestmark = [pytest.mark.torch, pytest.mark.filterwarnings("default")]

INPUT = [[1, 5, 9, 2, 7]]


@pytest.fixture
def llama(tmp_path: Path) -> Path:
    """A tiny Llama of random weights, as `save_pretrained` writes it."""
    config = transformers.LlamaConfig(
        vocab_size=64,
        hidden_size=32,
        intermediate_size=48,
        num_hidden_layers=2,
        num_attention_heads=4,
        num_key_value_heads=2,
        tie_word_embeddings=False,
    )
    torch.manual_seed(7)
    transformers.LlamaForCausalLM(config).save_pretrained(tmp_path / "llama")
    return tmp_path / "llama"


@pytest.fixture
def sharded(llama: Path, tmp_path: Path) -> Path:
    """The same in several files."""
    model = transformers.LlamaForCausalLM.from_pretrained(llama)
    model.save_pretrained(tmp_path / "sharded", max_shard_size="40KB")
    assert len(list((tmp_path / "sharded").glob("model-*.safetensors"))) > 1
    return tmp_path / "sharded"


def logits(model: Path) -> torch.Tensor:
    loaded = transformers.AutoModelForCausalLM.from_pretrained(model)
    with torch.no_grad():
        return loaded(torch.tensor(INPUT)).logits


@pytest.mark.parametrize("kind", ["llama", "sharded"])
def test_from_pretrained_gives_the_same_outputs_in_all_three_ways(
    kind: str, key_file: Path, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    model: Path = request.getfixturevalue(kind)
    expected = logits(model)
    modelcrypt.encrypt_dir(model, key_file)
    assert not list(model.glob("*.safetensors"))
    with pytest.raises(OSError):
        logits(model)
    with modelcrypt.temporary_decrypt(model, key_file) as opened:
        assert torch.equal(logits(opened), expected)
    with modelcrypt.patch(key_file):
        assert torch.equal(logits(model), expected)
    assert torch.equal(logits_by_run(model, key_file, tmp_path / "logits.json"), expected)


def logits_by_run(model: Path, key_file: Path, output: Path) -> torch.Tensor:
    """As another program computes them, which knows nothing of encryption."""
    code = f"""
        import json, sys, torch, transformers
        model = transformers.AutoModelForCausalLM.from_pretrained(sys.argv[1])
        with torch.no_grad():
            json.dump(model(torch.tensor({INPUT})).logits.tolist(), open(sys.argv[2], "w"))
    """
    command = [str(Path(sysconfig.get_path("scripts"), "modelcrypt")), "run", str(model), "--key-env", "OWN_KEY"]
    program = [sys.executable, "-c", textwrap.dedent(code), "{}", str(output)]
    environment = {**os.environ, "OWN_KEY": key_file.read_text()}
    done = subprocess.run([*command, "--", *program], capture_output=True, text=True, env=environment, timeout=600)
    assert done.returncode == 0, done.stderr
    return torch.tensor(json.loads(output.read_text()))


def test_a_patched_pipeline_offloads_and_maps_devices(llama: Path, key: MasterKey, tmp_path: Path) -> None:
    pytest.importorskip("accelerate")
    expected = logits(llama)
    modelcrypt.encrypt_dir(llama, key)
    device_map = {"model.embed_tokens": "cpu", "model.layers": "cpu", "model.norm": "cpu"}
    device_map |= {"model.rotary_emb": "cpu", "lm_head": "disk"}
    with modelcrypt.patch(key):
        loaded = transformers.AutoModelForCausalLM.from_pretrained(
            llama, device_map=device_map, offload_folder=tmp_path / "offload"
        )
        with torch.no_grad():
            assert torch.equal(loaded(torch.tensor(INPUT)).logits, expected)


@pytest.mark.parametrize("kind", ["llama", "sharded"])
def test_accelerate_loads_a_checkpoint(kind: str, key: MasterKey, request: pytest.FixtureRequest) -> None:
    accelerate = pytest.importorskip("accelerate")
    model: Path = request.getfixturevalue(kind)
    expected = logits(model)
    modelcrypt.encrypt_dir(model, key)
    config = transformers.AutoConfig.from_pretrained(model)
    loaded = transformers.LlamaForCausalLM(config)
    with modelcrypt.patch(key):
        accelerate.load_checkpoint_in_model(loaded, str(model))
    with torch.no_grad():
        assert torch.equal(loaded.eval()(torch.tensor(INPUT)).logits, expected)


def test_diffusers_loads_a_model_and_a_pipeline(tmp_path: Path, key: MasterKey) -> None:
    diffusers = pytest.importorskip("diffusers")
    torch.manual_seed(7)
    unet = diffusers.UNet2DModel(
        sample_size=8,
        in_channels=1,
        out_channels=1,
        layers_per_block=1,
        block_out_channels=(8,),
        norm_num_groups=4,
        down_block_types=("DownBlock2D",),
        up_block_types=("UpBlock2D",),
    )
    pipeline = diffusers.DDPMPipeline(unet=unet, scheduler=diffusers.DDPMScheduler())
    pipeline.save_pretrained(tmp_path / "pipeline")
    modelcrypt.encrypt_dir(tmp_path / "pipeline", key)

    def unet_of(load: Callable[[Path], Any], path: Path) -> dict[str, torch.Tensor]:
        with modelcrypt.patch(key):
            patched = load(path).state_dict()
        with modelcrypt.temporary_decrypt(tmp_path / "pipeline", key) as opened:
            guarded = load(opened / path.relative_to(tmp_path / "pipeline")).state_dict()
        assert all(torch.equal(tensor, guarded[name]) for name, tensor in patched.items())
        return patched

    for load, path in (
        (diffusers.UNet2DModel.from_pretrained, tmp_path / "pipeline" / "unet"),
        (lambda path: diffusers.DiffusionPipeline.from_pretrained(path).unet, tmp_path / "pipeline"),
    ):
        state = unet_of(load, path)
        assert all(torch.equal(tensor, state[name]) for name, tensor in unet.state_dict().items())


def test_a_sealed_hugging_face_cache_is_loaded(llama: Path, tmp_path: Path, key: MasterKey) -> None:
    expected = logits(llama)
    cache = tmp_path / "cache" / "models--somebody--tiny"
    snapshot = cache / "snapshots" / ("0" * 40)
    snapshot.mkdir(parents=True)
    (cache / "blobs").mkdir()
    (cache / "refs").mkdir()
    (cache / "refs" / "main").write_text("0" * 40)
    for at, file in enumerate(sorted(llama.iterdir())):
        blob = cache / "blobs" / f"{at:064x}"
        file.rename(blob)
        (snapshot / file.name).symlink_to(os.path.relpath(blob, snapshot))
    modelcrypt.encrypt_dir(cache, key, follow=True)
    assert not (snapshot / "model.safetensors").exists()
    with modelcrypt.patch(key):
        loaded = transformers.AutoModelForCausalLM.from_pretrained(
            "somebody/tiny", cache_dir=tmp_path / "cache", local_files_only=True
        )
    with torch.no_grad():
        assert torch.equal(loaded(torch.tensor(INPUT)).logits, expected)


def test_saving_beside_sealed_files_works_while_patched(llama: Path, key: MasterKey) -> None:
    modelcrypt.encrypt_dir(llama, key)
    with modelcrypt.patch(key):
        model = transformers.AutoModelForCausalLM.from_pretrained(llama)
        model.save_pretrained(llama)
    assert safetensors.torch.load_file(llama / "model.safetensors")
