"""Signed URLs of a gateway of one's own."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from . import _modelcrypt
from ._errors import InvalidInput
from ._keys import KeyArgument, key_of
from ._modelcrypt import SignedUrl
from ._spans import Span, span_of

Standing = Literal["active", "revoked"] | datetime
"""Whether URLs that a key has signed hold: they do, they do not, or they do until that time, which has a timezone."""


@dataclass(frozen=True, slots=True)
class Granted:
    """What a URL was signed for: authentic, and in force when it was verified."""

    kid: str
    """The id of the key that signed it."""
    methods: tuple[str, ...]
    """The methods that it allows."""
    not_before: datetime | None
    """From when on, if it says so; in UTC."""
    expires_at: datetime
    """The first second in which it no longer holds, in UTC."""


class UrlSigner:
    """Signs URLs with one key, and verifies those that this one and others have signed.

    A signed URL ends in ``mc-v=1&mc-kid=…&mc-exp=…[&mc-nbf=…]&mc-m=…&mc-sig=…``. The signature is HMAC-SHA-256 over
    methods, host, path, query, expiry and id of the key, which is derived from a master key and that id. One object
    serves any number of threads.

    :param key: a :class:`modelcrypt.MasterKey`, the path of a key file, or ``None``: the key that the command line
        finds. It must be raw: a passphrase signs no URLs.
    :param kid: its id in URLs, 1 to 64 letters, digits, hyphens and underscores; the id of the master key unless given.
    :param other_keys: what else is verified: keys with their ids and standings.
    :param max_expires: the longest life, for signing and for verifying: seconds or a ``timedelta``.
    :param skew: by how much the clocks of signer and verifier may differ.
    :param allow_http: sign for plain http to other machines too.
    :raises InvalidInput: if the key is a passphrase, or an id is none or there twice.

    >>> from modelcrypt.presign import UrlSigner
    >>> signer = UrlSigner("prod.key", "2026-02", other_keys=[("prod.key", "2026-01", "revoked")])
    >>> url = signer.sign("https://models.example/llama/model.safetensors.enc", ["GET", "HEAD"], expires=3600)
    >>> str(url)
    'https://models.example/llama/model.safetensors.enc?mc-v=1&mc-kid=2026-02&mc-exp=...&mc-m=GET,HEAD&mc-sig=***'
    >>> signer.verify_url("GET", url.expose()).methods
    ('GET', 'HEAD')
    >>> signer.verify_url("PUT", url.expose())
    Traceback (most recent call last):
    ...
    modelcrypt.PolicyViolation: the signed URL is not for this method
    """

    __slots__ = ("_native",)

    def __init__(
        self,
        key: KeyArgument = None,
        kid: str | None = None,
        *,
        other_keys: Iterable[tuple[KeyArgument, str, Standing]] = (),
        max_expires: Span = 604_800,
        skew: Span = 30,
        allow_http: bool = False,
    ) -> None:
        others = [(key_of(other), other_kid, _flag(standing)) for other, other_kid, standing in other_keys]
        self._native = _modelcrypt.UrlSigner(key_of(key), kid, others, span_of(max_expires), span_of(skew), allow_http)

    @property
    def kid(self) -> str:
        """The id of the key that signs."""
        return self._native.kid

    def sign(
        self,
        url: str,
        methods: str | Iterable[str] = "GET",
        expires: Span = 900,
        *,
        not_before: datetime | None = None,
        now: datetime | None = None,
    ) -> SignedUrl:
        """Signs an absolute URL.

        :param url: as a client sends it: percent-encoded, without ``.``, ``..`` and an encoded slash in its path.
        :param methods: what it is for, in upper case: one or several.
        :param expires: how long it is valid: seconds or a ``timedelta``, from now on or from ``not_before`` on.
        :param now: the time, if it is another than this machine's; with a timezone.
        :raises InvalidInput: if it could be read in several ways, lives too long, or is plain http to another machine.
        :raises PolicyViolation: if the key no longer signs.
        """
        listed = [methods] if isinstance(methods, str) else list(methods)
        return self._native.sign(url, listed, span_of(expires), not_before, now)

    def verify(self, method: str, host: str, target: str | bytes, *, now: datetime | None = None) -> Granted:
        """Verifies a request before anything of it is believed.

        The signature comes first, compared in a time that does not depend on it; a URL of an unknown key takes as long
        and fails alike. Only then come the standing of the key, the times and the method.

        :param method: as it was sent.
        :param host: the header ``Host``, or what a trusted proxy says it was.
        :param target: path and query as they were sent, not decoded: ``scope["raw_path"] + b"?" +
            scope["query_string"]`` of ASGI.
        :raises Tampered: if it was changed, or signed with a key that is not known here.
        :raises PolicyViolation: if it has expired, is not valid yet, lives too long, is for other methods, or its key
            was revoked.
        :raises InvalidInput: if it is not in the form that every signed URL has.
        """
        text = target.decode("latin-1") if isinstance(target, bytes) else target
        return _granted(self._native.verify(method, host, text, now))

    def verify_url(self, method: str, url: str, *, now: datetime | None = None) -> Granted:
        """Verifies an absolute URL as :meth:`verify` does a request, with the same errors."""
        return _granted(self._native.verify(method, None, url, now))

    def set_standing(self, kid: str, standing: Standing) -> None:
        """Lets the URLs of a key end or hold again, from the next one on.

        :raises InvalidInput: if there is no key of this id.
        """
        self._native.set_standing(kid, _flag(standing))

    def __repr__(self) -> str:
        return f"UrlSigner({self.kid!r})"


def _flag(standing: Standing) -> bool | datetime:
    if isinstance(standing, datetime):
        return standing
    if standing not in ("active", "revoked"):
        raise InvalidInput("a standing is 'active', 'revoked' or a time")
    return standing == "active"


def _granted(told: tuple[str, list[str], datetime | None, datetime]) -> Granted:
    kid, methods, not_before, expires_at = told
    return Granted(kid, tuple(methods), not_before, expires_at)


Granted.__module__ = UrlSigner.__module__ = "modelcrypt.presign"
