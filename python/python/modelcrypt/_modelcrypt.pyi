"""The native half of the package."""

import os
import sys
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from types import TracebackType
from typing import Any, NoReturn, final

from ._errors import Error
from ._records import Record
from ._reports import Report, StatusReport

__all__ = [
    "AwsCredentials",
    "Buffer",
    "CredentialStore",
    "Guard",
    "Masker",
    "MasterKey",
    "ObjectRequest",
    "PresignCache",
    "S3Signer",
    "Secret",
    "SignedUrl",
    "TensorFile",
    "UrlSigner",
    "Value",
    "__version__",
    "after_fork_in_child",
    "after_fork_in_parent",
    "before_fork",
    "decrypt_dir",
    "encrypt_dir",
    "main",
    "open_bytes",
    "reencrypt",
    "require_memory_backed",
    "rewrap",
    "seal_bytes",
    "status",
    "sweep",
    "sweep_guards",
    "verify_dir",
]
__version__: str

@final
class MasterKey:
    """Opens and seals any number of files: 32 random bytes, written ``mck1_…``, or a passphrase.

    Cannot be shown, copied or pickled: hand the path of its file to other processes.
    """

    @staticmethod
    def generate() -> MasterKey:
        """Makes a fresh random key."""
    @staticmethod
    def parse(text: str | bytes) -> MasterKey:
        """Reads the text of a key: ``mck1_…``, or else a passphrase. One final newline is dropped."""
    @staticmethod
    def from_file(path: str | os.PathLike[str], *, allow_loose_permissions: bool = False) -> MasterKey:
        """Reads a key file, which only its owner may read."""
    @staticmethod
    def from_command(command: str) -> MasterKey:
        """Runs a shell command and takes what it prints."""
    @staticmethod
    def from_keyring(name: str) -> MasterKey:
        """Reads an entry of the keyring of the operating system."""
    @staticmethod
    def from_env(name: str) -> MasterKey:
        """Reads an environment variable."""
    @staticmethod
    def find(*, config: str | os.PathLike[str] | None = None, allow_loose_permissions: bool = False) -> MasterKey:
        """Finds the key that counts when none is named, as the command line does; nobody is asked."""
    @property
    def id(self) -> str | None:
        """The id of a raw key, in hex; ``None`` for a passphrase."""
    def save(self, path: str | os.PathLike[str]) -> None:
        """Writes a raw key to a new file that only its owner may read."""
    def expose(self) -> str:
        """Gives the text of a raw key."""
    def __eq__(self, value: object, /) -> bool: ...
    def __reduce__(self) -> NoReturn: ...

@final
class Guard:
    """A decrypted directory, until it is closed."""

    @staticmethod
    def open(
        job: dict[str, Any],
        key: MasterKey,
        place: str | os.PathLike[str],
        is_written: bool,
        allow_renamed: bool,
        allow_plaintext: bool,
    ) -> Guard:
        """Opens the model at the one path of ``job``."""
    @property
    def path(self) -> Path: ...
    @property
    def notices(self) -> list[str]: ...
    @property
    def protection(self) -> tuple[int, bool, int]: ...
    def close(self, job: dict[str, Any], changes: MasterKey | bool) -> Report | None:
        """Removes the directory; seals changes under a key, keeps them, or lets them go."""

@final
class Masker:
    """Finds secrets and puts their kinds in their places. Text comes and goes as UTF-8, surrogates and all."""

    def __new__(cls) -> Masker: ...
    def register(self, secret: bytes) -> None:
        """Has ``secret`` masked from here on, wherever it stands and however it is encoded."""
    def text(self, text: bytes) -> bytes | None:
        """The text without its secrets; nothing if it has none."""
    def field(self, name: str, text: bytes) -> bytes | None:
        """What is shown of the value of a field of this name; nothing if it can be shown as it is."""

@final
class TensorFile:
    """An open file of tensors."""

    @staticmethod
    def open(
        path: str | os.PathLike[str], key: Callable[[], MasterKey], must_be_sealed: bool, name_counts: bool
    ) -> TensorFile:
        """Opens a file; ``key`` is called if it is sealed."""
    def tensors(self) -> list[tuple[str, str, list[int], int]]:
        """Gives name, type, shape and number of bytes of each tensor, in the order of their data."""
    def metadata(self) -> dict[str, str] | None:
        """Gives what the file says of itself."""
    def read(self, name: str) -> Buffer | None:
        """Reads one tensor; ``None`` if it has no bytes."""
    def read_slice(self, name: str, taken: list[int | tuple[int, int, int]]) -> tuple[Buffer | None, list[int]]:
        """Reads a part of one tensor, and tells its shape."""
    def read_all(self) -> list[tuple[Buffer, int] | None]:
        """Reads all tensors: for each its memory, and where it starts there."""

