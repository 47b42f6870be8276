"""Credentials: kept, handed out for a while, rotated; every access is on record, and no secret shows."""

from __future__ import annotations

import copy
import inspect
import json
import os
import pickle
import subprocess
import sys
import textwrap
import traceback
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

import modelcrypt
from modelcrypt import Masker, MasterKey, credentials
from modelcrypt.credentials import Record, Secret, Store

CANARY = "Canary7wNotToBeSeen3Fx9"
DSN = f"postgres://etl:{CANARY}@db.example/main"


@pytest.fixture
def store(tmp_path: Path, key: MasterKey) -> Store:
    """A vault that is still to be made, and the environment."""
    return Store(tmp_path / "vault.db", key, order=["vault", "environment"])


def audit(store: Store, key_file: Path, *verb: str) -> Any:
    """What ``modelcrypt cred audit`` says of its log."""
    command = [sys.executable, "-m", "modelcrypt", "cred", "audit", *verb, "--json", "--key-file", str(key_file)]
    env = {**os.environ, "MODELCRYPT_VAULT": str(store.vault)}
    done = subprocess.run(command, env=env, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_a_secret_is_handed_out_and_wiped(store: Store) -> None:
    store.set("db", DSN, type="db_dsn")
    with store.get("db") as secret:
        assert (secret.expose(), secret.expose_bytes()) == (DSN, DSN.encode())
        assert (secret.name, secret.field_name, secret.version, secret.store) == ("db", "secret", 1, "vault")
        lent, part = secret.expose_bytearray(), secret.field("password")
        view = memoryview(lent)
        assert (bytes(lent), part.expose(), secret.is_wiped) == (DSN.encode(), CANARY, False)
    assert secret.is_wiped and part.is_wiped
    assert lent == bytes(view) == bytes(len(DSN))
    uses: list[Callable[[], object]] = [
        secret.expose,
        secret.expose_bytes,
        secret.expose_bytearray,
        lambda: secret.record,
        lambda: secret.field("password"),
        lambda: Masker().register(secret),
        lambda: store.set("other", secret),
        part.expose,
        secret.__enter__,
    ]
    for use in uses:
        with pytest.raises(modelcrypt.InvalidInput, match="wiped"):
            use()
    secret.wipe()
    with store.get("db/host") as host:
        assert (host.expose(), host.field("user").expose()) == ("db.example", "etl")


@pytest.mark.parametrize("value", [b"a\x00b", b"line\nline\n", b"\xff\xfe\x80", "日本\n".encode(), bytes(range(256)) * 200])
def test_a_value_is_kept_byte_for_byte(store: Store, value: bytes) -> None:
    store.set("raw", value)
    store.set("array", bytearray(value))
    with store.get("raw") as secret:
        store.set("copy", secret)
        assert secret.expose_bytes() == store.get("copy").expose_bytes() == store.get("array").expose_bytes() == value
        try:
            assert secret.expose() == value.decode()
        except modelcrypt.InvalidInput as error:
            with pytest.raises(UnicodeDecodeError):
                value.decode()
            assert error.__context__ is None


@pytest.mark.parametrize("value", ["", b"", b"x" * 65537, "\ud800"])
def test_what_no_store_takes_is_refused(store: Store, value: str | bytes) -> None:
    with pytest.raises(modelcrypt.InvalidInput):
        store.set("x", value)
    with pytest.raises(modelcrypt.NotFound):
        store.get("x")
    with pytest.raises(TypeError, match="not int"):
        store.set("x", 7)  # type: ignore[arg-type]


def test_nothing_shows_a_secret(store: Store, capfd: pytest.CaptureFixture[str]) -> None:
    store.set("db", DSN, type="db_dsn", tags=["prod"])
    secret = store.get("db")
    shown = [repr(secret), str(secret), f"{secret}", repr(store), repr(secret.record), repr(store.list())]
    for act in (copy.copy, copy.deepcopy, pickle.dumps):
        for value in (secret, store):
            with pytest.raises(TypeError, match="not pickled or copied"):
                act(value)

    def told(call: Callable[[], object]) -> str:
        try:
            call()
        except Exception as error:
            return "".join(traceback.TracebackException.from_exception(error, capture_locals=True).format())
        raise AssertionError("it did not fail")

    # What is below these calls holds no secret in a variable; what calls them is the caller's.
    hidden: dict[str, Any] = {"secret": CANARY, "surrogate": CANARY + "\ud800", "dsn": CANARY.encode()}
    shown += [
        told(lambda: store.set("db", hidden["secret"], type="db_dsn")),
        told(lambda: store.set("db", hidden["surrogate"])),
        told(lambda: store.set("n", hidden["secret"], type="huggingface")),
        told(lambda: store.rotate("db", hidden["dsn"])),
        told(lambda: store.rotate("db", "postgres://db.example/x", verify=lambda pending: 1 // 0)),
        told(lambda: store.get("db/" + "nothing")),
    ]
    assert all("Error" in text or "Invalid" in text or "NotFound" in text for text in shown[6:])
    captured = capfd.readouterr()
    values = "hidden = "
    for text in [*shown, captured.out, captured.err]:
        assert CANARY not in "\n".join(line for line in text.splitlines() if values not in line)


def test_a_secret_that_is_no_utf8_is_in_no_error(store: Store) -> None:
    store.set("raw", CANARY.encode() + b"\xff")
    with pytest.raises(modelcrypt.InvalidInput) as raised:
        store.get("raw").expose()
    assert CANARY not in repr(raised.value) and raised.value.__context__ is None


def test_a_record_tells_all_but_the_secret(store: Store) -> None:
    end = datetime(2199, 12, 31, tzinfo=UTC)
    record = store.set(
        "s3",
        CANARY,
        type="aws",
        username="AKIDEXAMPLE",
        extra={"region": "eu-west-1"},
        description="reads\nmodels",
        tags=["prod", "eu"],
        service="s3",
        environment="prod",
        expires=end,
        rotate_every=timedelta(days=90),
    )
    assert (record.name, record.type, record.store, record.username) == ("s3", "aws", "vault", "AKIDEXAMPLE")
    assert (dict(record.extra), sorted(record.tags)) == ({"region": "eu-west-1"}, ["eu", "prod"])
    assert (record.expires, record.rotate_every, record.active) == (end, timedelta(days=90), True)
    assert record.due == record.versions[0].created + timedelta(days=90)
    assert record == store.record("s3") == store.list()[0] == pickle.loads(pickle.dumps(record))
    assert store.get("s3").record == record
    edited = store.edit("s3", extra={"endpoint": "https://s3.example"}, tags=None, description=None, expires=None)
    assert (dict(edited.extra), len(edited.tags)) == ({"endpoint": "https://s3.example"}, 0)
    assert edited.description is None
    assert (edited.id, edited.expires, edited.service) == (record.id, None, "s3")
    again = store.set("s3", "another", service=None)
    assert (again.id, again.service, again.environment, len(again.versions)) == (record.id, None, "prod", 2)
    with pytest.raises(modelcrypt.InvalidInput, match="type"):
        store.set("s3", "another", type="custom")
    with pytest.raises(modelcrypt.InvalidInput, match="type"):
        store.set("new", "another", type="password")  # type: ignore[arg-type]
    with pytest.raises(modelcrypt.InvalidInput, match="not https"):
        store.edit("s3", extra={"endpoint": "http://s3.example"})
    with pytest.raises(modelcrypt.InvalidInput, match="timezone"):
        store.edit("s3", expires=datetime(2199, 12, 31))
    with pytest.raises(modelcrypt.InvalidInput, match="90 days"):
        store.edit("s3", rotate_every="90 days")
    with pytest.raises(TypeError, match="no such field"):
        store.edit("s3", password="x")  # type: ignore[call-arg]
    with pytest.raises(TypeError, match="not one str"):
        store.edit("s3", tags="prod")


def test_a_listing_is_filtered_and_tells_what_cannot_be_read(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.set("a", "first", tags=["prod"], rotate_every="1s")
    store.set("b", "second", service="hub", environment="prod", expires="30d")
    store.set("c", CANARY, type="api_key")
    assert [record.name for record in store.list()] == ["a", "b", "c"] and store.list().problems == ()
    assert [record.name for record in store.list(tag="prod")] == ["a"]
    assert [record.name for record in store.list(type="api_key")] == ["c"]
    assert [record.name for record in store.list(service="hub", environment="prod")] == ["b"]
    assert [record.name for record in store.list(due="31d")] == ["a", "b"]
    assert [record.name for record in store.list(due="1h")] == ["a"]
    loose = tmp_path / "loose"
    loose.write_text(CANARY)
    loose.chmod(0o644)
    monkeypatch.setenv("MODELCRYPT__HF_FILE", str(loose))
    listing = store.list()
    assert [type(problem) for problem in listing.problems] == [modelcrypt.PermissionDenied]
    assert (listing.problems[0].path, len(listing), listing[-1].name) == (loose, 3, "c")
    assert [record.name for record in listing[:2]] == ["a", "b"]


def test_stores_are_asked_in_their_order(tmp_path: Path, key: MasterKey, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MODELCRYPT__HF", "from the environment")
    monkeypatch.setenv("OWN__HF", "from another prefix")
    monkeypatch.setenv("HUB", "from the manifest")
    manifest = tmp_path / "providers.yaml"
    entry = "{id: hub, provider: hub, auth: {type: api_key, source: env, env_var: HUB}}"
    manifest.write_text(f"provider_credentials:\n  - {entry.replace('api_key', 'custom')}\n")
    manifest.chmod(0o600)
    vault = tmp_path / "vault.db"
    with Store(vault, key, manifest=manifest, order=["vault", "environment"]) as store:
        assert (store.get("hf").store, store.get("hub").store) == ("environment", "manifest")
        assert not vault.exists(), "none is made to be read"
        store.set("hf", "from the vault")
        assert store.get("hf").expose() == "from the vault"
    with Store(vault, key, order=["environment", "vault"], prefix="OWN") as store:
        assert store.get("hf").expose() == "from another prefix"
    with Store(order=["environment"]) as store:
        with pytest.raises(modelcrypt.InvalidInput, match="read-only"):
            store.set("x", "a secret")
        with pytest.raises(modelcrypt.NotFound, match="environment: it is not there"):
            store.get("x")
    with pytest.raises(modelcrypt.InvalidInput, match="closed"):
        store.get("hf")
    with pytest.raises(modelcrypt.InvalidInput, match="order"):
        Store(vault, key, order=["cloud"])  # type: ignore[list-item]


def test_the_vault_is_where_the_command_line_has_it(
    home: Path, key_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert Store().vault == home / ".local/share/modelcrypt/vault.db"
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    assert Store().vault == tmp_path / "data/modelcrypt/vault.db"
    monkeypatch.setenv("MODELCRYPT_VAULT", str(tmp_path / "own.db"))
    monkeypatch.setenv("MODELCRYPT_KEY", key_file.read_text())
    command = [sys.executable, "-m", "modelcrypt", "cred"]
    subprocess.run([*command, "set", "hf", "--type", "huggingface"], input=b"hf_example", check=True)
    with credentials.secret("hf") as token:
        assert (token.expose(), token.store) == ("hf_example", "vault")
    Store().set("back", CANARY)
    shown = subprocess.run([*command, "get", "back"], capture_output=True, check=True)
    assert shown.stdout == CANARY.encode()


def test_a_key_is_needed_for_a_vault_alone(tmp_path: Path, key: MasterKey) -> None:
    vault = tmp_path / "vault.db"
    store = Store(vault)
    with pytest.raises(modelcrypt.NotFound, match="vault: there is none at"):
        store.get("x")
    with pytest.raises(modelcrypt.NoKey):
        store.set("x", CANARY)
    assert not vault.exists()
    Store(vault, key).set("x", CANARY)
    with pytest.raises(modelcrypt.NoKey):
        store.get("x")
    with pytest.raises(modelcrypt.NoKey):
        Store(vault)
    with pytest.raises(modelcrypt.WrongKey) as raised:
        Store(vault, MasterKey.generate())
    assert raised.value.path == vault
    vault.chmod(0o644)
    with pytest.raises(modelcrypt.PermissionDenied) as denied:
        Store(vault, key)
    assert denied.value.path == vault
    vault.chmod(0o600)
    Path(f"{vault}-wal").unlink(missing_ok=True)
    vault.write_bytes(vault.read_bytes()[:-100])
    with pytest.raises(modelcrypt.Truncated):
        Store(vault, key)


def test_every_access_is_on_record(store: Store, key_file: Path) -> None:
    own = Store(store.vault, key_file, actor="orchestrator", correlation="job-17")
    own.set("db", DSN, type="db_dsn")
    own.get("db")
    with pytest.raises(modelcrypt.NotFound):
        own.get("nothing")
    own.rotate("db", f"{DSN}2", verify=lambda pending: None)
    own.list()
    report = audit(store, key_file, "verify")
    assert report["findings"] == [] and report["lines"] > 8
    lines = audit(store, key_file, "show")["lines"]
    told = [(line["action"], line["name"], line["outcome"]) for line in lines if line["actor"] == "orchestrator"]
    for access in [
        ("create", "db", "ok"),
        ("get", "db", "ok"),
        ("get", "nothing", "failed"),
        ("stage", "db", "ok"),
        ("promote", "db", "ok"),
        ("list", None, "ok"),
    ]:
        assert access in told
    assert {line["correlation"] for line in lines if line["actor"] == "orchestrator"} == {"job-17"}
    log = Path(f"{store.vault}.audit.jsonl")
    assert CANARY not in log.read_text()
    # What cannot be put on record does not take place.
    log.rename(f"{log}.1")
    log.mkdir()
    for refused in (lambda: own.get("db"), lambda: own.set("db", DSN), lambda: own.record("db")):
        with pytest.raises(modelcrypt.Error, match="audit log"):
            refused()
    assert len(own.list()) == 0 and "audit log" in str(own.list().problems[0])
    log.rmdir()
    Path(f"{log}.1").rename(log)
    lines = log.read_text().splitlines(keepends=True)
    log.write_text("".join(lines[: len(lines) // 2]))
    with pytest.raises(modelcrypt.Tampered):
        own.get("db")


def test_a_rotation_verifies_before_it_switches(store: Store) -> None:
    store.set("api", "the old secret")
    seen: list[Any] = []

    def verify(pending: Secret) -> None:
        seen.append((pending.expose(), pending.version, store.get("api").expose(), store.record("api").versions[-1].label))
        seen.append(pending)

    rotated = store.rotate("api", "the new secret", verify=verify, grace="24h")
    assert seen[0] == ("the new secret", 2, "the old secret", "PENDING")
    assert seen[1].is_wiped
    assert [version.label for version in rotated.versions] == ["PREVIOUS", "CURRENT"]
    assert store.get("api").expose() == "the new secret"
    until = rotated.versions[0].valid_until
    assert until is not None and timedelta(hours=23) < until - datetime.now(UTC) <= timedelta(hours=24)
    assert store.get("api", version="previous").expose() == store.get("api", version=1).expose() == "the old secret"

    with pytest.raises(modelcrypt.PolicyViolation, match="refused"):
        store.rotate("api", "refused", verify=lambda pending: False)
    assert [version.number for version in store.history("api")] == [1, 2]

    class Away(Exception):
        pass

    def away(pending: Secret) -> None:
        raise Away("no network")

    made: list[Record] = []

    def make(record: Record) -> str:
        made.append(record)
        return "made by a function"

    for _ in range(2):
        with pytest.raises(Away, match="no network"):
            store.rotate("api", make, verify=away)
    assert (len(made), made[0].name) == (1, "api"), "what is pending is checked again"
    assert store.get("api", version="PENDING").expose() == "made by a function"
    assert store.get("api").expose() == "the new secret"
    store.rotate("api", make)
    assert (len(made), store.get("api").expose()) == (1, "made by a function")
    store.rotate("api", generate=48)
    assert len(store.get("api").expose()) == 48
    assert store.get("api").version == 5
    assert store.rollback("api").versions[-1].label == "PREVIOUS"
    assert store.rollback("api", 1).versions[0].label == "CURRENT"
    assert store.get("api").expose() == "the old secret"

    with pytest.raises(Away):
        store.rotate("api", "pending", verify=away)
    assert store.discard("api").versions[-1].label != "PENDING"
    with pytest.raises(TypeError):
        store.rotate("api", lambda record: 7)  # type: ignore[arg-type, return-value]
    with pytest.raises(KeyboardInterrupt):
        store.rotate("api", "pending", verify=interrupted)
    with pytest.raises(modelcrypt.InvalidInput, match="not both"):
        store.rotate("api", "x", generate=16)
    with pytest.raises(modelcrypt.InvalidInput, match="no command"):
        store.rotate("api")
    with pytest.raises(modelcrypt.InvalidInput):
        store.rotate("api", generate=3)
    for number in (-1, 0, 99, 1 << 40):
        with pytest.raises(modelcrypt.Error):
            store.rollback("api", number)
        with pytest.raises(modelcrypt.Error):
            store.get("api", version=number)
        with pytest.raises(modelcrypt.Error):
            store.rotate("api", generate=-number)


def interrupted(pending: Secret) -> None:
    raise KeyboardInterrupt


def test_a_credential_rotates_by_the_commands_that_it_keeps(store: Store, capfd: pytest.CaptureFixture[str]) -> None:
    command = f"echo '{CANARY}' >&2; echo \"made for $MODELCRYPT_CREDENTIAL\""
    store.set("api", "the old secret", rotate_command=command, verify_command="grep -q '^made for api$'")
    store.rotate("api")
    assert store.get("api").expose() == "made for api"
    with pytest.raises(modelcrypt.PolicyViolation):
        store.rotate("api", "made for nobody")
    assert store.get("api").expose() == "made for api"
    assert CANARY not in "".join(capfd.readouterr())


def test_a_removed_credential_comes_back_and_a_purged_one_does_not(store: Store) -> None:
    store.set("api", CANARY)
    assert not store.remove("api").active
    with pytest.raises(modelcrypt.NotFound, match="deactivated"):
        store.get("api")
    assert store.restore("api").active and store.get("api").expose() == CANARY
    store.purge("api")
    for call in (store.get, store.record, store.history, store.remove, store.restore, store.purge):
        with pytest.raises(modelcrypt.NotFound):
            call("api")
    for name in ("", "/", "a b", "db/", "../x", "a\x00"):
        with pytest.raises(modelcrypt.InvalidInput):
            store.get(name)
    with pytest.raises(modelcrypt.InvalidInput):
        store.get("api", version="latest")


def test_a_child_gets_variables(store: Store) -> None:
    store.set("db", DSN, type="db_dsn")
    store.set("raw", b"\xff\n")
    store.set("zero", b"a\x00b")
    env = store.env({"PGPASSWORD": "db/password", "PGHOST": "db/host", "RAW": "raw"})
    code = "import os; print(os.environb[b'RAW'], os.environ['PGHOST'], len(os.environ['PGPASSWORD']))"
    done = subprocess.run([sys.executable, "-c", code], env={**os.environ, **env}, capture_output=True, text=True)
    assert done.stdout.split() == ["b'\\xff\\n'", "db.example", str(len(CANARY))]
    with pytest.raises(modelcrypt.InvalidInput, match="zero byte"):
        store.env({"X": "zero"})
    with pytest.raises(modelcrypt.NotFound, match="no field"):
        store.env({"X": "db/nothing"})


def test_a_secret_is_masked_with_what_is_secret_in_it(store: Store) -> None:
    store.set("db", DSN, type="db_dsn")
    store.set("short", "zq9")
    masker = Masker()
    with store.get("db") as secret:
        masker.register(secret)
    for text in (f"connecting to {DSN}", f"password is {CANARY}", f"password is {CANARY.encode().hex()}"):
        assert CANARY not in masker.text(text) and CANARY.encode().hex() not in masker.text(text)
    assert masker.text("connecting to db.example") == "connecting to db.example"
    with pytest.raises(modelcrypt.InvalidInput):
        masker.register(store.get("short"))
    assert CANARY not in Masker(known=[store.get("db")]).text(CANARY)
    with pytest.raises(TypeError):
        masker.register(7)  # type: ignore[arg-type]


def test_the_credential_for_a_url_is_found(store: Store, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store.set("any", "any secret".replace(" ", "+"), type="aws", username="AKIDANY")
    store.set("own", CANARY, type="aws", username="AKIDOWN", extra={"bucket": "models"})
    store.set("kept", "hf_kept", type="huggingface")
    assert store.for_url("s3://models/a").name == "own"
    assert store.for_url("s3://other/a").name == "any"
    assert store.for_url("hf://org/model").expose() == "hf_kept"
    folder = home / ".cache/huggingface"
    folder.mkdir(parents=True)
    (folder / "token").write_text("hf_file\n")
    assert store.for_url("hf://org/model").expose() == "hf_file"
    monkeypatch.setenv("HF_TOKEN", "hf_variable")
    with store.for_url("hf://org/model") as token:
        assert (token.expose(), token.store, token.record.type) == ("hf_variable", "environment", "huggingface")
        assert token.record.description == "$HF_TOKEN"
    with pytest.raises(modelcrypt.InvalidInput, match="s3://"):
        store.for_url("https://a.example")
    store.set("many", CANARY, type="aws", username="AKIDMANY")
    with pytest.raises(modelcrypt.InvalidInput, match="several"):
        store.for_url("s3://other/a")


def test_every_exported_name_is_documented() -> None:
    for name in credentials.__all__:
        value = getattr(credentials, name)
        if inspect.isclass(value) or inspect.isfunction(value):
            assert value.__doc__ and value.__module__ == "modelcrypt.credentials", name
            for member, function in vars(value).items() if isinstance(value, type) else ():
                if not member.startswith("_") and callable(function):
                    assert function.__doc__, f"{name}.{member}"


def test_an_uncaught_error_shows_no_secret(store: Store, key_file: Path) -> None:
    code = """
        import sys
        from modelcrypt import credentials
        store = credentials.Store(sys.argv[1], key=sys.argv[2])
        store.set("token", sys.stdin.read())
        with store.get("token") as secret:
            print(secret, [secret], {"a": secret})
            raise RuntimeError(secret)
    """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code), str(store.vault), str(key_file)],
        input=CANARY,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 1 and "RuntimeError: Secret('token', version 1, wiped)" in done.stderr
    assert CANARY not in done.stdout + done.stderr


def test_who_asks_is_what_the_environment_claims(
    store: Store, key_file: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("MODELCRYPT_ACTOR", "scheduler")
    monkeypatch.setenv("MODELCRYPT_CORRELATION_ID", "run-3")
    monkeypatch.setenv("MODELCRYPT_CHECKPOINTS", str(tmp_path / "elsewhere.jsonl"))
    Store(store.vault, key_file).set("x", CANARY)
    line = audit(store, key_file, "show")["lines"][-1]
    assert (line["actor"], line["correlation"], line["action"]) == ("scheduler", "run-3", "create")
    monkeypatch.delenv("MODELCRYPT_ACTOR")
    monkeypatch.setattr(sys, "argv", ["/opt/train.py", "--token", CANARY])
    Store(store.vault, key_file).get("x")
    assert audit(store, key_file, "show")["lines"][-1]["actor"] == "python train.py"


def test_the_types_of_a_program_hold(tmp_path: Path) -> None:
    pytest.importorskip("mypy")
    program = tmp_path / "program.py"
    program.write_text(
        textwrap.dedent("""
            from datetime import timedelta
            from modelcrypt import Masker, credentials
            from modelcrypt.presign import presign

            def works(pending: credentials.Secret) -> bool:
                return len(pending.expose()) > 8

            with credentials.secret("hf") as token:
                text: str = token.expose()
                data: bytes = token.expose_bytes()
                Masker(known=[token, text, data])
            store = credentials.Store("vault.db", key="prod.key", order=["vault"])
            store.set("db", text, type="db_dsn", tags=["prod"], rotate_every="90d", expires=timedelta(days=1))
            store.rotate("db", lambda record: record.name, verify=works, grace="1h")
            names: list[str] = [record.name for record in store.list(type="aws", due=True)]
            presign("s3://models/a", credentials=store.for_url("s3://models/a"))
            store.set("db", 7)  # type: ignore[arg-type]
            store.set("db", text, type="dsn")  # type: ignore[arg-type]
            store.set("db", text, tag="prod")  # type: ignore[call-arg]
            store.edit("db", secret="x")  # type: ignore[call-arg]
            token + ""  # type: ignore[operator]
        """)
    )
    done = subprocess.run([sys.executable, "-m", "mypy", "--strict", str(program)], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout
