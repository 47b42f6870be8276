"""Signed URLs: what is signed, what verifies, and that none shows."""

from __future__ import annotations

import copy
import doctest
import functools
import inspect
import pickle
import traceback
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

import modelcrypt
from modelcrypt import MasterKey
from modelcrypt.presign import AwsCredentials, S3Signer, SignedUrl, UrlSigner, presign

NOW = datetime(2026, 9, 21, 14, 13, 20, tzinfo=UTC)
CANARY = "Canary7wNotToBeSeen3Fx9"


@pytest.fixture(autouse=True)
def no_credential(monkeypatch: pytest.MonkeyPatch) -> None:
    """No credential of whoever runs it is ever found."""
    for name in ("ACCESS_KEY_ID", "SECRET_ACCESS_KEY", "SESSION_TOKEN", "CREDENTIAL_EXPIRATION", "REGION"):
        monkeypatch.delenv(f"AWS_{name}", raising=False)
    monkeypatch.delenv("AWS_DEFAULT_REGION", raising=False)


def credentials(token: str | None = None, expires_at: datetime | None = None) -> AwsCredentials:
    return AwsCredentials("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", token, expires_at=expires_at)


@functools.cache
def botocore_session() -> Any:
    """One for all: it reads its data once."""
    return pytest.importorskip("botocore.session").Session()


@pytest.mark.parametrize("token", [None, "FwoGZXIvYXdzEA+/=="])
@pytest.mark.parametrize(("endpoint", "path_style"), [(None, False), (None, True), ("http://127.0.0.1:9000", True)])
@pytest.mark.parametrize("key", ["a b+c/%2F", "日本/..//é~", "model.safetensors.enc"])
@pytest.mark.parametrize(
    ("operation", "method", "own", "theirs"),
    [
        ("get_object", "GET", {"version_id": "v+1/2"}, {"VersionId": "v+1/2"}),
        ("get_object", "GET", {"headers": {"Range": "bytes=0-1023"}}, {"Range": "bytes=0-1023"}),
        (
            "get_object",
            "GET",
            {"query": {"response-content-type": "text/a b"}},
            {"ResponseContentType": "text/a b"},
        ),
        ("put_object", "PUT", {"headers": {"content-type": "a/b"}}, {"ContentType": "a/b"}),
        ("head_object", "HEAD", {}, {}),
        ("delete_object", "DELETE", {}, {}),
        (
            "upload_part",
            "PUT",
            {"query": {"partNumber": "3", "uploadId": "u"}},
            {"PartNumber": 3, "UploadId": "u"},
        ),
    ],
)
def test_a_url_is_byte_for_byte_that_of_botocore(
    monkeypatch: pytest.MonkeyPatch,
    token: str | None,
    endpoint: str | None,
    path_style: bool,
    key: str,
    operation: str,
    method: str,
    own: dict[str, Any],
    theirs: dict[str, Any],
) -> None:
    session = botocore_session()
    import botocore.auth
    from botocore.config import Config

    monkeypatch.setattr(botocore.auth, "get_current_datetime", lambda *_, **__: NOW)
    style = {"addressing_style": "path" if path_style else "virtual", "us_east_1_regional_endpoint": "regional"}
    client = session.create_client(
        "s3",
        region_name="eu-west-1",
        endpoint_url=endpoint,
        aws_access_key_id="AKIDEXAMPLE",
        aws_secret_access_key="wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY",
        aws_session_token=token,
        config=Config(signature_version="s3v4", request_checksum_calculation="when_required", s3=style),
    )
    expected = client.generate_presigned_url(operation, {"Bucket": "models", "Key": key, **theirs}, 900)
    signer = S3Signer(credentials(token), region="eu-west-1", endpoint=endpoint, path_style=path_style)
    for span in (900, 900.0, timedelta(minutes=15)):
        assert signer.presign(f"s3://models/{key}", method, span, now=NOW, **own).expose() == expected


