"""What is known of credentials."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any, Literal, get_args, overload
from uuid import UUID

from ._errors import Error

Kind = Literal[
    "ssh",
    "http_basic",
    "bearer_token",
    "db_dsn",
    "api_key",
    "aws",
    "huggingface",
    "oauth_token",
    "jwt",
    "service_account_json",
    "webhook_secret",
    "tls_certificate",
    "encryption_key",
    "env_var",
    "custom",
]
"""The types of credentials. The type says how a secret is checked and which fields it has."""

KINDS: tuple[str, ...] = get_args(Kind)

Label = Literal["PENDING", "CURRENT", "PREVIOUS"]
"""What a version is to its credential."""


@dataclass(frozen=True, slots=True)
class Version:
    """One version of a secret, without the secret."""

    number: int
    """Counts from 1 and is never used again."""
    label: Label | None
    """What it is now; ``None`` for one that is retired."""
    created: datetime
    """When it was made."""
    current_since: datetime | None
    """When it last became the current one."""
    valid_until: datetime | None
    """From when on it is not given any more, because its successor's grace is over."""
    expires: datetime | None
    """From when on the secret itself is worth nothing."""


@dataclass(frozen=True, slots=True)
class Record:
    """What is known of a credential besides its secret. All times are in UTC."""

    name: str
    """What it is asked for by."""
    type: Kind
    """What it is."""
    store: str
    """The store that has it: ``keyring``, ``vault``, ``environment`` or ``manifest``."""
    id: UUID
    """Stays the same for life."""
    username: str | None
    """Whom it logs in; of an access key, its id."""
    extra: Mapping[str, str]
    """Host, port, endpoint, region and the like. Nothing secret is in it."""
    description: str | None
    """What it is for, in words."""
    tags: frozenset[str]
    """To find it by."""
    service: str | None
    """The service that it logs in to."""
    environment: str | None
    """Where it counts: ``prod``, ``staging``."""
    created: datetime
    """When it was made."""
    updated: datetime
    """When it or its secret was last changed."""
    expires: datetime | None
    """From when on it is not given any more."""
    rotate_every: timedelta | None
    """How old its secret may grow."""
    rotate_command: str | None
    """The shell command that prints a new secret."""
    verify_command: str | None
    """The shell command that checks a new secret, which it reads from standard input."""
    active: bool
    """Whether it is given; not after it was removed."""
    due: datetime | None
    """From when on its secret should be replaced, if ever."""
    versions: tuple[Version, ...]
    """The versions of its secret, oldest first."""

    def __reduce__(self) -> tuple[Any, ...]:
        fields = {name: getattr(self, name) for name in self.__slots__}
        return _restored, ({**fields, "extra": dict(self.extra)},)


@dataclass(frozen=True, slots=True)
class Listing(Sequence[Record]):
    """What stores hold, in the order of the names."""

    records: tuple[Record, ...]
    """What is known of each credential."""
    problems: tuple[Error, ...]
    """What could not be read, and stores that did not answer."""

    @overload
    def __getitem__(self, index: int) -> Record: ...
    @overload
    def __getitem__(self, index: slice) -> tuple[Record, ...]: ...
    def __getitem__(self, index: int | slice) -> Record | tuple[Record, ...]:
        return self.records[index]

    def __iter__(self) -> Iterator[Record]:
        return iter(self.records)

    def __len__(self) -> int:
        return len(self.records)


def record_of(told: str) -> Record:
    """Makes a record of what the native half tells as JSON."""
    fields = json.loads(told)
    every = fields.get("rotate_every")
    optional = ("username", "description", "service", "environment", "rotate_command", "verify_command")
    return Record(
        name=fields["name"],
        type=fields["type"],
        store=fields["store"],
        id=UUID(fields["id"]),
        extra=MappingProxyType(fields.get("extra", {})),
        tags=frozenset(fields.get("tags", ())),
        created=_time(fields["created"]),
        updated=_time(fields["updated"]),
        expires=_optional_time(fields.get("expires")),
        rotate_every=None if every is None else timedelta(seconds=every),
        active=fields["active"],
        due=_optional_time(fields["due"]),
        versions=tuple(map(_version, fields["versions"])),
        **{name: fields.get(name) for name in optional},
    )


def _version(fields: dict[str, Any]) -> Version:
    return Version(
        number=fields["number"],
        label=fields.get("label"),
        created=_time(fields["created"]),
        current_since=_optional_time(fields.get("current_since")),
        valid_until=_optional_time(fields.get("valid_until")),
        expires=_optional_time(fields.get("expires")),
    )


def _restored(fields: dict[str, Any]) -> Record:
    return Record(**{**fields, "extra": MappingProxyType(fields["extra"])})


def _time(text: str) -> datetime:
    return datetime.fromisoformat(text)


def _optional_time(text: str | None) -> datetime | None:
    return None if text is None else _time(text)


for _class in (Listing, Record, Version):
    _class.__module__ = "modelcrypt.credentials"