@final
class Buffer:
    """Writable bytes: what ``numpy.frombuffer`` and ``torch.frombuffer`` make tensors of."""

    if sys.version_info >= (3, 12):
        def __buffer__(self, flags: int, /) -> memoryview: ...

    def __len__(self) -> int: ...

@final
class Secret:
    """A secret, handed out for a while: ``with credentials.secret("hf") as token: login(token.expose())``.

    Its memory is wiped when the ``with`` block ends, by ``wipe()``, or when the object is gone; from then on every use
    of the value raises :class:`modelcrypt.InvalidInput`. That memory is neither swapped nor dumped as far as the system
    allows. What ``expose()`` and ``expose_bytes()`` have given is Python's, cannot be wiped and lives for as long as
    anything refers to it; what ``expose_bytearray()`` has given is wiped with the secret.

    ``str`` and ``repr`` tell its name and not its value. Cannot be pickled or copied: hand its name to other processes.
    """

    @property
    def name(self) -> str:
        """The name of its credential."""
    @property
    def field_name(self) -> str:
        """Which field of the credential it is: ``secret`` for the whole."""
    @property
    def version(self) -> int:
        """The number of its version."""
    @property
    def store(self) -> str:
        """The store that has given it: ``keyring``, ``vault``, ``environment`` or ``manifest``."""
    @property
    def record(self) -> Record:
        """What is known of its credential; of the versions, this one."""
    @property
    def is_wiped(self) -> bool:
        """Whether it was wiped."""
    def expose(self) -> str:
        """Gives the value as text, which Python cannot wipe."""
    def expose_bytes(self) -> bytes:
        """Gives the value as bytes, which Python cannot wipe."""
    def expose_bytearray(self) -> bytearray:
        """Gives the value in memory that is wiped when the secret is."""
    def field(self, name: str) -> Secret:
        """Gives another field of the same version: ``username``, one of ``extra``, or a part that the secret has by its
        type, like ``password`` of a ``db_dsn``, ``secret_access_key`` and ``session_token`` of ``aws``. It is wiped
        with this one."""
    def wipe(self) -> None:
        """Wipes it, and everything that is wiped with it; a second time does nothing."""
    def aws_credentials(self) -> AwsCredentials:
        """The access key in it, to sign with."""
    def register_with(self, masker: Masker) -> None:
        """Has the value masked, and what is secret in it."""
    def __enter__(self) -> Secret: ...
    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None, /
    ) -> None: ...
    def __reduce__(self) -> NoReturn: ...

@final
class Value:
    """A `str`, `bytes`, `bytearray` or `Secret`; the copy is wiped when it is dropped."""

    def __new__(cls, secret: str | bytes | bytearray | Secret) -> Value: ...

@final
class CredentialStore:
    """Keyring, vault, environment and manifest, as one."""

    def __new__(
        cls,
        vault: str | os.PathLike[str] | None,
        order: list[str],
        manifest: str | os.PathLike[str] | None,
        prefix: str,
        actor: tuple[str, str],
        checkpoints: str | os.PathLike[str] | None,
        allow_loose: bool,
    ) -> CredentialStore: ...
    @property
    def vault(self) -> Path:
        """Where the vault is, or is made."""
    def needs_key(self, is_made: bool) -> bool:
        """Whether work cannot begin without a key."""
    def unlock(self, key: MasterKey) -> None: ...
    def open(self) -> None:
        """Opens what is there."""
    def close(self) -> None: ...
    def get(self, name: str, field: str, version: str | None) -> Secret: ...
    def for_url(self, url: str) -> Secret: ...
    def values(self, wanted: list[tuple[str, str, str]]) -> list[tuple[str, bytes]]:
        """The values of `NAME/FIELD` for each variable, each credential read once."""
    def record(self, name: str) -> Record: ...
    def list(
        self, wish: tuple[str | None, str | None, str | None, str | None, datetime | None]
    ) -> tuple[list[Record], list[Error]]: ...
    def set(
        self,
        name: str,
        kind: str | None,
        metadata: dict[str, object],
        secret: Value,
        home: str | None,
    ) -> Record:
        """Keeps a new credential, or a new version of the one that is there, in one transaction."""
    def edit(self, name: str, metadata: dict[str, object]) -> Record: ...
    def rollback(self, name: str, to: int | None) -> Record: ...
    def discard(self, name: str) -> Record: ...
    def deactivate(self, name: str) -> Record: ...
    def restore(self, name: str) -> Record: ...
    def purge(self, name: str) -> None: ...
    def rotate(
        self,
        name: str,
        secret: Value | int | Callable[[Record], str | bytes | bytearray | Secret] | None,
        verify: Callable[[Secret], object] | None,
        grace: timedelta | None,
        expires: datetime | None,
    ) -> Record: ...
    def __reduce__(self) -> NoReturn: ...

