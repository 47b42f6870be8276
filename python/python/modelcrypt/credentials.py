"""Everything that a program must log in with: typed, versioned, found in one order, every access on record.

:func:`secret` hands out one secret for a while, :func:`for_url` the one for what lies at a URL; a :class:`Store` keeps,
lists and rotates them. They are the credentials of ``modelcrypt cred``, in the same keyring, vault and environment.
"""

from ._credentials import Metadata, SecretValue, Store, StoreName, for_url, secret
from ._modelcrypt import Secret
from ._records import Kind, Label, Listing, Record, Version
from ._spans import Age, When

__all__ = [
    "Age",
    "Kind",
    "Label",
    "Listing",
    "Metadata",
    "Record",
    "Secret",
    "SecretValue",
    "Store",
    "StoreName",
    "Version",
    "When",
    "for_url",
    "secret",
]
