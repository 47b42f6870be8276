"""The stores of credentials, as one."""

from __future__ import annotations

import os
import secrets
import sys
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Literal, NoReturn, TypedDict, Unpack

from . import _modelcrypt
from ._errors import InvalidInput
from ._keys import KeyArgument, shared_key_of
from ._modelcrypt import Secret
from ._records import KINDS, Kind, Listing, Record, Version
from ._spans import Age, When, age_of, moment_of
from ._verbs import StrPath

StoreName = Literal["keyring", "vault", "environment"]
"""A store that can be asked."""

SecretValue = str | bytes | bytearray | Secret
"""A secret as it is given to a store. Text is kept as UTF-8."""


class Metadata(TypedDict, total=False):
    """What can be told of a credential. A field that is given takes the place of the one before; ``None`` takes it
    away."""

    username: str | None
    """Whom it logs in; of an access key, its id."""
    extra: Mapping[str, str] | None
    """Host, port, endpoint, region and the like, never anything secret."""
    description: str | None
    """What it is for, in words."""
    tags: Iterable[str] | None
    """To find it by."""
    service: str | None
    """The service that it logs in to."""
    environment: str | None
    """Where it counts: ``prod``, ``staging``."""
    expires: When | None
    """From when on it is not given any more: a time, or how far it is from now."""
    rotate_every: Age | None
    """How old its secret may grow."""
    rotate_command: str | None
    """The shell command that prints a new secret."""
    verify_command: str | None
    """The shell command that checks a new secret, which it reads from standard input."""


