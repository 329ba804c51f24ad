"""The bytes of documents: kept beside the log, sealed under the key of the case's owner."""

from hashlib import sha256
from typing import Any
from uuid import UUID

from psycopg import Cursor, Rollback
from psycopg.rows import tuple_row

from application.desk import Desk
from domain.keeping import ContentGone
from infra.destruction import destroyed_among, lock_log
from infra.erased_owners import erased_among
from infra.keys import PersonKey


class DocumentNotStored(Exception):
    """The document's bytes are not here: PUT them to this case first."""


class DocumentNotFitting(Exception):
    """The bytes don't have the SHA-256 in the address: send the document again."""


class Documents:
    """Documents of cases, found by their SHA-256. Calls block: run them in a thread."""

    def __init__(self, desk: Desk) -> None:
        self._datastore = desk.log.datastore
        self._keys = desk.keys

    def store(
        self, case_id: UUID, owner: UUID, digest: str, media_type: str, content: bytes
    ) -> bool:
        """Keep the bytes; whether they were new. Raises DocumentNotFitting, ContentGone.

        A destruction may come between: then nothing is kept, or all is sealed with another key.
        What comes to the case of an erased *owner* is the case's own.
        """
        if sha256(content).hexdigest() != digest:
            raise DocumentNotFitting(DocumentNotFitting.__doc__)
        bound_to = case_id.bytes + bytes.fromhex(digest)
        while True:
            owner, key = self._key(case_id, owner)
            sealed = key.seal(content, bound_to)
            with (
                self._datastore.get_connection() as conn,
                conn.transaction(),
                conn.cursor(row_factory=tuple_row) as cursor,
            ):
                cursor.execute(
                    "INSERT INTO karguzar.documents "
                    "(case_id, sha256, media_type, size, owner, sealed) "
                    "VALUES (%s, %s, %s, %s, %s, %s) ON CONFLICT DO NOTHING",
                    (case_id, digest, media_type, len(content), owner, sealed),
                )
                new = cursor.rowcount == 1
                # Last, so that nobody waits for the log while the bytes are written.
                _require_content(cursor, case_id)
                now = self._keys.read(cursor, [owner]).get(owner)
                if now and now.made(sealed):
                    return new
                raise Rollback

    def _key(self, case_id: UUID, owner: UUID) -> tuple[UUID, PersonKey]:
        with (
            self._datastore.get_connection() as conn,
            conn.transaction(),
            conn.cursor(row_factory=tuple_row) as cursor,
        ):
            _require_content(cursor, case_id)
            if not self._keys.read(cursor, [owner]) and erased_among(cursor.connection, [owner]):
                owner = case_id
            return owner, self._keys.read_or_make(cursor, owner)

    def read(self, case_id: UUID, digest: str) -> tuple[str, bytes]:
        """Media type and bytes. Raises DocumentNotStored, also when its key was destroyed."""
        with (
            self._datastore.get_connection() as conn,
            conn.cursor(row_factory=tuple_row, binary=True) as cursor,
        ):
            row = cursor.execute(
                "SELECT media_type, owner, sealed FROM karguzar.documents "
                "WHERE case_id = %s AND sha256 = %s",
                (case_id, digest),
            ).fetchone()
            key = self._keys.read(cursor, [row[1]]).get(row[1]) if row else None
        if row is None or key is None or not key.made(row[2]):
            raise DocumentNotStored(DocumentNotStored.__doc__)
        return row[0], key.open(row[2], case_id.bytes + bytes.fromhex(digest))

    def require_stored(self, case_id: UUID, digest: str) -> None:
        """Raise DocumentNotStored unless the bytes are here."""
        with self._datastore.get_connection() as conn:
            found = conn.execute(
                "SELECT 1 FROM karguzar.documents WHERE case_id = %s AND sha256 = %s",
                (case_id, digest),
            ).fetchone()
        if found is None:
            raise DocumentNotStored(DocumentNotStored.__doc__)


def _require_content(cursor: Cursor[Any], case_id: UUID) -> None:
    lock_log(cursor.connection)
    if destroyed_among(cursor.connection, [case_id]):
        raise ContentGone
