"""Signed URLs: whoever holds one may do one thing with one object for a while.

:func:`presign` and :class:`S3Signer` sign them for S3 and servers that speak it, by AWS Signature Version 4 in the
query; :class:`PresignCache` hands them out again while enough of their life is left; :class:`UrlSigner` signs and
verifies those of a gateway of your own. Nothing here connects anywhere.
"""

from ._gateway_urls import Granted, Standing, UrlSigner
from ._modelcrypt import SignedUrl
from ._s3_urls import AwsCredentials, PresignCache, S3Signer, presign

__all__ = [
    "AwsCredentials",
    "Granted",
    "PresignCache",
    "S3Signer",
    "SignedUrl",
    "Standing",
    "UrlSigner",
    "presign",
]
