import asyncio
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

import psycopg
import pytest
from msgspec.structs import replace
from psycopg.sql import SQL, Identifier
from psycopg_pool import AsyncConnectionPool

from api.composition import open_reader
from application.desk import Desk
from domain.envelope import Recorded
from infra.eventstore import TrackingRecorder
from projections import READ_MODELS, filling, positions
from projections.builds import (
    begin_build,
    drop_unused,
    ensure_builds,
    go_live,
    live_builds,
)
from projections.filling import Hands
from projections.readmodel import ReadModel, Rows
from projections.rebuild import CountsDiffer, RebuildUnderWay, rebuild
from projections.runner import ReadModelConsumer
from tests.desks import MASTER_KEY
from tests.orders import add_note, register_appeal
from tests.projections.histories import seeded
from tests.projections.logs import (
    append,
    bound,
    interleaved,
    reader_of,
    rows_of,
    run_out,
    runner_for,
    stored_rows,
    tracking_in,
)

REGISTER = next(model for model in READ_MODELS if model.name == "register")
THREADS = next(model for model in READ_MODELS if model.name == "threads")


@pytest.fixture
def tracking(database: str) -> Iterator[TrackingRecorder]:
    tracking = tracking_in(database)
    yield tracking
    tracking.datastore.close()


@pytest.mark.parametrize("seed", range(3))
def test_following_live_and_rebuilding_give_the_same_rows(
    desk: Desk, database: str, tracking: TrackingRecorder, seed: int
) -> None:
    rng = seeded(seed)
    log = interleaved(rng, cases=16, events=40)
    runner = runner_for(desk, database, tracking, READ_MODELS)
    while log:
        cut = rng.randint(1, 60)
        append(desk, log[:cut])
        log = log[cut:]
        runner.step()
    run_out(runner)
    live = {model.name: rows_of(database, model) for model in READ_MODELS}
    stored = {model.name: stored_rows(database, model) for model in READ_MODELS}

    with psycopg.connect(database, autocommit=True) as conn:
        rebuilt = rebuild(conn, reader_of(desk), tracking, READ_MODELS)

    assert {r.read_model: r.rows for r in rebuilt} == {n: len(rows) for n, rows in stored.items()}
    assert {model.name: rows_of(database, model) for model in READ_MODELS} == live
    assert {model.name: stored_rows(database, model) for model in READ_MODELS} == stored


def test_a_batch_taken_twice_is_taken_once(
    desk: Desk, database: str, tracking: TrackingRecorder
) -> None:
    append(desk, interleaved(seeded(4), cases=8, events=30))
    runner = runner_for(desk, database, tracking, READ_MODELS)
    run_out(runner)
    once = {model.name: rows_of(database, model) for model in READ_MODELS}
    append(desk, interleaved(seeded(5), cases=1, events=1))
    with psycopg.connect(database) as conn:
        builds = live_builds(conn)
    for model in bound(desk, READ_MODELS):
        consumer = ReadModelConsumer(model, builds[model.name], tracking)
        consumer.take(reader_of(desk).tail(10))
    case = reader_of(desk).tail(0)[-1].originator_id
    for model in READ_MODELS:
        assert [row for row in rows_of(database, model) if row[0] != case] == once[model.name]


def test_a_rebuild_while_the_register_is_written_loses_nothing(
    desk: Desk, database: str, tracking: TrackingRecorder
) -> None:
    log = interleaved(seeded(6), cases=60, events=30)
    append(desk, log[:600])
    runner = runner_for(desk, database, tracking, READ_MODELS)
    run_out(runner)
    stopping = threading.Event()

    def write() -> None:
        for start in range(600, len(log), 10):
            append(desk, log[start : start + 10])
            time.sleep(0.005)

    writer = threading.Thread(target=write)
    follower = threading.Thread(target=runner.run, args=(database, stopping.is_set))
    writer.start()
    follower.start()
    try:
        with psycopg.connect(database, autocommit=True) as conn:
            before = live_builds(conn)
            rebuild(conn, reader_of(desk), tracking, READ_MODELS)
            after = live_builds(conn)
        writer.join()
        with psycopg.connect(database, autocommit=True) as conn:
            _until_all_are_at(conn, len(log))
    finally:
        stopping.set()
        writer.join()
        follower.join()

    assert all(after[name] > before[name] for name in before)
    for model in bound(desk, READ_MODELS):
        assert rows_of(database, model) == _folded(model, reader_of(desk).tail(0, 10_000))
    with psycopg.connect(database) as conn:
        assert conn.execute("SELECT * FROM karguzar.stopped_consumers").fetchall() == []
        tables = conn.execute(
            "SELECT count(*) FROM pg_tables WHERE schemaname = 'read_models'"
        ).fetchone()
    with_sums = sum(model.sums is not None for model in READ_MODELS)
    assert tables == (len(READ_MODELS) + with_sums,)


