"""Where retention and destruction are put together, from the settings."""

from collections.abc import Callable, Sequence
from datetime import date
from functools import partial
from uuid import UUID

import psycopg

from api.composition import make_desk, make_reader, make_tracking
from application.desk import Desk
from application.destruction_desk import DestructionDesk
from application.retention import Retention
from application.rounds import Rounds
from infra.destruction import STATISTICS, WITH_KEYS, clear_documents, rewrite
from infra.eventstore import ROLE
from infra.settings import Settings
from projections import READ_MODELS
from projections.rebuild import rebuild
from projections.retention import Candidate, Mark, candidates, has_seen_all, hung_on

_ROUND_SECONDS = 5.0
WITH_PERSONAL_TEXT = ("register", "people", "matters")
"""The read models that keep words out of cases, or cards of them; a test looks through all."""


def make_retention(desk: Desk) -> Retention:
    """It reads the live register."""

    def aged(
        kinds: Sequence[str],
        states: Sequence[str],
        before: date,
        after: Mark | None,
        limit: int,
    ) -> list[Candidate]:
        with desk.log.datastore.get_connection() as conn:
            return candidates(conn, kinds, states, before, after, limit)

    def hung(cases: Sequence[UUID]) -> set[UUID]:
        with desk.log.datastore.get_connection() as conn:
            return hung_on(conn, cases)

    return Retention(desk, aged, hung)


def make_destruction_desk(conninfo: str, desk: Desk) -> DestructionDesk:
    """It cleans up as the login that owns the tables, not as the application's role."""

    def hung(cases: Sequence[UUID]) -> set[UUID] | None:
        with desk.log.datastore.get_connection() as conn:
            return hung_on(conn, cases) if has_seen_all(conn) else None

    return DestructionDesk(desk, hung, partial(clean_up, conninfo, desk))


def clean_up(conninfo: str, desk: Desk) -> None:
    """Leave nothing of what was destroyed in the read models, in the tables' files or statistics.

    The read models that hold personal text are built anew beside the live ones, whose files then
    go: rows, indexes and statistics alike, without an outage. Before that the keys' own table is
    rewritten, and the statistics, which are once more when the old build's are gone: where somebody
    holds them, such as a backup, this fails before anything long was done.
    """
    with psycopg.connect(conninfo, autocommit=True) as conn:
        rewrite(conn, WITH_KEYS)
        rewrite(conn, STATISTICS)
    models = [model for model in READ_MODELS if model.name in WITH_PERSONAL_TEXT]
    tracking = make_tracking(conninfo)
    try:
        with psycopg.connect(conninfo, autocommit=True) as conn:
            conn.execute(f"SET ROLE {ROLE}")
            # An erased person's row goes, so the new build may well have fewer.
            rebuild(conn, make_reader(desk), tracking, models, even_if_counts_differ=True)
    finally:
        tracking.datastore.close()
    with psycopg.connect(conninfo, autocommit=True) as conn:
        clear_documents(conn)
        rewrite(conn, STATISTICS)


def make_destruction_rounds(
    settings: Settings,
    conninfo: str,
    leads: Callable[[], bool],
    carry_out: Callable[[DestructionDesk], None] = DestructionDesk.round,
) -> Rounds:
    """The carrying out of what two people have approved, on a desk of its own."""
    destructions = make_destruction_desk(conninfo, make_desk(settings, conninfo))

    def work() -> None:
        if destructions.waiting():
            carry_out(destructions)

    return Rounds(
        "destruction",
        work,
        make_tracking(conninfo),
        seconds=_ROUND_SECONDS,
        leads=leads,
        backs_off=True,
    )
