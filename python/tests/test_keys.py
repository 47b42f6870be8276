"""Master keys: where they come from, and that they never show."""

from __future__ import annotations

import copy
import pickle
import stat
import traceback
from pathlib import Path

import pytest

import modelcrypt
from modelcrypt import MasterKey


def test_a_key_is_written_for_its_owner_only_and_read_again(tmp_path: Path) -> None:
    key = MasterKey.generate()
    key.save(tmp_path / "a.key")
    assert stat.S_IMODE((tmp_path / "a.key").stat().st_mode) & 0o077 == 0
    assert MasterKey.from_file(tmp_path / "a.key") == key
    with pytest.raises(FileExistsError):
        key.save(tmp_path / "a.key")


def test_keys_are_equal_if_they_open_the_same(key: MasterKey) -> None:
    assert MasterKey.parse(key.expose()) == key
    assert MasterKey.parse(key.expose().encode() + b"\n") == key
    assert MasterKey.generate() != key
    assert key != key.expose()
    with pytest.raises(TypeError):
        hash(key)


def test_a_key_does_not_show_and_cannot_be_copied_or_pickled(key: MasterKey) -> None:
    assert repr(key) == str(key) == f"MasterKey({key.id})"
    assert repr(MasterKey.parse("correct horse")) == "MasterKey(passphrase)"
    for duplicate in (pickle.dumps, copy.copy, copy.deepcopy):
        with pytest.raises(TypeError, match="not pickled or copied"):
            duplicate(key)
    assert not hasattr(key, "__dict__")


def test_a_passphrase_has_no_id_and_is_not_given_back(tmp_path: Path) -> None:
    key = MasterKey.parse("correct horse")
    assert key.id is None
    with pytest.raises(modelcrypt.InvalidInput):
        key.expose()
    with pytest.raises(modelcrypt.InvalidInput):
        key.save(tmp_path / "a.key")
    assert not (tmp_path / "a.key").exists()


def test_a_typo_is_no_passphrase_and_is_in_no_error(key: MasterKey) -> None:
    canary = "Canary" * 8
    texts: list[str | bytes] = [f"mck1_{canary}", f" mck1_{canary}", f"{canary}\ud800", b"\xff" + canary.encode(), ""]
    for text in texts:
        with pytest.raises(modelcrypt.InvalidInput) as caught:
            MasterKey.parse(text)
        shown = "".join(traceback.format_exception(caught.value)) + repr(vars(caught.value))
        assert "Canary" not in shown
        assert caught.value.__cause__ is None and caught.value.__context__ is None
    with pytest.raises(TypeError):
        MasterKey.parse(5)  # type: ignore[arg-type]


def test_a_key_where_a_path_should_be_is_refused_and_not_shown(models: Path, key: MasterKey) -> None:
    text = key.expose()
    for wrong in (lambda: modelcrypt.encrypt_dir(models, text), lambda: MasterKey.from_env(text)):
        with pytest.raises(modelcrypt.InvalidInput) as caught:
            wrong()
        assert text not in str(caught.value)


def test_a_key_file_that_others_may_read_is_refused(key_file: Path) -> None:
    key_file.chmod(0o644)
    with pytest.raises(PermissionError):
        MasterKey.from_file(key_file)
    MasterKey.from_file(key_file, allow_loose_permissions=True)


def test_the_key_is_found_as_the_command_line_finds_it(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(modelcrypt.NoKey):
        MasterKey.find()
    folder = home / ".config/modelcrypt"
    folder.mkdir(parents=True)
    keys = [MasterKey.generate() for _ in range(4)]
    for at, key in enumerate(keys):
        key.save(folder / ("master.key" if at == 0 else f"{at}.key"))
    assert MasterKey.find() == keys[0]
    (folder / "config.toml").write_text('key = "1.key"')
    assert MasterKey.find() == keys[1]
    (tmp_path / "own.toml").write_text(f'key = "{folder}/2.key"')
    assert MasterKey.find(config=tmp_path / "own.toml") == keys[2]
    monkeypatch.setenv("MODELCRYPT_KEY", keys[3].expose())
    assert MasterKey.find() == keys[3]
    assert MasterKey.from_env("MODELCRYPT_KEY") == keys[3]


def test_a_command_prints_the_key(key_file: Path, key: MasterKey) -> None:
    assert MasterKey.from_command(f"cat '{key_file}'") == key
    with pytest.raises(modelcrypt.NoKey):
        MasterKey.from_command("exit 1")


def test_a_keyring_that_is_not_there_is_said_to_be_unavailable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", f"unix:path={tmp_path}/none")
    with pytest.raises(modelcrypt.Unavailable, match="keyring cannot be used"):
        MasterKey.from_keyring("prod")
