"""Where the analysts' views are put together: their pseudonyms, exports and watch."""

from collections.abc import Callable
from functools import partial

import psycopg

from api.composition import make_tracking
from application.rounds import Rounds
from infra.analyst_limits import WATCH_SECONDS
from infra.analysts import end_what_takes_too_long
from infra.blinding import LINKAGE
from infra.eventstore import ROLE
from infra.keys import KeyRing
from infra.pseudonyms import Pseudonyms
from infra.view_export import Exports


def make_exports(conninfo: str, keys: KeyRing) -> Exports:
    """The register's secret is made now, where it has none yet."""
    with psycopg.connect(conninfo, autocommit=True) as conn, conn.cursor() as cursor:
        cursor.execute(f"SET ROLE {ROLE}")
        key = keys.read_or_make(cursor, LINKAGE)
    return Exports(conninfo, partial(Pseudonyms.of, key))


def make_analyst_rounds(conninfo: str, leads: Callable[[], bool]) -> Rounds:
    """The watch that ends what analysts do for too long."""

    def watch() -> None:
        with psycopg.connect(conninfo, autocommit=True) as conn:
            end_what_takes_too_long(conn)

    return Rounds("analysts", watch, make_tracking(conninfo), seconds=WATCH_SECONDS, leads=leads)
