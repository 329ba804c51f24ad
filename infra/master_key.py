"""Whether the master key is the one that the register was begun with."""

from typing import Any

from cryptography.exceptions import InvalidTag
from psycopg import Connection

from infra.keys import KeyRing, PersonKey, WrongMasterKey

_TEXT = b"karguzar"
_BOUND_TO = b"master-key-check"


def require_master_key(conn: Connection[Any], master_key: bytes) -> None:
    """Raise WrongMasterKey unless it is this database's; the first one given becomes that.

    Of two processes that begin at once with different keys, one is refused. On a connection
    that commits each statement.
    """
    if not _kept(conn):
        _try_on_persons(conn, master_key)
        conn.execute(
            "INSERT INTO karguzar.master_key_check (sealed) VALUES (%s) ON CONFLICT DO NOTHING",
            (PersonKey(master_key).seal(_TEXT, _BOUND_TO),),
        )
    verify_master_key(conn, master_key)


def verify_master_key(conn: Connection[Any], master_key: bytes) -> None:
    """Raise WrongMasterKey for a key that isn't this database's; keeps nothing."""
    sealed = _kept(conn)
    if sealed is None:
        _try_on_persons(conn, master_key)
        return
    try:
        PersonKey(master_key).open(sealed, _BOUND_TO)
    except InvalidTag:
        raise WrongMasterKey from None


def _kept(conn: Connection[Any]) -> bytes | None:
    row = conn.execute("SELECT sealed FROM karguzar.master_key_check").fetchone()
    return row[0] if row else None


def _try_on_persons(conn: Connection[Any], master_key: bytes) -> None:
    """A register older than the check has persons' keys to try the master key on."""
    rows = conn.execute("SELECT owner, wrapped FROM karguzar.person_keys LIMIT 1").fetchall()
    KeyRing(master_key).unwrap(rows)
