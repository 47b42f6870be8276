"""Signed URLs for S3, and the cache of them."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, NoReturn

from . import _modelcrypt
from ._errors import InvalidInput, NoKey
from ._modelcrypt import SignedUrl
from ._spans import Span, span_of

if TYPE_CHECKING:
    from ._modelcrypt import Secret


class AwsCredentials:
    """An access key of AWS, or of a server that speaks S3, with its secret. Cannot be shown, copied or pickled.

    :param session_token: of a temporary credential.
    :param expires_at: when it ends, with a timezone: no URL is signed for longer.
    :raises InvalidInput: if one of them is empty, or has spaces or newlines in it.

    >>> from modelcrypt.presign import AwsCredentials
    >>> AwsCredentials("AKIDEXAMPLE", "wJalrXUtnFEMI")
    AwsCredentials('AKIDEXAMPLE')
    """

    __slots__ = ("_native",)

    def __init__(
        self,
        access_key_id: str,
        secret_access_key: str,
        session_token: str | None = None,
        *,
        expires_at: datetime | None = None,
    ) -> None:
        self._native = _modelcrypt.AwsCredentials(access_key_id, secret_access_key, session_token, expires_at)

    @classmethod
    def from_env(cls) -> AwsCredentials:
        """Reads ``AWS_ACCESS_KEY_ID``, ``AWS_SECRET_ACCESS_KEY``, and, if they are set, ``AWS_SESSION_TOKEN`` and
        ``AWS_CREDENTIAL_EXPIRATION``.

        :raises NoKey: if one of the first two is not set.
        """
        end = _variable("AWS_CREDENTIAL_EXPIRATION")
        try:
            expires_at = None if end is None else datetime.fromisoformat(end)
        except ValueError:
            expires_at = datetime.min
        if expires_at is not None and expires_at.tzinfo is None:
            raise InvalidInput("`AWS_CREDENTIAL_EXPIRATION` is not a time like 2026-01-31T12:00:00Z")
        return cls(
            _needed("AWS_ACCESS_KEY_ID"),
            _needed("AWS_SECRET_ACCESS_KEY"),
            _variable("AWS_SESSION_TOKEN"),
            expires_at=expires_at,
        )

    @property
    def access_key_id(self) -> str:
        """The public half."""
        return self._native.access_key_id

    @property
    def expires_at(self) -> datetime | None:
        """When it ends, if that is known; in UTC."""
        return self._native.expires_at

    def __repr__(self) -> str:
        return f"AwsCredentials({self.access_key_id!r})"

    def __reduce__(self) -> NoReturn:
        raise TypeError("AwsCredentials are not pickled or copied")


class S3Signer:
    """Signs URLs for one server with one credential, in any number of threads.

    A wrong credential shows when a URL is used.

    :param credentials: ``None`` for those of the environment: :meth:`AwsCredentials.from_env`. A secret of
        ``modelcrypt.credentials`` brings its region, its endpoint and whether plain http is allowed there, which count
        unless others are given; it may be wiped once the signer is made.
    :param region: ``None`` for ``AWS_REGION`` or ``AWS_DEFAULT_REGION``; with an endpoint ``us-east-1`` if they are not
        set.
    :param endpoint: ``https://host[:port][/path]`` of a server that is not of AWS.
    :param path_style: whether the bucket stands in the path, else in the host; ``None``: in the host at AWS if its name
        allows it, else in the path.
    :param allow_http: sign for plain http to other machines too.
    :raises InvalidInput: if the region or the endpoint is none.
    :raises NoKey: if there is no credential in the environment.
    """

    __slots__ = ("_native",)

    def __init__(
        self,
        credentials: AwsCredentials | Secret | None = None,
        *,
        region: str | None = None,
        endpoint: str | None = None,
        path_style: bool | None = None,
        allow_http: bool = False,
    ) -> None:
        if credentials is None:
            credentials = AwsCredentials.from_env()
        if isinstance(credentials, AwsCredentials):
            signing = credentials._native
        else:
            signing, extra = credentials.aws_credentials(), credentials.record.extra
            region = region or extra.get("region")
            if endpoint is None:
                endpoint = extra.get("endpoint")
                allow_http = allow_http or extra.get("allow_http") == "true"
        self._native = _modelcrypt.S3Signer(signing, _region(region, endpoint), endpoint, path_style, allow_http)

    def presign(
        self,
        url: str | bytes,
        method: str = "GET",
        expires: Span = 900,
        *,
        headers: Mapping[str, str] | None = None,
        query: Mapping[str, str] | None = None,
        version_id: str | None = None,
        now: datetime | None = None,
    ) -> SignedUrl:
        """Signs a URL; the parameters and errors are those of :func:`presign`.

        :param now: the time, if it is another than this machine's; with a timezone.
        """
        return self._native.presign(_request(url, method, headers, query, version_id), span_of(expires), now)


def presign(
    url: str | bytes,
    method: str = "GET",
    expires: Span = 900,
    *,
    region: str | None = None,
    endpoint: str | None = None,
    path_style: bool | None = None,
    headers: Mapping[str, str] | None = None,
    query: Mapping[str, str] | None = None,
    version_id: str | None = None,
    credentials: AwsCredentials | Secret | None = None,
    allow_http: bool = False,
) -> SignedUrl:
    """Signs a URL with which anybody can do one thing with one object in S3. Connects nowhere.

    The parameters that are not here are those of :class:`S3Signer`, which is for many URLs.

    :param url: ``s3://BUCKET/KEY``; all after the bucket's slash is the key, byte for byte, and not percent-encoded.
        ``bytes`` for keys that are not UTF-8.
    :param method: any, in upper case.
    :param expires: how long it is valid: 1 s to 7 days, in seconds or as a ``timedelta``; less if the credential ends
        before.
    :param headers: what has to be sent exactly so.
    :param query: parameters like ``response-content-type`` or ``partNumber``.
    :raises InvalidInput: if there is no such URL, or no region.
    :raises NoKey: if there is no credential in the environment, or it has expired.

    >>> from modelcrypt.presign import AwsCredentials, presign
    >>> credentials = AwsCredentials("AKIDEXAMPLE", "wJalrXUtnFEMI")
    >>> url = presign("s3://models/llama/model.safetensors.enc", region="eu-west-1", credentials=credentials)
    >>> str(url)
    'https://models.s3.eu-west-1.amazonaws.com/llama/model.safetensors.enc?...&X-Amz-Signature=***'
    >>> url.expose().endswith("***"), url.methods, url.expires_at - url.signed_at
    (False, ('GET',), datetime.timedelta(seconds=900))
    """
    signer = S3Signer(credentials, region=region, endpoint=endpoint, path_style=path_style, allow_http=allow_http)
    return signer.presign(url, method, expires, headers=headers, query=query, version_id=version_id)


class PresignCache:
    """Keeps signed URLs, to hand each out until too little of its life is left.

    For many threads at once: one of them signs, the others that want the same wait for it, and nobody waits for another
    URL. A process that was forked off has an empty one.

    :param source: who signs; or a function that gives the signer of the moment. It is called when a URL has to be
        signed, in the thread that asked for that URL, once at a time for each URL, and may take its time: other threads
        run meanwhile. What it raises is raised there and to those that wait. When it gives a signer with another
        credential, all URLs of the one before are dropped. It must not ask this cache for a URL.
    :param expires: how long URLs are valid when they are signed: seconds or a ``timedelta``.
    :param min_remaining: how much of that is left of any URL that is handed out; the larger of 60 s and a tenth, but no
        more than half, unless given.
    :param capacity: how many are kept. Of a full cache those are dropped that end first.

    >>> from modelcrypt.presign import AwsCredentials, PresignCache, S3Signer
    >>> signer = S3Signer(AwsCredentials("AKIDEXAMPLE", "wJalrXUtnFEMI"), region="eu-west-1")
    >>> cache = PresignCache(signer, expires=3600)
    >>> cache.url("s3://models/a.enc").expose() == cache.url("s3://models/a.enc").expose()
    True
    >>> len(cache)
    1
    """

    __slots__ = ("_native",)

    def __init__(
        self,
        source: S3Signer | Callable[[], S3Signer],
        expires: Span = 3600,
        *,
        min_remaining: Span | None = None,
        capacity: int = 10_000,
    ) -> None:
        if capacity < 1:
            raise InvalidInput("a cache keeps at least one URL")
        signer = source._native if isinstance(source, S3Signer) else _native_source(source)
        least = None if min_remaining is None else span_of(min_remaining)
        self._native = _modelcrypt.PresignCache(signer, span_of(expires), least, capacity)

    def url(
        self,
        url: str | bytes,
        method: str = "GET",
        *,
        headers: Mapping[str, str] | None = None,
        query: Mapping[str, str] | None = None,
        version_id: str | None = None,
    ) -> SignedUrl:
        """Gives a URL of which enough life is left; the parameters are those of :func:`presign`.

        :raises Unavailable: if the credential ends so soon that no URL lives long enough.
        """
        return self._native.url(_request(url, method, headers, query, version_id))

    def invalidate(self) -> None:
        """Drops every URL: the credential was replaced, or got into wrong hands."""
        self._native.invalidate()

    def sweep(self) -> int:
        """Drops the URLs that are not handed out any more, and gives how many are left. Happens by itself too."""
        return self._native.sweep()

    def __len__(self) -> int:
        return len(self._native)

    def __bool__(self) -> bool:
        """An empty one is a cache too."""
        return True


def _native_source(source: Callable[[], S3Signer]) -> Callable[[], _modelcrypt.S3Signer]:
    if not callable(source):
        raise TypeError(f"source is an S3Signer or a function that gives one, not {type(source).__name__}")

    def native() -> _modelcrypt.S3Signer:
        signer = source()
        if not isinstance(signer, S3Signer):
            raise TypeError(f"the source of a cache gives an S3Signer, not {type(signer).__name__}")
        return signer._native

    return native


def _request(
    url: str | bytes,
    method: str,
    headers: Mapping[str, str] | None,
    query: Mapping[str, str] | None,
    version_id: str | None,
) -> _modelcrypt.ObjectRequest:
    try:
        place = url.encode() if isinstance(url, str) else bytes(url)
    except UnicodeEncodeError:
        raise InvalidInput("the object has surrogates in its name: pass bytes") from None
    bucket, slash, key = place.removeprefix(b"s3://").partition(b"/")
    if not place.startswith(b"s3://") or not slash:
        raise InvalidInput("the object is not of the form s3://BUCKET/KEY")
    # What is not ASCII is in no bucket's name, and is refused as such.
    name = bucket.decode("latin-1")
    return _modelcrypt.ObjectRequest(
        method, name, key, version_id, list((query or {}).items()), list((headers or {}).items())
    )


def _region(region: str | None, endpoint: str | None) -> str:
    found = region or _variable("AWS_REGION") or _variable("AWS_DEFAULT_REGION")
    if found is None and endpoint is None:
        raise InvalidInput("no region was given")
    # What servers that have no regions answer to.
    return found or "us-east-1"


def _needed(name: str) -> str:
    value = _variable(name)
    if value is None:
        raise NoKey(f"there is no credential: `{name}` is not set")
    return value


def _variable(name: str) -> str | None:
    """A variable with something in it, less a newline at its end."""
    return os.environ.get(name, "").removesuffix("\n").removesuffix("\r") or None


for _class in (AwsCredentials, PresignCache, S3Signer):
    _class.__module__ = "modelcrypt.presign"