def test_a_retired_build_is_dropped_only_behind_a_runner_that_still_writes_it(
    desk: Desk, database: str, tracking: TrackingRecorder
) -> None:
    append(desk, interleaved(seeded(7), cases=4, events=20))
    run_out(runner_for(desk, database, tracking, [REGISTER]))
    with (
        psycopg.connect(database, autocommit=True) as conn,
        psycopg.connect(database) as late,
        ThreadPoolExecutor(1) as other,
    ):
        retired = REGISTER.table_of(live_builds(conn)[REGISTER.name])
        late.execute(
            "UPDATE karguzar.register_tracking SET notification_id = notification_id "
            "WHERE application_name = %s",
            (retired,),
        )
        go_live(conn, REGISTER, begin_build(conn, REGISTER, indexed=True))
        dropped = other.submit(drop_unused, conn, REGISTER)
        _until_somebody_waits(late)
        late.execute(SQL("DELETE FROM read_models.{}").format(Identifier(retired)))
        assert not dropped.done()
        late.commit()
        dropped.result(timeout=20)
        assert late.execute("SELECT to_regclass(%s)", (f"read_models.{retired}",)).fetchone() == (
            None,
        )


def _until_somebody_waits(conn: psycopg.Connection[Any]) -> None:
    end = time.monotonic() + 20
    while time.monotonic() < end:
        found = conn.execute("SELECT count(*) FROM pg_locks WHERE NOT granted").fetchone()
        if found != (0,):
            return
        time.sleep(0.01)
    msg = "nobody waits for a lock"
    raise AssertionError(msg)


def _until_all_are_at(conn: psycopg.Connection[Any], position: int) -> None:
    end = time.monotonic() + 20
    while time.monotonic() < end:
        found = conn.execute(
            "SELECT count(*) FROM karguzar.register_tracking t JOIN karguzar.read_model_builds b "
            "ON t.application_name = b.name || '_' || b.build "
            "WHERE b.stage = 'live' AND t.notification_id = %s",
            (position,),
        ).fetchone()
        if found == (len(READ_MODELS),):
            return
        time.sleep(0.02)
    raise AssertionError("the read models did not get there in time")


def _folded(model: ReadModel, log: list[Recorded]) -> list[tuple[Any, ...]]:
    cases: dict[Any, Rows] = {}
    for recorded in log:
        model.fold(cases.setdefault(recorded.originator_id, {}), recorded)
    rows = {key: row for case in cases.values() for key, row in case.items()}
    return [tuple(getattr(rows[key], c) for c in model.columns) for key in sorted(rows)]


class Refusing:
    """A fold that can't take notes until it is told that it can."""

    def __init__(self, model: ReadModel) -> None:
        self._fold = model.fold
        self.model = replace(model, fold=self)
        self.mended = False

    def __call__(self, rows: Rows, recorded: Recorded) -> None:
        if type(recorded.event).__name__ == "NoteAdded" and not self.mended:
            raise ZeroDivisionError
        self._fold(rows, recorded)


