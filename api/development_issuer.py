"""The built-in issuer of tokens for development; it refuses to exist anywhere else."""

import json
import time
from collections.abc import Iterable
from pathlib import Path

import jwt
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from application.caller import Role
from infra.made_once import make_once
from infra.settings import Settings

_KEY_ID = "development"
_LIFETIME_SECONDS = 30 * 24 * 3600


class NotInDevelopment(Exception):
    """The development issuer gives no tokens outside development: use your own issuer."""


class NoKeyYet(Exception):
    """No register has run in this folder: set KARGUZAR_DATA_DIR, or run karguzar run first."""


class NoKeyInFile(Exception):
    """The file of the development issuer's key can't be read as one."""


class DevelopmentIssuer:
    """Signs with a key that is made once under the data directory.

    Raises NotInDevelopment, NoKeyInFile, and where none is to *make*, NoKeyYet.
    """

    def __init__(self, settings: Settings, *, make: bool = True) -> None:
        if settings.environment != "development":
            raise NotInDevelopment(NotInDevelopment.__doc__)
        self._settings = settings
        path = settings.data_dir / "development-issuer.pem"
        if not (make or path.exists()):
            raise NoKeyYet(NoKeyYet.__doc__)
        self._key = _key_in(path)

    def keys(self) -> jwt.PyJWKSet:
        """The public key, as a production issuer would publish its own."""
        public = json.loads(jwt.algorithms.OKPAlgorithm.to_jwk(self._key.public_key()))
        return jwt.PyJWKSet([{**public, "kid": _KEY_ID, "use": "sig", "alg": "EdDSA"}])

    def issue(
        self,
        official: str,
        unit: str,
        roles: Iterable[Role],
        *,
        client: str = "development",
        may_act_for: Iterable[str] = (),
    ) -> str:
        """A token for 30 days."""
        now = int(time.time())
        claims = {
            "iss": self._settings.token_issuer,
            "aud": self._settings.token_audience,
            "sub": official,
            "unit": unit,
            "roles": sorted(roles),
            "azp": client,
            "may_act_for": sorted(may_act_for),
            "iat": now,
            "exp": now + _LIFETIME_SECONDS,
        }
        return jwt.encode(claims, self._key, algorithm="EdDSA", headers={"kid": _KEY_ID})


def _key_in(path: Path) -> Ed25519PrivateKey:
    if not path.exists():
        made = Ed25519PrivateKey.generate().private_bytes(
            Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()
        )
        make_once(path, made)
    try:
        key = load_pem_private_key(path.read_bytes(), password=None)
    except ValueError as error:
        raise NoKeyInFile(f"{path} holds no key. Delete it: a new one is made.") from error
    if not isinstance(key, Ed25519PrivateKey):
        raise NoKeyInFile(f"{path} must hold an Ed25519 key. Delete it: a new one is made.")
    return key