def test_a_url_tells_what_it_is_for() -> None:
    signer = S3Signer(credentials(), region="eu-west-1")
    headers = {"Range": "bytes=0-1", "X-Amz-Meta-A": "b"}
    url = signer.presign("s3://models/a", "PUT", 60, headers=headers, now=NOW)
    assert type(url) is SignedUrl
    assert url.methods == ("PUT",)
    assert url.headers == {"range": "bytes=0-1", "x-amz-meta-a": "b"}
    assert (url.signed_at, url.expires_at) == (NOW, NOW + timedelta(seconds=60))
    assert url.life_left(NOW + timedelta(seconds=50)) == timedelta(seconds=10)
    assert url.life_left(NOW - timedelta(seconds=1)) == url.life_left() == timedelta()


def test_a_key_is_taken_byte_for_byte() -> None:
    url = presign(b"s3://models/\xff//..?", region="eu-west-1", credentials=credentials())
    assert url.expose().startswith("https://models.s3.eu-west-1.amazonaws.com/%FF//..%3F?")


def test_no_url_outlives_its_credential() -> None:
    ending = credentials("token", NOW + timedelta(seconds=100))
    assert ending.expires_at == NOW + timedelta(seconds=100)
    signer = S3Signer(ending, region="eu-west-1")
    assert signer.presign("s3://models/a", now=NOW).expires_at == ending.expires_at
    with pytest.raises(modelcrypt.NoKey):
        signer.presign("s3://models/a", now=NOW + timedelta(seconds=100))


def test_the_credential_and_the_region_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(modelcrypt.NoKey, match="AWS_ACCESS_KEY_ID"):
        presign("s3://models/a", region="eu-west-1")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIDENV")
    with pytest.raises(modelcrypt.NoKey, match="AWS_SECRET_ACCESS_KEY"):
        AwsCredentials.from_env()
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "s\n")
    with pytest.raises(modelcrypt.InvalidInput, match="no region"):
        presign("s3://models/a")
    assert "us-east-1" in presign("s3://models/a", endpoint="https://minio.example").expose()
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-2")
    assert "AKIDENV" in (text := presign("s3://models/a").expose()) and "eu-west-2" in text
    monkeypatch.setenv("AWS_REGION", "eu-west-1")
    assert "eu-west-1" in presign("s3://models/a").expose()
    monkeypatch.setenv("AWS_SESSION_TOKEN", "tok")
    assert "X-Amz-Security-Token=tok" in presign("s3://models/a").expose()
    monkeypatch.setenv("AWS_CREDENTIAL_EXPIRATION", "2026-01-31T12:00:00Z")
    assert AwsCredentials.from_env().expires_at == datetime(2026, 1, 31, 12, tzinfo=UTC)
    for wrong in ("2026-01-31T12:00:00", "soon"):
        monkeypatch.setenv("AWS_CREDENTIAL_EXPIRATION", wrong)
        with pytest.raises(modelcrypt.InvalidInput, match="AWS_CREDENTIAL_EXPIRATION"):
            AwsCredentials.from_env()


@pytest.mark.parametrize(
    ("url", "options"),
    [
        ("models/a", {}),
        ("s3://models", {}),
        ("s3://models/", {}),
        ("s3:///a", {}),
        ("s3://mödels/a", {}),
        ("s3://models/\ud800", {}),
        ("s3://models/a", {"method": "get"}),
        ("s3://models/a", {"expires": 0}),
        ("s3://models/a", {"expires": -1}),
        ("s3://models/a", {"expires": float("nan")}),
        ("s3://models/a", {"expires": float("inf")}),
        ("s3://models/a", {"expires": 604_801}),
        ("s3://models/a", {"expires": timedelta(days=8)}),
        ("s3://models/a", {"headers": {"host": "a"}}),
        ("s3://models/a", {"query": {"X-Amz-Expires": "9"}}),
        ("s3://models/a", {"version_id": "1", "query": {"versionId": "2"}}),
        ("s3://models/a", {"endpoint": "http://minio.example"}),
        ("s3://my_models/a", {"path_style": False}),
    ],
)
def test_what_cannot_be_signed_is_refused(url: str, options: dict[str, Any]) -> None:
    with pytest.raises(modelcrypt.InvalidInput):
        presign(url, **{"region": "eu-west-1", "credentials": credentials(), **options})


def test_a_time_has_a_timezone() -> None:
    with pytest.raises(TypeError):
        credentials(None, datetime(2026, 1, 1))
    with pytest.raises(TypeError):
        S3Signer(credentials(), region="eu-west-1").presign("s3://models/a", now=datetime(2026, 1, 1))