def test_several_processes_rebuild_the_same_rows_as_one(
    desk: Desk, database: str, tracking: TrackingRecorder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(filling, "_STRETCH", 3)
    cases = [desk.execute(register_appeal()).id for _ in range(12)]
    desk.execute_batch([add_note(case) for case in cases])
    runner_for(desk, database, tracking, READ_MODELS)  # makes the first builds
    done: list[int] = []
    built = {}
    for hands in (None, Hands(1, partial(open_reader, database, MASTER_KEY))):
        with psycopg.connect(database, autocommit=True) as conn:
            rebuilt = rebuild(
                conn,
                reader_of(desk),
                tracking,
                READ_MODELS,
                progress=lambda events, _: done.append(events),
                hands=hands,
            )
        assert {one.events for one in rebuilt} == {24}
        built[hands is None] = {model.name: rows_of(database, model) for model in READ_MODELS}
    assert done[-1] == 24
    assert built[True] == built[False]
    assert len(built[True]["register"]) == 12


def test_a_failing_event_stops_only_its_read_model_visibly_and_is_tried_again(
    desk: Desk, database: str, tracking: TrackingRecorder, monkeypatch: pytest.MonkeyPatch
) -> None:
    failing = Refusing(REGISTER)
    runner = runner_for(desk, database, tracking, (failing.model, THREADS))
    monkeypatch.setattr(time, "monotonic", lambda: 1e6)
    case = desk.execute(register_appeal()).id
    desk.execute(add_note(case))
    desk.execute(register_appeal())
    run_out(runner)

    shown = {p.name: p for p in asyncio.run(_positions(database))}
    assert (shown["threads"].position, shown["threads"].stopped) == (3, None)
    assert (shown["register"].position, shown["register"].behind) == (1, 2)
    stopped = shown["register"].stopped
    assert stopped
    assert (stopped.error, stopped.tries) == ("ZeroDivisionError", 1)

    failing.mended = True
    run_out(runner)
    assert len(rows_of(database, REGISTER)) == 1, "it waits before it tries again"
    another = runner_for(desk, database, tracking, (failing.model, THREADS))
    monkeypatch.setattr(time, "monotonic", lambda: 1e9)
    run_out(another)

    shown = {p.name: p for p in asyncio.run(_positions(database))}
    assert (shown["register"].position, shown["register"].stopped) == (3, None)
    assert len(rows_of(database, REGISTER)) == 2


def test_a_row_that_the_table_refuses_is_a_failing_event_too(
    desk: Desk, database: str, tracking: TrackingRecorder
) -> None:
    def fold(rows: Rows, recorded: Recorded) -> None:
        REGISTER.fold(rows, recorded)
        for row in rows.values():
            row.number = None

    runner = runner_for(desk, database, tracking, (replace(REGISTER, fold=fold),))
    desk.execute(register_appeal())
    run_out(runner)
    outbox, policies, shown = asyncio.run(_positions(database))
    assert (outbox.name, policies.name) == ("outbox", "policies")
    assert shown.stopped


def test_a_rebuild_with_other_counts_leaves_the_live_build(
    desk: Desk, database: str, tracking: TrackingRecorder
) -> None:
    desk.execute(register_appeal())
    run_out(runner_for(desk, database, tracking, (REGISTER,)))
    forgetful = replace(REGISTER, fold=lambda _rows, _recorded: None)
    with psycopg.connect(database, autocommit=True) as conn:
        before = live_builds(conn)
        with pytest.raises(CountsDiffer):
            rebuild(conn, reader_of(desk), tracking, (forgetful,))
        assert live_builds(conn) == before
        builds = conn.execute("SELECT count(*) FROM karguzar.read_model_builds").fetchone()
    assert builds == (1,)
    assert len(rows_of(database, REGISTER)) == 1


def test_a_rebuild_goes_on_where_the_runner_is_behind(
    desk: Desk, database: str, tracking: TrackingRecorder
) -> None:
    desk.execute(register_appeal())
    run_out(runner_for(desk, database, tracking, (REGISTER,)))
    desk.execute(register_appeal())
    with psycopg.connect(database, autocommit=True) as conn:
        (done,) = rebuild(conn, reader_of(desk), tracking, (REGISTER,))
    assert (done.rows_before, done.rows) == (2, 2)


def test_one_rebuild_at_a_time(desk: Desk, database: str, tracking: TrackingRecorder) -> None:
    with (
        psycopg.connect(database, autocommit=True) as conn,
        psycopg.connect(database, autocommit=True) as other,
    ):
        ensure_builds(conn, (REGISTER,))
        desk.execute(register_appeal())

        def meanwhile(_done: int, _total: int) -> None:
            with pytest.raises(RebuildUnderWay):
                rebuild(other, reader_of(desk), tracking, (REGISTER,))

        rebuild(conn, reader_of(desk), tracking, (REGISTER,), progress=meanwhile)


def test_a_build_of_an_older_version_is_read_and_not_followed(
    desk: Desk, database: str, tracking: TrackingRecorder
) -> None:
    desk.execute(register_appeal())
    run_out(runner_for(desk, database, tracking, (REGISTER,)))
    newer = replace(REGISTER, version=REGISTER.version + 1)
    desk.execute(register_appeal())
    with psycopg.connect(database, autocommit=True) as conn:
        assert ensure_builds(conn, (newer,)) == ["register"]
    run_out(runner_for(desk, database, tracking, (newer,)))
    assert len(rows_of(database, REGISTER)) == 1
    with psycopg.connect(database, autocommit=True) as conn:
        rebuild(conn, reader_of(desk), tracking, (newer,))
        assert ensure_builds(conn, (newer,)) == []
    assert len(rows_of(database, newer)) == 2


def test_waiting_ends_when_the_position_is_reached_or_the_time_is_up(
    desk: Desk, database: str, tracking: TrackingRecorder
) -> None:
    runner = runner_for(desk, database, tracking, (REGISTER, THREADS))
    receipt = desk.execute(register_appeal())
    assert receipt.events == ("appeal-registered",)

    async def wait() -> None:
        async with AsyncConnectionPool(database, min_size=1, open=False) as pool:
            with pytest.raises(positions.ReadModelBehind):
                await positions.wait_for(pool, receipt.position, ["register"], 0.03)
            waiting = asyncio.create_task(
                positions.wait_for(pool, receipt.position, ["register", "threads"], 10)
            )
            await asyncio.to_thread(run_out, runner)
            await waiting

    asyncio.run(wait())


async def _positions(database: str) -> list[positions.ReadModelPosition]:
    async with await psycopg.AsyncConnection.connect(database) as conn:
        return await positions.positions(conn)