class Store:
    """Keyring, vault and environment, asked in this order; a manifest's places after them.

    Every access to the keyring and the vault is put on record in the vault's audit log, and fails if it cannot be. A
    store that is not there is passed over; one that has a credential and does not give it ends the search. A keyring
    that does not answer when the store is opened is not asked later.

    One object serves any number of threads. A vault is closed before the process forks, once all that work on it are
    done, and opened again when it is needed, in parent and child; a child does not ask the keyring if its parent has.
    What forks behind Python's back must not use a store.

    :param vault: its file; ``None`` for ``$MODELCRYPT_VAULT``, else ``vault.db`` in your data folder. It is made when
        something is kept in it.
    :param key: of the vault: a :class:`modelcrypt.MasterKey`, the path of a key file, or ``None``: the key that the
        command line finds. None is needed as long as there is no vault.
    :param order: the stores that are asked, and in which order.
    :param manifest: a YAML or JSON file of providers, which says where in the environment and files their credentials
        are.
    :param prefix: of the variables that are credentials: ``hf-token`` is in ``MODELCRYPT__HF_TOKEN``.
    :param actor: who is put on record; ``$MODELCRYPT_ACTOR`` unless given, else the name of the script.
    :param correlation: what ties the accesses to others; ``$MODELCRYPT_CORRELATION_ID`` unless given, else random.
    :param checkpoints: a second place for the checkpoints of the audit log; ``$MODELCRYPT_CHECKPOINTS`` unless given.
    :param allow_loose_permissions: read files of secrets that others may read too.
    :param config: a configuration that names the key file.
    :raises NoKey: if there is a vault and no key.
    :raises WrongKey: if the key is not that of the vault.
    :raises Tampered: if the vault was changed.

    >>> from modelcrypt import credentials
    >>> store = credentials.Store("vault.db", key="prod.key", order=["vault", "environment"])
    >>> store.set("db", "postgres://etl:s3cret@db.example/main", type="db_dsn", tags=["prod"], rotate_every="90d").due
    datetime.datetime(...)
    >>> with store.get("db/password") as password:
    ...     password, password.expose()
    (Secret('db/password', version 1), 's3cret')
    """

    __slots__ = ("_config", "_key", "_native")

    def __init__(
        self,
        vault: StrPath | None = None,
        key: KeyArgument = None,
        *,
        order: Iterable[StoreName] = ("keyring", "vault", "environment"),
        manifest: StrPath | None = None,
        prefix: str = "MODELCRYPT",
        actor: str | None = None,
        correlation: str | None = None,
        checkpoints: StrPath | None = None,
        allow_loose_permissions: bool = False,
        config: StrPath | None = None,
    ) -> None:
        script = os.path.basename(sys.argv[0]) if sys.argv else ""
        claimed = (
            actor or os.environ.get("MODELCRYPT_ACTOR") or f"python {script}".rstrip(),
            correlation or os.environ.get("MODELCRYPT_CORRELATION_ID") or secrets.token_hex(8),
        )
        signed = checkpoints or os.environ.get("MODELCRYPT_CHECKPOINTS") or None
        self._native = _modelcrypt.CredentialStore(
            vault, list(order), manifest, prefix, claimed, signed, allow_loose_permissions
        )
        self._key, self._config = key, config
        self._unlocked().open()

    @property
    def vault(self) -> Path:
        """The file of the vault, be it there or not."""
        return self._native.vault

    def get(self, name: str, *, version: int | str | None = None) -> Secret:
        """Hands out a secret.

        :param name: the credential, or ``NAME/FIELD`` for a field of it.
        :param version: a number, ``"PREVIOUS"`` or ``"PENDING"``, if it is not the current one.
        :raises NotFound: if nobody has it, with what each store said; or if it has no such field or version, or was
            removed.
        :raises PolicyViolation: if it has expired.

        >>> store.set("hf", "hf_example", type="huggingface").versions[-1].number
        1
        >>> with store.get("hf") as token:
        ...     len(token.expose()), token.store, token.version, token.record.type
        (10, 'vault', 1, 'huggingface')
        >>> token.expose()
        Traceback (most recent call last):
        ...
        modelcrypt.InvalidInput: hf: the secret was wiped
        """
        credential, field = _address(name)
        return self._unlocked().get(credential, field, None if version is None else str(version))

    def for_url(self, url: str) -> Secret:
        """Hands out the credential for what lies at a URL: ``s3://BUCKET/KEY`` an access key, ``hf://…`` a token.

        For a bucket it is the key whose ``extra["bucket"]`` names it, else one that names none; of several the one
        called ``aws`` or ``huggingface``. For the Hub ``$HF_TOKEN`` comes first, then the Hub's token file.

        :raises NotFound: if there is none.
        :raises InvalidInput: if there are several, or the URL is another one.

        >>> from modelcrypt.presign import presign
        >>> extra = {"region": "eu-west-1", "bucket": "models"}
        >>> record = store.set("reader", "wJalrXUtnFEMI", type="aws", username="AKIDEXAMPLE", extra=extra)
        >>> with store.for_url("s3://models/llama.safetensors.enc") as reader:
        ...     print(presign("s3://models/llama.safetensors.enc", credentials=reader))
        https://models.s3.eu-west-1.amazonaws.com/llama.safetensors.enc?...&X-Amz-Signature=***
        """
        return self._unlocked().for_url(url)

    def env(self, variables: Mapping[str, str]) -> dict[str, str]:
        """Gives variables for a child process, each of the ``NAME/FIELD`` that is asked for. Their values are Python's
        and cannot be wiped; ``modelcrypt cred exec`` hands them out without that.

        >>> import os, subprocess
        >>> record = store.set("hf", "hf_example", type="huggingface")
        >>> done = subprocess.run("test $HF_TOKEN = hf_example", shell=True, env=store.env({"HF_TOKEN": "hf"}))
        >>> done.returncode
        0
        """
        wanted = [(variable, *_address(name)) for variable, name in variables.items()]
        return {variable: os.fsdecode(value) for variable, value in self._unlocked().values(wanted)}

    def set(
        self,
        name: str,
        secret: SecretValue,
        *,
        type: Kind | None = None,
        store: Literal["keyring", "vault"] | None = None,
        **metadata: Unpack[Metadata],
    ) -> Record:
        """Keeps a credential, or gives one that is there a new secret; metadata that is not given stays.

        :param name: letters, digits and ``. _ - @ : +``.
        :param secret: text or bytes, of up to 64 KiB; kept byte for byte.
        :param type: says how the secret is checked; ``custom`` unless given. It stays for life.
        :param store: where a new one is kept: the vault unless given.
        :param metadata: the fields of :class:`Metadata`.
        :raises InvalidInput: if the secret is not of the type, or a field not what it should be. Names the field,
            never the value.

        >>> store.set("db", "db.example", type="db_dsn")
        Traceback (most recent call last):
        ...
        modelcrypt.InvalidInput: secret: an address has no `://`
        """
        try:
            value = _modelcrypt.Value(secret)
        finally:
            del secret  # what shows the variables of a traceback does not show it
        if type is not None and type not in KINDS:
            raise InvalidInput("type: it is none of the known types")
        return self._unlocked(is_made=True).set(name, type, _fields(metadata), value, store)

    def edit(self, name: str, **metadata: Unpack[Metadata]) -> Record:
        """Changes what is known of a credential; its secret stays.

        >>> record = store.set("hf", "hf_example", type="huggingface", tags=["prod"])
        >>> record = store.edit("hf", tags=["staging"], description="reads gated models")
        >>> sorted(record.tags), record.description
        (['staging'], 'reads gated models')
        """
        return self._unlocked().edit(name, _fields(metadata))

    def record(self, name: str) -> Record:
        """Tells what is known of a credential, be it active or not."""
        return self._unlocked().record(name)

    def history(self, name: str) -> tuple[Version, ...]:
        """Tells the versions of a credential, oldest first: five retired ones are kept.

        >>> for secret in ("first secret", "second secret"):
        ...     record = store.set("api", secret)
        >>> [(version.number, version.label) for version in store.history("api")]
        [(1, 'PREVIOUS'), (2, 'CURRENT')]
        """
        return self.record(name).versions

    def list(
        self,
        *,
        type: Kind | None = None,
        tag: str | None = None,
        service: str | None = None,
        environment: str | None = None,
        due: bool | When = False,
    ) -> Listing:
        """Tells what is known of all credentials, of each name the one that would be given.

        What cannot be read is among the ``problems`` of the listing, and hides no other.

        :param due: only those whose secret should be replaced by now, or by then.

        >>> record = store.set("hf", "hf_example", type="huggingface", tags=["prod"], expires="7d")
        >>> [record.name for record in store.list(tag="prod")], len(store.list(due=True)), len(store.list(due="7d"))
        (['hf'], 0, 1)
        """
        by = moment_of("0s" if due is True else due) if due is not False else None
        records, problems = self._unlocked().list((type, tag, service, environment, by))
        return Listing(tuple(records), tuple(problems))

    def rotate(
        self,
        name: str,
        secret: SecretValue | Callable[[Record], SecretValue] | None = None,
        *,
        generate: int | None = None,
        verify: Callable[[Secret], object] | None = None,
        grace: Age | None = None,
        expires: When | None = None,
    ) -> Record:
        """Replaces a secret, once the new one has passed its check.

        The new secret is kept as pending, checked, and made the current one in one step. Whatever happens before that,
        the current one is as it was, and the rotation can be run again.

        :param secret: the new one; or a function that is given the record and gives it. It is not called while one is
            pending: that is checked then. ``None`` for the command that the credential keeps.
        :param generate: make one of so many letters and digits, 16 to 1024.
        :param verify: is given the pending secret. ``False`` refuses it: it is dropped. What it raises is raised from
            here and says that nobody knows: the secret stays pending, for the next run to check. ``None`` for the
            command that the credential keeps, if any.
        :param grace: for how long the secret before is still given; without it, as long as it is kept.
        :param expires: when the new secret ends.
        :raises PolicyViolation: if it was refused.

        >>> record = store.set("api", "the old secret")
        >>> [version.label for version in store.rotate("api", generate=32, grace="24h").versions]
        ['PREVIOUS', 'CURRENT']
        >>> store.rotate("api", "the newest secret", verify=lambda pending: len(pending.expose()) == 32)
        Traceback (most recent call last):
        ...
        modelcrypt.PolicyViolation: the new version of `api` did not pass its check: it was refused
        """
        if secret is not None and generate is not None:
            raise InvalidInput("a new secret is given or generated, not both")
        new: _modelcrypt.Value | int | Callable[[Record], SecretValue] | None
        try:
            given = secret if secret is None or callable(secret) else _modelcrypt.Value(secret)
            new = given if generate is None else max(generate, 0)
        finally:
            del secret  # as in `set`
        span = None if grace is None else age_of(grace)
        end = None if expires is None else moment_of(expires)
        return self._unlocked().rotate(name, new, verify, span, end)

    def discard(self, name: str) -> Record:
        """Drops the pending version, if there is one."""
        return self._unlocked().discard(name)

    def rollback(self, name: str, to: int | None = None) -> Record:
        """Makes the previous version the current one again, or the one of the number ``to``.

        >>> for secret in ("the old secret", "the new secret"):
        ...     record = store.set("api", secret)
        >>> [version.label for version in store.rollback("api").versions]
        ['CURRENT', 'PREVIOUS']
        """
        if to is not None and not 0 < to < 1 << 32:
            raise InvalidInput(f"version: there is none of the number {to}")
        return self._unlocked().rollback(name, to)

    def remove(self, name: str) -> Record:
        """Gives a credential no more, and keeps it.

        >>> record = store.set("api", "a secret")
        >>> store.remove("api").active, store.restore("api").active
        (False, True)
        """
        return self._unlocked().deactivate(name)

    def restore(self, name: str) -> Record:
        """Gives a removed credential again."""
        return self._unlocked().restore(name)

    def purge(self, name: str) -> None:
        """Deletes a credential and all versions of its secret for good."""
        self._unlocked().purge(name)

    def close(self) -> None:
        """Closes the vault and wipes its keys. Secrets that were handed out are not wiped."""
        self._native.close()

    def __enter__(self) -> Store:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"Store({str(self.vault)!r})"

    def __reduce__(self) -> NoReturn:
        raise TypeError("a Store is not pickled or copied: open it in the other process")

    def _unlocked(self, *, is_made: bool = False) -> _modelcrypt.CredentialStore:
        """The native half, with the key if it needs one."""
        if self._native.needs_key(is_made):
            self._native.unlock(shared_key_of(self._key, self._config))
        return self._native


