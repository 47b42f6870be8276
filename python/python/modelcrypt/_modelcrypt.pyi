"""The native half of the package."""

import os
import sys
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, NoReturn, final

from ._reports import Report, StatusReport

__all__ = [
    "AwsCredentials",
    "Buffer",
    "Guard",
    "Masker",
    "MasterKey",
    "ObjectRequest",
    "PresignCache",
    "S3Signer",
    "SignedUrl",
    "TensorFile",
    "UrlSigner",
    "__version__",
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