def test_no_secret_shows(key: MasterKey) -> None:
    signing = AwsCredentials("AKID", CANARY, CANARY)
    signer = S3Signer(signing, region="eu-west-1")
    headers = {"x-amz-server-side-encryption-customer-key": CANARY}
    url = signer.presign("s3://models/a", headers=headers, query={"response-content-disposition": CANARY})
    signature = url.expose().rsplit("=", 1)[1]
    own = UrlSigner(key).sign(f"https://models.example/a?q={CANARY}")
    for shown in (url, signing, signing._native, signer, signer._native, own, UrlSigner(key)):
        for text in (repr(shown), str(shown), f"{shown}", f"{shown!r:>5}", repr([shown]), repr(dir(shown))):
            assert CANARY not in text
            assert signature not in text
            assert own.expose().rsplit("=", 1)[1] not in text
    assert str(url).endswith("X-Amz-Signature=***")
    assert str(own).endswith("&mc-sig=***")
    for value in (url, signing, own):
        assert not hasattr(value, "__dict__")
        for duplicate in (pickle.dumps, copy.copy, copy.deepcopy):
            with pytest.raises(TypeError, match="not pickled or copied"):
                duplicate(value)


def test_no_secret_is_in_an_exception(key: MasterKey) -> None:
    signer = UrlSigner(key)
    tampered = signer.sign("https://models.example/a").expose() + CANARY
    bad = f"{CANARY}\ud800"
    calls: list[Callable[[], object]] = [
        lambda: AwsCredentials("AKID", CANARY + "\n"),
        lambda: AwsCredentials("AKID", bad),
        lambda: AwsCredentials("AKID", CANARY, bad),
        lambda: AwsCredentials("AKID", CANARY.encode()),  # type: ignore[arg-type]
        lambda: AwsCredentials(f"{CANARY} ", "s"),
        lambda: presign("s3://models/a", region="eu-west-1", credentials=credentials(), headers={"a": bad}),
        lambda: presign("s3://models/a", region="eu-west-1", credentials=credentials(), headers={"a": f"{CANARY}\n"}),
        lambda: presign("s3://models/a", region="eu-west-1", credentials=credentials(), headers={f"{CANARY} ": "a"}),
        lambda: presign("s3://models/a", region="eu-west-1", credentials=credentials(), query={"a": bad}),
        lambda: presign("s3://m/a", region="e", credentials=credentials(), query={"a": [CANARY]}),  # type: ignore[dict-item]
        lambda: signer.verify_url("GET", tampered),
        lambda: signer.verify_url("GET", f"{tampered}\ud800"),
        lambda: signer.verify("GET", "models.example", tampered.encode()),
    ]
    for call in calls:
        with pytest.raises((modelcrypt.Error, TypeError)) as caught:
            call()
        error: BaseException | None = caught.value
        while error is not None:
            shown = "".join(traceback.format_exception_only(error)) + repr(error.args) + repr(vars(error))
            assert CANARY not in shown
            error = error.__cause__ or error.__context__


def test_a_gateway_verifies_what_was_signed(key: MasterKey) -> None:
    signer = UrlSigner(key)
    assert signer.kid == key.id
    url = signer.sign("https://models.example/llama/a.enc?rev=2", ["HEAD", "GET"], timedelta(hours=1), now=NOW)
    granted = signer.verify_url("GET", url.expose(), now=NOW)
    assert granted == signer.verify_url("HEAD", url.expose(), now=NOW)
    assert (granted.kid, granted.methods) == (key.id, ("GET", "HEAD"))
    assert (granted.not_before, granted.expires_at) == (None, NOW + timedelta(hours=1))
    target = url.expose().removeprefix("https://models.example")
    for form in (target, target.encode()):
        assert signer.verify("GET", "Models.example", form, now=NOW) == granted
    for bent in (target + "&a=", target.replace("rev=2", "rev=3"), target.replace("/llama", "//llama")):
        with pytest.raises((modelcrypt.Tampered, modelcrypt.InvalidInput)):
            signer.verify("GET", "models.example", bent, now=NOW)
    with pytest.raises(modelcrypt.Tampered):
        signer.verify("GET", "other.example", target, now=NOW)
    with pytest.raises(modelcrypt.Tampered):
        UrlSigner(MasterKey.generate(), signer.kid).verify("GET", "models.example", target, now=NOW)
    for later, method in ((0, "PUT"), (3630, "GET")):
        with pytest.raises(modelcrypt.PolicyViolation):
            signer.verify("GET" if later else method, "models.example", target, now=NOW + timedelta(seconds=later))