@final
class SignedUrl:
    """A signed URL: whoever has it may use it. ``str`` and ``repr`` mask what is secret in it; ``expose()`` gives it.

    Cannot be copied or pickled: hand on what ``expose()`` gives.
    """

    @property
    def methods(self) -> tuple[str, ...]:
        """What it may be used for."""
    @property
    def headers(self) -> dict[str, str]:
        """The headers that have to be sent exactly so, by their lower-case names. A value can be secret."""
    @property
    def signed_at(self) -> datetime:
        """When it was signed, or from when on it is valid: to the second, in UTC."""
    @property
    def expires_at(self) -> datetime:
        """The first second in which it is no longer valid, in UTC."""
    def expose(self) -> str:
        """Gives the URL itself."""
    def life_left(self, now: datetime | None = None) -> timedelta:
        """How long it is valid from ``now`` on; nothing if it is not or not yet."""
    def __reduce__(self) -> NoReturn: ...

@final
class AwsCredentials:
    """An access key with its secret."""

    def __new__(
        cls,
        access_key_id: str,
        secret_access_key: str,
        session_token: str | None,
        expires_at: datetime | None,
    ) -> AwsCredentials: ...
    @property
    def access_key_id(self) -> str: ...
    @property
    def expires_at(self) -> datetime | None: ...

@final
class ObjectRequest:
    """One request about one object."""

    def __new__(
        cls,
        method: str,
        bucket: str,
        key: bytes,
        version_id: str | None,
        query: list[tuple[str, str]],
        headers: list[tuple[str, str]],
    ) -> ObjectRequest: ...

@final
class S3Signer:
    """Signs URLs for one server with one credential."""

    def __new__(
        cls,
        credentials: AwsCredentials,
        region: str,
        endpoint: str | None,
        path_style: bool | None,
        allow_http: bool,
    ) -> S3Signer:
        """For AWS if there is no endpoint. The bucket stands in the path, or in the host, or where it usually does."""
    def presign(self, request: ObjectRequest, lifetime: timedelta, now: datetime | None = None) -> SignedUrl:
        """Signs a URL that is valid from ``now`` on."""

@final
class PresignCache:
    """Keeps signed URLs, to hand each out until too little of its life is left."""

    def __new__(
        cls,
        source: S3Signer | Callable[[], S3Signer],
        lifetime: timedelta,
        min_remaining: timedelta | None,
        capacity: int,
    ) -> PresignCache: ...
    def url(self, request: ObjectRequest) -> SignedUrl: ...
    def invalidate(self) -> None: ...
    def sweep(self) -> int: ...
    def __len__(self) -> int: ...

@final
class UrlSigner:
    """Signs with one key, verifies with that and others."""

    def __new__(
        cls,
        key: MasterKey,
        kid: str | None,
        others: list[tuple[MasterKey, str, bool | datetime]],
        max_lifetime: timedelta,
        skew: timedelta,
        allow_http: bool,
    ) -> UrlSigner: ...
    @property
    def kid(self) -> str: ...
    def set_standing(self, kid: str, standing: bool | datetime) -> None: ...
    def sign(
        self,
        url: str,
        methods: list[str],
        lifetime: timedelta,
        not_before: datetime | None = None,
        now: datetime | None = None,
    ) -> SignedUrl: ...
    def verify(
        self, method: str, host: str | None, target: str, now: datetime | None = None
    ) -> tuple[str, list[str], datetime | None, datetime]:
        """Verifies a request, or an absolute URL if there is no host."""

def before_fork() -> None:
    """Waits for all work on stores and closes them; what would begin waits for the end of the fork."""

def after_fork_in_parent() -> None:
    """Lets work go on, in the parent."""

def after_fork_in_child() -> None:
    """Lets work go on, in the child."""

def main(args: list[str]) -> int: ...
def seal_bytes(plaintext: bytes | bytearray | memoryview, key: MasterKey) -> bytes: ...
def open_bytes(sealed: bytes | bytearray | memoryview, key: MasterKey) -> bytes: ...
def encrypt_dir(job: dict[str, Any], key: MasterKey, options: dict[str, Any]) -> Report: ...
def decrypt_dir(job: dict[str, Any], key: MasterKey, options: dict[str, Any]) -> Report: ...
def verify_dir(job: dict[str, Any], key: MasterKey, allow_renamed: bool) -> Report: ...
def rewrap(job: dict[str, Any], old: MasterKey, new: MasterKey, options: dict[str, Any]) -> Report: ...
def reencrypt(job: dict[str, Any], old: MasterKey, new: MasterKey | None, options: dict[str, Any]) -> Report: ...
def require_memory_backed(path: Path) -> None: ...
def sweep_guards(places: list[Path]) -> Report: ...
def sweep(job: dict[str, Any]) -> Report: ...
def status(job: dict[str, Any], key: MasterKey | None) -> StatusReport: ...
