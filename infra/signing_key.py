"""The key that signs checkpoints; it is never in the database."""

import base64
import binascii
from pathlib import Path

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key

_SEED_BYTES = 32


class SigningKeyInvalid(Exception):
    """The file must hold an Ed25519 key, as PEM or as 32 bytes in base64."""


def read_signing_key(path: Path) -> Ed25519PrivateKey:
    """`openssl genpkey -algorithm ed25519` or `openssl rand -base64 32` make one."""
    content = path.read_bytes().strip()
    try:
        if content.startswith(b"-----BEGIN"):
            key = load_pem_private_key(content, password=None)
            if isinstance(key, Ed25519PrivateKey):
                return key
        else:
            seed = base64.b64decode(content, validate=True)
            if len(seed) == _SEED_BYTES:
                return Ed25519PrivateKey.from_private_bytes(seed)
    except (binascii.Error, ValueError, TypeError, UnsupportedAlgorithm):
        pass
    raise SigningKeyInvalid(SigningKeyInvalid.__doc__)