def test_whatever_comes_in_is_refused_with_an_exception_of_the_package(key: MasterKey) -> None:
    signer = UrlSigner(key)
    for target in ("", "/", "*", "/a?mc-sig=", "/\udcff", "/é", "/a?\x00", b"", b"\xff", b"/a?mc-v=1&mc-kid=\xff"):
        for host in ("", "h", "h\udcff", "h:x"):
            with pytest.raises(modelcrypt.Error):
                signer.verify("GET", host, target)
    with pytest.raises(modelcrypt.Error):
        signer.verify("get", "h", "/")


def test_keys_are_changed_without_a_url_failing(key: MasterKey, key_file: Path) -> None:
    url = UrlSigner(key_file, "old").sign("https://models.example/a", now=NOW).expose()
    signer = UrlSigner(key, "new", other_keys=[(key_file, "old", NOW + timedelta(seconds=60))])
    assert signer.verify_url("GET", url, now=NOW).kid == "old"
    with pytest.raises(modelcrypt.PolicyViolation, match="revoked"):
        signer.verify_url("GET", url, now=NOW + timedelta(seconds=60))
    signer.set_standing("old", "active")
    assert signer.verify_url("GET", url, now=NOW + timedelta(seconds=60)).kid == "old"
    signer.set_standing("old", "revoked")
    with pytest.raises(modelcrypt.PolicyViolation, match="revoked"):
        signer.verify_url("GET", url, now=NOW)
    signer.set_standing("new", NOW)
    with pytest.raises(modelcrypt.PolicyViolation):
        signer.sign("https://models.example/a")
    with pytest.raises(modelcrypt.InvalidInput):
        signer.set_standing("nobody", "active")
    with pytest.raises(modelcrypt.InvalidInput):
        signer.set_standing("new", "off")  # type: ignore[arg-type]
    with pytest.raises(modelcrypt.InvalidInput):
        UrlSigner(key, "a", other_keys=[(key, "a", "active")])


def test_a_url_begins_and_lives_as_it_may(key: MasterKey) -> None:
    signer = UrlSigner(key, max_expires=timedelta(days=1), skew=0)
    begin = NOW + timedelta(hours=1)
    url = signer.sign("https://models.example/a", not_before=begin, now=NOW)
    assert (url.signed_at, url.expires_at) == (begin, begin + timedelta(minutes=15))
    with pytest.raises(modelcrypt.PolicyViolation, match="not valid yet"):
        signer.verify_url("GET", url.expose(), now=NOW)
    assert signer.verify_url("GET", url.expose(), now=begin).not_before == begin
    with pytest.raises(modelcrypt.InvalidInput):
        signer.sign("https://models.example/a", expires=90_000)
    with pytest.raises(modelcrypt.InvalidInput):
        signer.sign("https://models.example/a", [])
    with pytest.raises(modelcrypt.InvalidInput):
        signer.sign("http://models.example/a")
    assert UrlSigner(key, allow_http=True).sign("http://models.example/a").methods == ("GET",)
    with pytest.raises(modelcrypt.InvalidInput, match="passphrase"):
        UrlSigner(MasterKey.parse("correct horse"))


def test_every_public_name_is_documented() -> None:
    for name in modelcrypt.presign.__all__:
        value = getattr(modelcrypt.presign, name)
        assert name == "Standing" or inspect.getdoc(value), name
        for member, function in vars(value).items() if inspect.isclass(value) else ():
            # A field of a dataclass has its text in the source alone.
            if not member.startswith("_") and not inspect.ismemberdescriptor(function):
                assert inspect.getdoc(function), f"{name}.{member}"
    assert doctest.DocTestFinder().find(modelcrypt.presign.PresignCache)[0].examples
