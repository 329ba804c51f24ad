"""One key per person, wrapped by a master key that lives outside the database.

AES-256-GCM throughout. Before each ciphertext stand 4 bytes that tell which key made it, for a
person who was erased may come again and get a new one, and a nonce of 12 random bytes.
"""

import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from hashlib import blake2b, sha256
from typing import Any
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from psycopg import Cursor, DatabaseError

from infra.arrays import Uuids

MARK_BYTES = 4
_NONCE = 12
_NOT_IN_FORCE = "KG001"


class WrongMasterKey(Exception):
    """The master key doesn't open the keys in this database: give it the one it is under now.

    That is KARGUZAR_MASTER_KEY or the file that KARGUZAR_MASTER_KEY_FILE names, and in
    development master.key under the data directory.
    """

    def __init__(self) -> None:
        super().__init__(" ".join((self.__doc__ or "").split()))


class PersonKey:
    """A person's key in the clear: memory only."""

    __slots__ = ("_aead", "_mark", "_secret")

    def __init__(self, secret: bytes) -> None:
        self._secret = secret
        self._aead = AESGCM(secret)
        self._mark = sha256(secret).digest()[:MARK_BYTES]

    def made(self, sealed: bytes) -> bool:
        """Whether this key made it, and not an earlier one that was erased."""
        return sealed[:MARK_BYTES] == self._mark

    def seal(self, plain: bytes, bound_to: bytes) -> bytes:
        """The ciphertext; it opens only with the same *bound_to*."""
        nonce = os.urandom(_NONCE)
        return self._mark + nonce + self._aead.encrypt(nonce, plain, bound_to)

    def open(self, sealed: bytes, bound_to: bytes) -> bytes:
        """The plain bytes. Raises InvalidTag when altered or bound to something else."""
        start = MARK_BYTES + _NONCE
        return self._aead.decrypt(sealed[MARK_BYTES:start], sealed[start:], bound_to)

    def derived(self, purpose: bytes, length: int) -> bytes:
        """Another key for a *purpose* of at most 16 bytes; it tells nothing about this one."""
        return blake2b(key=self._secret, person=purpose, digest_size=length).digest()


Keys = Mapping[UUID, PersonKey]


@contextmanager
def master_key_in_force() -> Iterator[None]:
    """Raise WrongMasterKey where the database refuses a key under a master key that went."""
    try:
        yield
    except DatabaseError as error:
        if error.diag.sqlstate == _NOT_IN_FORCE:
            raise WrongMasterKey from error
        raise


class KeyRing:
    """Reads and makes the persons' keys in ``karguzar.person_keys``.

    *master_key* wraps; while the master key is being changed, the *previous* one opens too.
    """

    def __init__(self, master_key: bytes, previous: bytes | None = None) -> None:
        self._master = PersonKey(master_key)
        self._previous = PersonKey(previous) if previous else None

    def read(self, cursor: Cursor[Any], owners: Iterable[UUID]) -> dict[UUID, PersonKey]:
        """The keys that exist; an erased person has none."""
        wanted = Uuids(owners)
        if not wanted:
            return {}
        cursor.execute(
            "SELECT owner, wrapped FROM karguzar.person_keys WHERE owner = ANY(%b)",
            (wanted,),
            binary=True,
        )
        return self.unwrap(cursor.fetchall())

    def unwrap(self, rows: Iterable[tuple[UUID, bytes]]) -> dict[UUID, PersonKey]:
        """The keys in the clear from owners and wrapped keys. Raises WrongMasterKey."""
        return {owner: self._unwrap(owner, wrapped) for owner, wrapped in rows}

    def make(self, owner: UUID) -> tuple[PersonKey, bytes]:
        """A new key and its wrapped form for the database."""
        secret = os.urandom(32)
        return PersonKey(secret), self._master.seal(secret, owner.bytes)

    def read_or_make(self, cursor: Cursor[Any], owner: UUID) -> PersonKey:
        """The owner's key, entered now where there was none. Raises WrongMasterKey."""
        if key := self.read(cursor, [owner]).get(owner):
            return key
        with master_key_in_force():
            cursor.execute(
                "INSERT INTO karguzar.person_keys (owner, wrapped) VALUES (%s, %s) "
                "ON CONFLICT DO NOTHING",
                (owner, self.make(owner)[1]),
            )
        return self.read(cursor, [owner])[owner]

    def wrap_anew(self, owner: UUID, wrapped: bytes) -> bytes:
        """The same key under the master key, whichever of the two it was under before."""
        return self._master.seal(self._secret(owner, wrapped), owner.bytes)

    def is_under_master(self, wrapped: bytes) -> bool:
        """Whether it has been wrapped by the key that wraps now."""
        return self._master.made(wrapped)

    def _unwrap(self, owner: UUID, wrapped: bytes) -> PersonKey:
        return PersonKey(self._secret(owner, wrapped))

    def _secret(self, owner: UUID, wrapped: bytes) -> bytes:
        previous = self._previous
        under = previous if previous and previous.made(wrapped) else self._master
        try:
            return under.open(wrapped, owner.bytes)
        except InvalidTag:
            raise WrongMasterKey from None
