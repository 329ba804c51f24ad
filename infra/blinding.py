"""The register's own secret, under which people and matters are compared without being read.

A read model that brings likes together keeps no name. It keeps tokens, by which the database finds
the equal ones, and sealed cards, which the register opens to compare. Both come from one key,
which no other register has.
"""

from hashlib import blake2b
from typing import Any
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESSIV
from psycopg import Cursor

from domain.case import NotFitting
from infra.keys import KeyRing, PersonKey

LINKAGE = UUID("6b617267-757a-6172-8000-6c696e6b6167")
"""Owns the secret among the persons' keys, so that a change of the master key wraps it too. It is
nobody's id: no destruction names it."""
_TOKEN_BYTES = 8
_SEAL_BYTES = 64


class IdKeptForRegister(NotFitting):
    """This id is the register's own and no person's: leave the id out for a new person."""


class CardNotOurs(Exception):
    """A card was altered, moved to another row, or sealed by another register: build it anew."""


class Blinding:
    """Tokens and seals of one register: the same each time, so that rows come out alike."""

    __slots__ = ("_aead", "_keyed")

    def __init__(self, key: PersonKey) -> None:
        token_key = key.derived(b"linkage token", _SEAL_BYTES)
        self._keyed = blake2b(key=token_key, digest_size=_TOKEN_BYTES)
        self._aead = AESSIV(key.derived(b"linkage seal", _SEAL_BYTES))

    def token(self, key: str) -> int:
        """What stands for a blocking key: a signed number of 64 bits."""
        keyed = self._keyed.copy()
        keyed.update(key.encode())
        return int.from_bytes(keyed.digest(), "little", signed=True)

    def seal(self, plain: bytes, bound_to: bytes) -> bytes:
        """The same ciphertext for the same bytes in the same place."""
        return self._aead.encrypt(plain, [bound_to])

    def open(self, sealed: bytes, bound_to: bytes) -> bytes:
        """The plain bytes. Raises CardNotOurs."""
        try:
            return self._aead.decrypt(sealed, [bound_to])
        except InvalidTag:
            raise CardNotOurs(CardNotOurs.__doc__) from None


def blinding_of(cursor: Cursor[Any], keys: KeyRing) -> Blinding:
    """The register's, whose secret is made now where there was none. Raises WrongMasterKey."""
    return Blinding(keys.read_or_make(cursor, LINKAGE))
