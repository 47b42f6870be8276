"""The verbs on directories, and what they report."""

from __future__ import annotations

import errno
import os
import pickle
from datetime import UTC, datetime
from pathlib import Path

import pytest

import modelcrypt
from modelcrypt import MasterKey


def names(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def test_a_model_is_encrypted_and_decrypted_to_the_same_bytes(models: Path, key: MasterKey) -> None:
    before = {name: (models / name).read_bytes() for name in names(models)}
    report = modelcrypt.encrypt_dir(models, key)
    assert [file.outcome for file in report.files] == ["encrypted", "encrypted"]
    assert names(models) == [
        "config.json",
        "model.safetensors.enc",
        "model.safetensors.enc.json",
        "tiny/model.gguf.enc",
        "tiny/model.gguf.enc.json",
    ]
    assert [file.outcome for file in modelcrypt.verify_dir(models, key).files] == ["verified", "verified"]
    modelcrypt.decrypt_dir(models, key)
    assert {name: (models / name).read_bytes() for name in names(models)} == before


def test_a_report_names_each_file_and_says_it_in_short(models: Path, key: MasterKey) -> None:
    report = modelcrypt.encrypt_dir(str(models), key)
    assert repr(report) == "Report(2 encrypted)"
    first = report.files[0]
    assert (first.path, first.outcome, first.error) == (models / "model.safetensors", "encrypted", None)
    assert first.plaintext_len == 70_000
    with pytest.raises(AttributeError):
        first.outcome = "else"  # type: ignore[misc]


def test_an_encrypted_model_is_already_done(models: Path, key: MasterKey) -> None:
    modelcrypt.encrypt_dir(models, key)
    report = modelcrypt.encrypt_dir(models, key)
    assert repr(report) == "Report(2 already done)"


def test_options_mean_what_the_flags_mean(models: Path, key: MasterKey, tmp_path: Path) -> None:
    modelcrypt.encrypt_dir(models, key, include="*.gguf", keep=True)
    assert (models / "tiny/model.gguf").exists() and (models / "tiny/model.gguf.enc").exists()
    assert not (models / "model.safetensors.enc").exists()
    (models / "tiny/model.gguf.enc").unlink()
    (models / "tiny/model.gguf.enc.json").unlink()
    modelcrypt.encrypt_dir(models, key, exclude=["*.gguf"], output=tmp_path / "out")
    assert names(tmp_path / "out") == [
        "config.json",
        "model.safetensors.enc",
        "model.safetensors.enc.json",
        "tiny/model.gguf",
    ]
    modelcrypt.encrypt_dir(models, key, all_files=True, checksum="both")
    assert "payload_sha256" in (models / "config.json.enc.json").read_text()


def test_several_paths_are_one_job(models: Path, key: MasterKey) -> None:
    paths = [models / "config.json", models / "tiny"]
    assert repr(modelcrypt.encrypt_dir(paths, key)) == "Report(2 encrypted)"


def test_the_key_file_is_never_encrypted(models: Path) -> None:
    path = models / "own.bin"
    MasterKey.generate().save(path)
    modelcrypt.encrypt_dir(models, path)
    assert path.exists()


def test_a_failing_file_stops_no_other_and_is_raised_in_the_end(models: Path, key: MasterKey) -> None:
    modelcrypt.encrypt_dir(models, key)
    sealed = models / "model.safetensors.enc"
    content = bytearray(sealed.read_bytes())
    content[20_000] ^= 1
    sealed.write_bytes(content)
    with pytest.raises(modelcrypt.Tampered) as caught:
        modelcrypt.decrypt_dir(models, key)
    assert caught.value.path == sealed
    assert str(sealed) in str(caught.value)
    report = caught.value.report
    assert report is not None and repr(report) == "Report(1 decrypted, 1 failed)"
    assert [failure.path for failure in report.failures] == [sealed]
    assert isinstance(report.failures[0].error, modelcrypt.Tampered)
    assert (models / "tiny/model.gguf").exists()


def test_the_gravest_of_several_failures_is_raised(models: Path, key: MasterKey) -> None:
    modelcrypt.encrypt_dir(models / "tiny", MasterKey.generate())
    modelcrypt.encrypt_dir(models / "model.safetensors", key)
    with pytest.raises(modelcrypt.WrongKey):
        modelcrypt.verify_dir(models, key)
    (models / "model.safetensors.enc").write_bytes((models / "model.safetensors.enc").read_bytes()[:-1])
    with pytest.raises(modelcrypt.Truncated) as caught:
        modelcrypt.verify_dir(models, key)
    assert str(caught.value).endswith("(and 1 more)")


def test_a_rewrap_hands_the_files_to_another_key(models: Path, key: MasterKey, tmp_path: Path) -> None:
    modelcrypt.encrypt_dir(models, key)
    new = MasterKey.generate()
    modelcrypt.rewrap(models, new, key, stage="add")
    modelcrypt.verify_dir(models, key)
    modelcrypt.rewrap(models, new, key, stage="drop")
    modelcrypt.verify_dir(models, new)
    with pytest.raises(modelcrypt.WrongKey):
        modelcrypt.verify_dir(models, key)
    with pytest.raises(modelcrypt.InvalidInput):
        modelcrypt.rewrap(models, new, new)


def test_reencrypting_makes_new_file_keys_and_may_change_the_master_key(models: Path, key: MasterKey) -> None:
    modelcrypt.encrypt_dir(models, key)
    before = (models / "model.safetensors.enc").read_bytes()
    modelcrypt.reencrypt(models, key)
    assert (models / "model.safetensors.enc").read_bytes() != before
    new = MasterKey.generate()
    assert repr(modelcrypt.reencrypt(models, key, new_key=new)) == "Report(2 reencrypted)"
    modelcrypt.verify_dir(models, new)


def test_status_tells_how_files_stand(models: Path, key: MasterKey) -> None:
    modelcrypt.encrypt_dir(models / "tiny", key)
    report = modelcrypt.status(models, key)
    assert repr(report) == "StatusReport(1 plaintext, 1 sealed)"
    plain, sealed = report.files
    assert plain.due == ("encrypt",) and plain.keys == ()
    assert sealed.keys == (key.id,) and sealed.since_is_authentic
    assert sealed.since is not None and sealed.since.tzinfo is not None
    assert sealed.since <= datetime.now(UTC)
    with pytest.raises(modelcrypt.PolicyViolation) as caught:
        modelcrypt.status(models, check=True)
    assert caught.value.path == models / "model.safetensors"


def test_status_needs_no_key_and_a_broken_one_is_a_notice(
    models: Path, key: MasterKey, monkeypatch: pytest.MonkeyPatch
) -> None:
    modelcrypt.encrypt_dir(models, key)
    assert not modelcrypt.status(models).files[0].since_is_authentic
    monkeypatch.setenv("MODELCRYPT_KEY", "mck1_typo")
    assert "shown without a key" in modelcrypt.status(models).notices[0]
    assert modelcrypt.status(models, MasterKey.generate()).files[0].state == "other_key"


def test_plaintext_goes_to_memory_only_if_that_is_required(models: Path, key: MasterKey) -> None:
    modelcrypt.encrypt_dir(models, key)
    with pytest.raises(modelcrypt.InvalidInput):
        modelcrypt.decrypt_dir(models, key, require_memory_backed=True)
    with pytest.raises(modelcrypt.PolicyViolation):
        modelcrypt.decrypt_dir(models, key, output=Path(__file__).parent / "new" / "out", require_memory_backed=True)


def test_sweep_removes_what_a_killed_run_has_left(models: Path) -> None:
    (models / ".modelcrypt-tmp-0123456789abcdef").write_bytes(b"half")
    (models / ".modelcrypt-claimed-0123abcd-kept.bin").write_bytes(b"whole")
    modelcrypt.sweep(models)
    assert (models / "kept.bin").read_bytes() == b"whole"


def test_a_path_that_is_not_there_is_a_file_not_found(tmp_path: Path, key: MasterKey) -> None:
    with pytest.raises(FileNotFoundError) as caught:
        modelcrypt.encrypt_dir(tmp_path / "nowhere", key)
    assert isinstance(caught.value, modelcrypt.NotFound)
    assert caught.value.errno == errno.ENOENT


def test_wrong_arguments_are_refused_before_anything_is_touched(models: Path, key: MasterKey) -> None:
    for wrong in ({"checksum": "md5"}, {"jobs": 0}, {"iterations": 1}, {"include": "["}):
        with pytest.raises(ValueError):
            modelcrypt.encrypt_dir(models, MasterKey.parse("correct horse"), **wrong)  # type: ignore[arg-type]
    with pytest.raises(ValueError):
        modelcrypt.rewrap(models, MasterKey.generate(), key, stage="prove")  # type: ignore[arg-type]
    with pytest.raises(TypeError):
        modelcrypt.encrypt_dir(models, key, progress="yes")  # type: ignore[arg-type]
    with pytest.raises(TypeError):
        modelcrypt.encrypt_dir(models, b"secret")  # type: ignore[arg-type]
    assert names(models) == ["config.json", "model.safetensors", "tiny/model.gguf"]


def test_reports_and_errors_survive_pickling(models: Path, key: MasterKey) -> None:
    report = modelcrypt.encrypt_dir(models, key)
    assert pickle.loads(pickle.dumps(report)) == report
    with pytest.raises(modelcrypt.WrongKey) as caught:
        modelcrypt.verify_dir(models, MasterKey.generate())
    error = pickle.loads(pickle.dumps(caught.value))
    assert type(error) is modelcrypt.WrongKey and str(error) == str(caught.value)
    assert error.path == caught.value.path
    assert [file.path for file in error.report.failures] == [
        models / "model.safetensors.enc",
        models / "tiny/model.gguf.enc",
    ]


def test_functions_and_arguments_can_be_sent_to_other_processes(models: Path, key_file: Path) -> None:
    function, arguments = pickle.loads(pickle.dumps((modelcrypt.encrypt_dir, (models, key_file))))
    assert repr(function(*arguments)) == "Report(2 encrypted)"


def test_names_that_are_not_unicode_are_taken(tmp_path: Path, key: MasterKey) -> None:
    folder = tmp_path / "models"
    folder.mkdir()
    try:
        (folder / os.fsdecode(b"\xff.bin")).write_bytes(b"weights")
    except OSError:
        pytest.skip("this file system takes Unicode only")
    report = modelcrypt.encrypt_dir(folder, key)
    assert os.fsencode(report.files[0].path.name) == b"\xff.bin"
