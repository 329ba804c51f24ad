"""Sends what waits in the outbox, and tries again with growing pauses."""

import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

import psycopg
import structlog
from psycopg.rows import class_row

from infra.eventstore import ROLE
from infra.letter import Notice
from infra.outbox import Channel

PAUSES = (
    timedelta(minutes=1),
    timedelta(minutes=5),
    timedelta(minutes=15),
    timedelta(hours=1),
    timedelta(hours=6),
)
"""After each failed try; a notice that fails once more has failed."""
_LOOK_SECONDS = 1.0
_AGAIN_SECONDS = 5.0

# A case that the register's list doesn't have yet is waited for: its number is not known.
_NEXT = (
    "SELECT n.notice_id, n.case_id, r.number, n.kind, n.clock, n.stage, n.step, n.due_on, "
    "n.working_days_left, n.official, n.role, n.given_at, o.email, "
    "coalesce(o.language, 'az') AS language, n.tries "
    "FROM karguzar.notices n JOIN read_models.register r USING (case_id) "
    "LEFT JOIN karguzar.officials o ON o.official = n.official "
    "WHERE n.channel = %(channel)s AND n.state = 'waiting' AND n.next_try_at <= %(now)s "
    "ORDER BY n.next_try_at LIMIT 1 FOR UPDATE OF n SKIP LOCKED"
)
# Lists that haven't come to the notice yet know less of its case than who gave it.
_OUTDATED = (
    "SELECT FROM karguzar.notices n JOIN read_models.register r USING (case_id) "
    "LEFT JOIN read_models.due_dates d ON d.case_id = n.case_id AND d.clock = n.clock "
    "AND d.running AND d.due_on = n.due_on "
    "WHERE n.notice_id = %s "
    "AND (d.case_id IS NULL OR r.confidential AND NOT n.official = ANY(r.workers)) "
    "AND n.position <= (SELECT min(coalesce(t.notification_id, 0)) "
    "FROM karguzar.read_model_builds b LEFT JOIN karguzar.register_tracking t "
    "ON t.application_name = b.name || '_' || b.build "
    "WHERE b.stage = 'live' AND b.name IN ('register', 'due_dates'))"
)

log = structlog.get_logger()


class NotSent(Exception):
    """The other side didn't take the notice; ``code`` is kept with it.

    ``for_good``: it won't take it later either.
    """

    def __init__(self, code: str, *, for_good: bool = False) -> None:
        super().__init__(code)
        self.code = code
        self.for_good = for_good


class Way(Protocol):
    """How notices of one channel are sent: mail, or a webhook."""

    @property
    def channel(self) -> Channel: ...

    def send(self, notice: Notice) -> None:
        """Raises NotSent."""


class Delivery:
    """Sends the notices of one channel, one after the other.

    A row stays locked while its notice is sent, so that several processes never send the same
    one. Who dies between sending and noting it leaves the row waiting: the notice is then sent
    again, with the same id, by which its reader can tell that they have it.
    """

    def __init__(
        self, conninfo: str, way: Way, *, clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    ) -> None:
        self._conninfo = conninfo
        self._way = way
        self._clock = clock

    def start(self) -> None:
        """Send what comes in a thread of its own, to the end of the process."""
        threading.Thread(target=self._run, name=self._way.channel, daemon=True).start()

    def _run(self) -> None:
        while True:
            try:
                with self.connection() as conn:
                    while True:
                        if not self.step(conn):
                            time.sleep(_LOOK_SECONDS)
            except psycopg.OperationalError as error:
                log.warning("delivery-lost-database", kind=self._way.channel, error=error)
            except Exception:
                log.exception("delivery-stopped", kind=self._way.channel)
            time.sleep(_AGAIN_SECONDS)

    def connection(self) -> psycopg.Connection[Any]:
        conn = psycopg.connect(self._conninfo, autocommit=True)
        conn.execute(f"SET ROLE {ROLE}")
        # What was sent is to be known after a crash of the database too.
        conn.execute("SET synchronous_commit = on")
        return conn

    def step(self, conn: psycopg.Connection[Any]) -> bool:
        """Try the notice that has waited longest; whether there was one.

        It is not sent any more when its clock has stopped or moved meanwhile, or when its case
        was hidden from its recipient.
        """
        with conn.transaction():
            cursor = conn.cursor(row_factory=class_row(Notice))
            now = self._clock()
            cursor.execute(_NEXT, {"channel": self._way.channel, "now": now})
            notice = cursor.fetchone()
            if notice is None:
                return False
            if conn.execute(_OUTDATED, (notice.notice_id,)).fetchone() is not None:
                conn.execute(
                    "UPDATE karguzar.notices SET state = 'no-longer-needed' WHERE notice_id = %s",
                    (notice.notice_id,),
                )
                return True
            try:
                self._way.send(notice)
            except NotSent as refused:
                self._put_off(conn, notice, refused)
            except Exception as error:  # it must not hold up the others
                log.exception("notice-not-told", kind=self._way.channel)
                self._put_off(conn, notice, NotSent(type(error).__name__))
            else:
                conn.execute(
                    "UPDATE karguzar.notices SET state = 'sent', tries = tries + 1, "
                    "sent_at = %s, error = NULL WHERE notice_id = %s",
                    (self._clock(), notice.notice_id),
                )
        return True

    def _put_off(self, conn: psycopg.Connection[Any], notice: Notice, refused: NotSent) -> None:
        given_up = refused.for_good or notice.tries >= len(PAUSES)
        now = self._clock()
        conn.execute(
            "UPDATE karguzar.notices SET state = %s, tries = tries + 1, next_try_at = %s, "
            "error = %s WHERE notice_id = %s",
            (
                "failed" if given_up else "waiting",
                now if given_up else now + PAUSES[notice.tries],
                refused.code,
                notice.notice_id,
            ),
        )
        say = log.error if given_up else log.warning
        say(
            "notice-failed" if given_up else "notice-put-off",
            kind=self._way.channel,
            event_id=notice.notice_id,
            attempt=notice.tries + 1,
            refusal=refused.code,
        )