def secret(name: str, *, version: int | str | None = None) -> Secret:
    """Hands out a secret from the stores that the command line asks: :meth:`Store.get` of a ``Store()``.

    A program that asks often keeps a :class:`Store`.

    >>> import os
    >>> from modelcrypt import credentials
    >>> os.environ["MODELCRYPT__HF"] = "hf_example"
    >>> with credentials.secret("hf") as token:
    ...     token.expose(), token.store
    ('hf_example', 'environment')
    """
    with Store() as store:
        return store.get(name, version=version)


def for_url(url: str) -> Secret:
    """Hands out the credential for what lies at a URL: :meth:`Store.for_url` of a ``Store()``.

    >>> import os
    >>> from modelcrypt import credentials
    >>> os.environ["HF_TOKEN"] = "hf_example"
    >>> with credentials.for_url("hf://org/model") as token:
    ...     token.expose()
    'hf_example'
    """
    with Store() as store:
        return store.for_url(url)


def _address(text: str) -> tuple[str, str]:
    name, slash, field = text.partition("/")
    if slash and not field:
        raise InvalidInput("field: it is empty")
    return name, field or "secret"


def _fields(metadata: Metadata) -> dict[str, object]:
    """The fields as the native half takes them."""
    fields: dict[str, object] = dict(metadata)
    if "extra" in metadata:
        fields["extra"] = list((metadata["extra"] or {}).items())
    if "tags" in metadata:
        tags = metadata["tags"] or ()
        if isinstance(tags, str):
            raise TypeError("tags are several, not one str")
        fields["tags"] = list(tags)
    if "expires" in metadata:
        expires = metadata["expires"]
        fields["expires"] = None if expires is None else moment_of(expires)
    if "rotate_every" in metadata:
        every = metadata["rotate_every"]
        fields["rotate_every"] = None if every is None else age_of(every)
    return fields


if hasattr(os, "register_at_fork"):
    os.register_at_fork(
        before=_modelcrypt.before_fork,
        after_in_parent=_modelcrypt.after_fork_in_parent,
        after_in_child=_modelcrypt.after_fork_in_child,
    )

for _class in (Metadata, Store, secret, for_url):
    _class.__module__ = "modelcrypt.credentials"
