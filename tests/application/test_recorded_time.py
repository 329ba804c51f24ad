"""When an event was recorded grows with its position: what is asked of an instant rests on it."""

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from threading import Event

import psycopg

from application.desk import Desk
from tests.api.serving import wait_until
from tests.desks import new_desk, recorded_by
from tests.domain.spec import NOON
from tests.orders import register_appeal


def waits_for_a_lock(database: str) -> bool:
    with psycopg.connect(database) as conn:
        row = conn.execute(
            "SELECT count(*) FROM pg_stat_activity "
            "WHERE datname = current_database() AND wait_event_type = 'Lock'"
        ).fetchone()
    return bool(row and row[0])


def test_whoever_waits_for_the_log_is_stamped_when_their_turn_comes(
    desk: Desk, database: str
) -> None:
    stamped = Event()

    def clock() -> datetime:
        stamped.set()
        return NOON + timedelta(seconds=1)

    other = new_desk(database)
    other.clock = clock
    with ThreadPoolExecutor(1) as pool:
        with desk.log.opened() as batch:
            assert batch.position == 0
            waiting = pool.submit(other.execute, register_appeal())
            wait_until(lambda: waits_for_a_lock(database), 10, "the other desk waits")
            assert not stamped.is_set()
        assert waiting.result(10).position == 1
    desk.execute(register_appeal())
    other.close()
    first, _ = recorded_by(desk)
    assert first.recorded_at == NOON + timedelta(seconds=1)
