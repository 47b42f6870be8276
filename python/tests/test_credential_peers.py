"""Credentials beside what others make of them: botocore, and the keyring of the system."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import textwrap
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

import modelcrypt
from modelcrypt import MasterKey
from modelcrypt.credentials import Store
from modelcrypt.presign import PresignCache, S3Signer, presign
from test_presign import NOW, botocore_session

SECRET = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"


@pytest.fixture(autouse=True)
def no_region(monkeypatch: pytest.MonkeyPatch) -> None:
    """No region of whoever runs it counts."""
    for name in ("AWS_REGION", "AWS_DEFAULT_REGION", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def store(tmp_path: Path, key: MasterKey) -> Store:
    """A vault that is still to be made."""
    return Store(tmp_path / "vault.db", key, order=["vault"])


@pytest.mark.parametrize("token", [None, "FwoGZXIvYXdzEA+/=="])
@pytest.mark.parametrize("endpoint", [None, "http://127.0.0.1:9000"])
def test_a_url_signed_with_what_was_found_for_it_is_that_of_botocore(
    store: Store, monkeypatch: pytest.MonkeyPatch, token: str | None, endpoint: str | None
) -> None:
    session = botocore_session()
    import botocore.auth
    from botocore.config import Config

    monkeypatch.setattr(botocore.auth, "get_current_datetime", lambda *_, **__: NOW)
    client = session.create_client(
        "s3",
        region_name="eu-west-1",
        endpoint_url=endpoint,
        aws_access_key_id="AKIDEXAMPLE",
        aws_secret_access_key=SECRET,
        aws_session_token=token,
        config=Config(signature_version="s3v4", s3={"addressing_style": "path" if endpoint else "virtual"}),
    )
    expected = client.generate_presigned_url("get_object", {"Bucket": "models", "Key": "a b.enc"}, 900)

    kept = SECRET if token is None else f'{{"secret_access_key": "{SECRET}", "session_token": "{token}"}}'
    extra = {"region": "eu-west-1", "bucket": "models", **({} if endpoint is None else {"endpoint": endpoint})}
    store.set("reader", kept, type="aws", username="AKIDEXAMPLE", extra=extra)
    with store.for_url("s3://models/a b.enc") as found:
        signer = S3Signer(found)
        assert signer.presign("s3://models/a b.enc", now=NOW).expose() == expected
        elsewhere = presign("s3://models/a", credentials=found, region="us-east-2", endpoint="https://s3.example")
        assert elsewhere.expose().startswith("https://s3.example/models/a?") and "us-east-2" in elsewhere.expose()
    assert signer.presign("s3://models/a b.enc", now=NOW).expose() == expected
    with pytest.raises(modelcrypt.InvalidInput, match="wiped"):
        presign("s3://models/a", credentials=found)


def test_no_url_outlives_the_credential_or_goes_where_it_must_not(store: Store) -> None:
    end = datetime.now(UTC).replace(microsecond=0) + timedelta(minutes=5)
    extra = {"region": "eu-west-1"}
    store.set("brief", SECRET, type="aws", username="AKID", extra=extra, expires=end)
    assert presign("s3://models/a", expires=3600, credentials=store.get("brief")).expires_at == end
    store.set("plain", SECRET, type="aws", username="AKID", extra={"endpoint": "http://s3.example", "allow_http": "true"})
    assert presign("s3://models/a", credentials=store.get("plain")).expose().startswith("http://s3.example/")
    # What was allowed for one endpoint is not allowed for another.
    with pytest.raises(modelcrypt.InvalidInput):
        presign("s3://models/a", credentials=store.get("plain"), endpoint="http://other.example")
    store.set("other", "a secret")
    with pytest.raises(modelcrypt.InvalidInput, match="type aws"):
        presign("s3://models/a", credentials=store.get("other"), region="eu-west-1")


def test_a_cache_signs_anew_with_a_rotated_key(store: Store) -> None:
    store.set("aws", SECRET, type="aws", username="AKID", extra={"region": "eu-west-1"})

    def source() -> S3Signer:
        with store.for_url("s3://models/") as found:
            return S3Signer(found)

    cache = PresignCache(source)
    first = cache.url("s3://models/a").expose()
    store.rotate("aws", "another+secret")
    cache.url("s3://models/b")
    assert cache.url("s3://models/a").expose() != first


KEYRING = """
    printf pass | gnome-keyring-daemon --foreground --unlock --components=secrets >/dev/null 2>&1 &
    daemon=$!
    tries=0
    until printf ready | secret-tool store --label=ready made-by this-test 2>/dev/null; do
        tries=$((tries + 1))
        [ $tries -lt 200 ] || exit 9
        sleep 0.05
    done
    "$@"
    code=$?
    kill $daemon
    exit $code
"""


def test_the_keyring_of_the_system_is_asked_first(home: Path, tmp_path: Path, key_file: Path) -> None:
    for tool in ("dbus-run-session", "gnome-keyring-daemon", "secret-tool"):
        if shutil.which(tool) is None:
            if os.environ.get("CI"):
                pytest.fail(f"there is no {tool}")
            pytest.skip(f"there is no {tool}")
    code = """
        import os, subprocess, sys
        from modelcrypt.credentials import Store
        store = Store(sys.argv[1], sys.argv[2])
        record = store.set("hf", "hf_of_the_keyring", type="huggingface", store="keyring")
        assert (record.store, store.get("hf").store) == ("keyring", "keyring")
        lookup = ["secret-tool", "lookup", "service", "modelcrypt", "name", "hf"]
        assert subprocess.run(lookup, capture_output=True).stdout == b"hf_of_the_keyring"
        put = ["secret-tool", "store", "--label=other", "service", "modelcrypt", "name", "other"]
        subprocess.run(put, input=b"from another program", check=True)
        assert store.get("other").expose() == "from another program"
        store.set("kept", "in the vault")
        assert {record.name: record.store for record in store.list()} == {
            "hf": "keyring", "kept": "vault", "other": "keyring",
        }
        assert store.rotate("hf", "hf_rotated").versions[-1].number == 2
        child = os.fork()
        if child == 0:
            # Its client has threads that are not here: the vault answers, and it is said why the keyring does not.
            assert store.get("kept").store == "vault"
            try:
                store.get("hf")
            except FileNotFoundError as error:
                os._exit(7 if "keyring: a process that was forked off does not ask it" in str(error) else 2)
            os._exit(3)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 7
        assert store.get("hf").expose() == "hf_rotated"
    """
    folder = tmp_path / "run"
    folder.mkdir(0o700)
    session = ["dbus-run-session", "--", "sh", "-c", textwrap.dedent(KEYRING), "sh"]
    command = [sys.executable, "-W", "ignore", "-c", textwrap.dedent(code), str(tmp_path / "vault.db"), str(key_file)]
    env = {**os.environ, "XDG_RUNTIME_DIR": str(folder), "XDG_DATA_HOME": str(home / "data")}
    done = subprocess.run([*session, *command], env=env, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr


