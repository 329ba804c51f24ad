"""Numbered SQL files applied once each, in order; safe to repeat and to run twice at once."""

from hashlib import sha256
from pathlib import Path
from typing import Any

import psycopg

FILES = Path(__file__).parent / "migrations"
_LOCK = 0x6B617267757A6172  # "karguzar": one migration at a time in a database


class MigrationChanged(Exception):
    """An applied migration no longer has the text that was applied."""


def missing(conn: psycopg.Connection[Any], files: Path = FILES) -> list[str]:
    """The names of the files that are still to be applied; applies and writes nothing."""
    names = sorted(file.name for file in files.glob("[0-9]*.sql"))
    begun = conn.execute("SELECT to_regclass('public.karguzar_migrations')").fetchone()
    if not (begun and begun[0]):
        return names
    rows = conn.execute("SELECT name FROM public.karguzar_migrations").fetchall()
    return [name for name in names if (name,) not in rows]


def migrate(conninfo: str, files: Path = FILES) -> list[str]:
    """Apply what is missing, each file in its own transaction; the names applied.

    Raises MigrationChanged when a file that was applied has been edited since.
    """
    applied: list[str] = []
    with psycopg.connect(conninfo, autocommit=True) as conn:
        conn.execute("SELECT pg_advisory_lock(%s)", (_LOCK,))
        conn.execute(
            "CREATE TABLE IF NOT EXISTS public.karguzar_migrations ("
            "name text PRIMARY KEY, digest text NOT NULL, "
            "applied_at timestamptz NOT NULL DEFAULT now())"
        )
        known: dict[str, str] = dict(
            conn.execute("SELECT name, digest FROM public.karguzar_migrations").fetchall()
        )
        for file in sorted(files.glob("[0-9]*.sql")):
            text = file.read_bytes()
            digest = sha256(text).hexdigest()
            if file.name in known:
                if known[file.name] != digest:
                    msg = f"{file.name} was edited after it was applied: add a new file instead"
                    raise MigrationChanged(msg)
                continue
            with conn.transaction():
                conn.execute(text)
                conn.execute(
                    "INSERT INTO public.karguzar_migrations (name, digest) VALUES (%s, %s)",
                    (file.name, digest),
                )
            applied.append(file.name)
    return applied
