"""Secrets taken out of text and of log records."""

from __future__ import annotations

import logging
import traceback
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from . import _modelcrypt

if TYPE_CHECKING:
    from ._modelcrypt import Secret


class Masker(logging.Filter):
    """Takes secrets out of text, out of JSON-like values and, as a filter of ``logging``, out of log records.

    A secret is what was registered, what has the form of a vendor's token, and what stands where secrets stand
    (``password=``, ``Authorization:``, the password of a URL). In its place comes its kind with a fingerprint, which is
    the same for the same secret in this process: ``__masked.github-token.3f9a2c1b__``. One object serves any
    number of threads.

    Add it to *handlers*: a logger's filters do not see the records of the loggers below it. A record that has a secret
    in it is changed for the handlers that come later too.

    :param known: secrets to mask wherever they stand and however they are encoded, each of 6 bytes or more: text, bytes,
        or those of ``modelcrypt.credentials``.
    :raises InvalidInput: if one of them is shorter.

    >>> from modelcrypt import Masker
    >>> masker = Masker(known=["correct horse battery staple"])
    >>> masker.text("login with password=Tr0ub4dor-3, epoch 3")
    'login with password=__masked.password...__, epoch 3'
    >>> masker.text("Y29ycmVjdCBob3JzZSBiYXR0ZXJ5IHN0YXBsZQ==")
    '__masked.known-value...__...'
    >>> masker.json({"user": "ada", "api_key": "Zq7w3Fx9Rt5Kp2Lm", "epoch": 3})
    {'user': 'ada', 'api_key': '__masked.api-key...__', 'epoch': 3}

    >>> import logging, sys
    >>> handler = logging.StreamHandler(sys.stdout)
    >>> handler.addFilter(masker)
    >>> log = logging.Logger("example")
    >>> log.addHandler(handler)
    >>> log.warning("token=%s", "Zq7w3Fx9Rt5Kp2Lm")
    token=__masked.token...__
    """

    def __init__(self, known: Iterable[str | bytes | Secret] = ()) -> None:
        super().__init__()
        self._native = _modelcrypt.Masker()
        for secret in known:
            self.register(secret)

    def register(self, secret: str | bytes | Secret) -> None:
        """Has ``secret`` masked from here on, wherever it stands and however it is encoded.

        With a secret of ``modelcrypt.credentials``, that which is secret in it is masked too: the password of a
        ``db_dsn``, say. It may be wiped then.
        """
        if isinstance(secret, _SECRET):
            secret.register_with(self._native)
        else:
            self._native.register(_encoded(secret) if isinstance(secret, str) else secret)

    def text(self, text: str) -> str:
        """Gives the text without its secrets."""
        masked = self._native.text(_encoded(text))
        return text if masked is None else _decoded(masked)

    def json(self, value: Any) -> Any:
        """Gives nested dicts, lists and scalars without the secrets in them, by field name and by value.

        What has none is given back as it is; ``value`` itself is never changed.
        """
        return self._value("", value, MAX_DEPTH)

    def filter(self, record: logging.LogRecord) -> bool:
        """Takes the secrets out of message, arguments, traceback and ``extra=`` fields. Lets every record pass."""
        try:
            self._mask(record)
        except Exception as error:
            # Rather no message than one with a secret in it.
            record.msg, record.args = f"a log record could not be masked: {type(error).__name__}", ()
            record.exc_info = record.exc_text = record.stack_info = None
            for name in _extra(record):
                setattr(record, name, None)
        return True

    def _mask(self, record: logging.LogRecord) -> None:
        message = record.getMessage()
        masked = self.text(message)
        arguments = record.args or ()
        # What a handler makes of the arguments on its own must be clean too.
        if masked != message or self.json(arguments) is not arguments or self.text(str(record.msg)) != str(record.msg):
            record.msg, record.args = masked, ()
        if record.exc_info and record.exc_info[0] is not None:
            told = "".join(traceback.format_exception(*record.exc_info)).rstrip("\n")
            if (masked := self.text(told)) != told:
                record.exc_info, record.exc_text = None, masked
        elif record.exc_text:
            record.exc_text = self.text(record.exc_text)
        if record.stack_info:
            record.stack_info = self.text(record.stack_info)
        for name in _extra(record):
            value = getattr(record, name)
            if (clean := self._value(name, value, MAX_DEPTH)) is not value:
                setattr(record, name, clean)

    def _value(self, name: str, value: Any, depth: int) -> Any:
        """What is shown of ``value`` in the field ``name``: itself where nothing is secret in it."""
        if value is None or isinstance(value, bool):
            return value
        if depth > 0 and isinstance(value, Mapping):
            fields = [(key, self._key(key), item, self._value(str(key), item, depth - 1)) for key, item in value.items()]
            is_clean = all(key is shown and item is clean for key, shown, item, clean in fields)
            return value if is_clean else {shown: clean for _, shown, _, clean in fields}
        if depth > 0 and isinstance(value, list | tuple | set | frozenset):
            items = list(value)
            cleaned = [self._value(name, item, depth - 1) for item in items]
            if all(item is clean for item, clean in zip(items, cleaned, strict=True)):
                return value
            return cleaned if isinstance(value, list) else tuple(cleaned)
        text = value.decode("utf-8", "surrogateescape") if isinstance(value, bytes) else str(value)
        masked = self._native.field(name.encode("utf-8", "replace").decode(), _encoded(text))
        return value if masked is None else _decoded(masked)

    def _key(self, key: Any) -> Any:
        return self.text(key) if isinstance(key, str) else key  # the same object where it is clean


def _encoded(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


def _decoded(text: bytes) -> str:
    return text.decode("utf-8", "surrogatepass")


def _extra(record: logging.LogRecord) -> list[str]:
    return [name for name in vars(record) if name not in STANDARD]


_SECRET: tuple[type[Secret], ...] = (_modelcrypt.Secret,) if hasattr(_modelcrypt, "Secret") else ()
"""What the package may have been built without."""

MAX_DEPTH = 32
STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}
