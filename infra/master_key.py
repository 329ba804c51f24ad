"""Whether the master key is the one in force, or the one that takes over from it."""

from typing import Any

from cryptography.exceptions import InvalidTag
from psycopg import Connection

from infra import locks
from infra.keys import MARK_BYTES, KeyRing, PersonKey, WrongMasterKey

_TEXT = b"karguzar"
_BOUND_TO = b"master-key-check"


class MasterKeyChanging(WrongMasterKey):
    """The master key is being changed, and both keys are needed until that is done.

    Set the new one as the master key and the old one as KARGUZAR_MASTER_KEY_PREVIOUS_FILE, and
    finish with karguzar master-key rotate.
    """


class RegisterRuns(WrongMasterKey):
    """The register runs and doesn't know the new key.

    Stop it first; or start it again with the new key as its master key and the old one as
    KARGUZAR_MASTER_KEY_PREVIOUS_FILE, and rotate with these settings while it runs.
    """


def require_master_key(
    conn: Connection[Any], master_key: bytes, previous: bytes | None = None
) -> None:
    """Raise WrongMasterKey unless it is this database's; the first one given becomes that.

    Whoever has the *previous* key too announces with it that the master key changes: from then
    on nobody starts with the old one alone, and nobody enters a key under it. Of two processes
    that begin at once with different keys, one is refused. On a connection that commits each
    statement. RegisterRuns as in `announce`.
    """
    begin(conn, master_key)
    if previous is not None:
        announce(conn, master_key, previous)
    verify_master_key(conn, master_key, previous)


def begin(conn: Connection[Any], master_key: bytes) -> None:
    """Keep by what *master_key* is known, where nothing is kept yet. Raises WrongMasterKey."""
    if not _kept(conn):
        _try_on_persons(conn, master_key)
        conn.execute(
            "INSERT INTO karguzar.master_key_check (sealed) VALUES (%s) ON CONFLICT DO NOTHING",
            (_sealed(master_key),),
        )


def announce(conn: Connection[Any], master_key: bytes, previous: bytes) -> None:
    """Say that *master_key* takes over from *previous*, where the latter is still in force.

    Raises RegisterRuns while a register runs that the new key would take by surprise.
    """
    kept = _kept(conn)
    if not kept or kept[1] or not _opens(previous, kept[0]) or _opens(master_key, kept[0]):
        return
    if not locks.take_all(conn, locks.RUNNERS):
        raise RegisterRuns
    try:
        conn.execute(
            "UPDATE karguzar.master_key_check SET next = %s WHERE next IS NULL AND sealed = %s",
            (_sealed(master_key), kept[0]),
        )
    finally:
        for lock in locks.RUNNERS:
            locks.give_back(conn, lock)


def verify_master_key(
    conn: Connection[Any], master_key: bytes, previous: bytes | None = None
) -> None:
    """Raise WrongMasterKey for a key that isn't this database's; keeps nothing.

    While the key changes both are needed: MasterKeyChanging.
    """
    kept = _kept(conn)
    if kept is None:
        _try_on_persons(conn, master_key)
        return
    sealed, after = kept
    if after is None:
        if not _opens(master_key, sealed):
            raise WrongMasterKey
    elif not (_opens(master_key, after) and previous and _opens(previous, sealed)):
        known = _opens(master_key, sealed) or _opens(master_key, after)
        raise MasterKeyChanging if known else WrongMasterKey


def put_in_force(conn: Connection[Any], master_key: bytes) -> bool:
    """The change is over: only *master_key* opens this database from now on.

    False, and nothing is changed, while a person's key is still under another.
    """
    sealed = _sealed(master_key)
    changed = conn.execute(
        "UPDATE karguzar.master_key_check SET sealed = %s, next = NULL WHERE NOT EXISTS ("
        "SELECT FROM karguzar.person_keys WHERE substring(wrapped FROM 1 FOR %s) <> %s)",
        (sealed, MARK_BYTES, sealed[:MARK_BYTES]),
    )
    return changed.rowcount == 1


def _sealed(master_key: bytes) -> bytes:
    return PersonKey(master_key).seal(_TEXT, _BOUND_TO)


def _opens(master_key: bytes, sealed: bytes) -> bool:
    try:
        return PersonKey(master_key).open(sealed, _BOUND_TO) == _TEXT
    except InvalidTag:
        return False


def _kept(conn: Connection[Any]) -> tuple[bytes, bytes | None] | None:
    row = conn.execute("SELECT sealed, next FROM karguzar.master_key_check").fetchone()
    return (row[0], row[1]) if row else None


def _try_on_persons(conn: Connection[Any], master_key: bytes) -> None:
    """A register older than the check has persons' keys to try the master key on."""
    rows = conn.execute("SELECT owner, wrapped FROM karguzar.person_keys LIMIT 1").fetchall()
    KeyRing(master_key).unwrap(rows)
