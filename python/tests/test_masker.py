"""Masked text and log records: what is secret never reaches a handler."""

from __future__ import annotations

import base64
import io
import json
import logging
from typing import Any

import pytest

import modelcrypt
from modelcrypt import Masker

SECRET = "Canary7wNotToBeSeen3Fx9"


class Kept(logging.Handler):
    """Keeps every record that it is handed."""

    def __init__(self) -> None:
        super().__init__()
        self.records: list[logging.LogRecord] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.records.append(record)


@pytest.fixture
def written() -> tuple[logging.Logger, io.StringIO, Kept]:
    """A logger with a masking handler that writes lines, and one that keeps records."""
    stream = io.StringIO()
    logger = logging.Logger("test")
    masker = Masker(known=[SECRET])
    for handler in (logging.StreamHandler(stream), kept := Kept()):
        handler.addFilter(masker)
        logger.addHandler(handler)
    return logger, stream, kept


Written = tuple[logging.Logger, io.StringIO, Kept]


@pytest.mark.parametrize(
    ("message", "arguments"),
    [
        (f"using {SECRET} now", ()),
        ("using %s now", (SECRET,)),
        ("using %(key)s now", ({"key": SECRET},)),
        ("%.3s", (SECRET,)),
        ("%s", ([{"deep": (SECRET, 1)}],)),
        ("%s", (base64.b64encode(f"xy{SECRET}".encode()).decode(),)),
        ("%r", (SECRET.encode(),)),
    ],
)
def test_a_known_secret_is_in_no_part_of_a_record(
    written: Written, message: str, arguments: tuple[Any, ...]
) -> None:
    logger, stream, kept = written
    logger.warning(message, *arguments)
    assert len(kept.records) == 1
    assert SECRET not in stream.getvalue() + repr(vars(kept.records[0]))


def test_what_the_message_says_of_an_argument_counts(written: Written) -> None:
    logger, stream, kept = written
    logger.warning("password=%s", "Tr0ub4dor&3")
    assert stream.getvalue().startswith("password=__masked.password.")
    assert "Tr0ub4dor" not in repr(vars(kept.records[0]))


def test_fields_of_extra_are_masked_by_name_and_by_value(written: Written) -> None:
    logger, _, kept = written
    extra = {"api_key": "Zq7w3Fx9Rt5Kp2Lm", "note": f"with {SECRET}", "nested": {"password": 12345678}, "epoch": 3}
    logger.warning("hello", extra=extra)
    record = kept.records[0]
    fields = vars(record)
    assert fields["api_key"].startswith("__masked.api-key.")
    assert fields["note"].startswith("with __masked.known-value.")
    assert fields["nested"]["password"].startswith("__masked.")
    assert (fields["epoch"], record.getMessage(), extra["api_key"]) == (3, "hello", "Zq7w3Fx9Rt5Kp2Lm")


def test_tracebacks_and_stacks_are_masked(written: Written) -> None:
    logger, stream, kept = written
    try:
        raise ValueError(f"no access with {SECRET}")
    except ValueError:
        logger.exception("failed", stack_info=True)
    assert "ValueError: no access with __masked.known-value." in stream.getvalue()
    assert SECRET not in stream.getvalue()
    assert kept.records[0].exc_info is None


def test_a_record_without_a_secret_stays_as_it_is(written: Written) -> None:
    logger, stream, kept = written
    try:
        raise ValueError("nothing")
    except ValueError:
        logger.exception("epoch %d of %s: 100%%", 3, "nine", extra={"user": "ada"})
    record = kept.records[0]
    assert (record.msg, record.args, vars(record)["user"]) == ("epoch %d of %s: 100%%", (3, "nine"), "ada")
    assert record.exc_info is not None
    assert stream.getvalue().startswith("epoch 3 of nine: 100%\nTraceback")


def test_arguments_need_not_compare(written: Written) -> None:
    class Array:
        def __eq__(self, other: object) -> bool:
            raise ValueError("which element?")

        __hash__ = None  # type: ignore[assignment]

        def __str__(self) -> str:
            return "[0 1]"

    logger, stream, _ = written
    logger.warning("%s %s", Array(), {1}, extra={"array": Array()})
    assert stream.getvalue() == "[0 1] {1}\n"


def test_a_record_that_cannot_be_masked_shows_nothing(written: Written) -> None:
    class Broken:
        def __str__(self) -> str:
            raise RuntimeError(SECRET)

    logger, stream, kept = written
    logger.warning("%s %s", Broken(), SECRET, extra={"note": SECRET})
    assert stream.getvalue() == "a log record could not be masked: RuntimeError\n"
    assert SECRET not in repr(vars(kept.records[0]))


def test_text_comes_back_as_text() -> None:
    masker = Masker()
    for text in ["", "plain", "日本 \ud800 \x00", "tokens: 4096"]:
        assert masker.text(text) == text
    masked = masker.text("a\ud800 password=Tr0ub4dor&3")
    assert masked.startswith("a\ud800 password=__masked.")
    assert masker.text(masked) == masked


def test_json_stays_json() -> None:
    masker = Masker()
    value = {"a": [1, None, True, {"secret": "Zq7w3Fx9Rt5Kp2Lm"}], "pin_code": 1.5, "db_password": 12345678}
    masked = masker.json(value)
    assert json.loads(json.dumps(masked)) == masked
    assert masked["a"][:3] == [1, None, True]
    assert masked["db_password"].startswith("__masked.") and masked["a"][3]["secret"].startswith("__masked.")
    assert value["db_password"] == 12345678


def test_a_short_value_is_refused_and_not_shown() -> None:
    with pytest.raises(modelcrypt.InvalidInput) as raised:
        Masker(known=["zq9"])
    assert "zq9" not in str(raised.value)
    assert "Canary" not in repr(Masker(known=[SECRET]))
