"""Read models in groups, each followed by a runner of its own."""

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

import pytest

from api.system import too_far_behind
from application.desk import Desk
from domain.envelope import Recorded
from infra.eventstore import TrackingRecorder
from projections import READ_MODELS
from projections.groups import PACES, Group
from projections.positions import ReadModelPosition
from projections.runner import Runner
from tests.orders import register_appeal
from tests.projections.logs import reader_of, tracking_in

WAITED_FOR = {"register", "work", "due_dates", "threads", "moves", "parties"}


class Noting:
    """A consumer that keeps the positions it was given."""

    def __init__(self, name: str, tracking: TrackingRecorder) -> None:
        self.name = name
        self.taken: list[int] = []
        self._tracking = tracking

    def take(self, batch: Sequence[Recorded]) -> None:
        with self._tracking.datastore.transaction(commit=True) as cursor:
            self._tracking.advance(cursor, self.name, batch[-1].position)
        self.taken += [recorded.position for recorded in batch]


@pytest.fixture
def tracking(database: str) -> Iterator[TrackingRecorder]:
    tracking = tracking_in(database)
    yield tracking
    tracking.datastore.close()


@contextmanager
def running(runner: Runner, database: str) -> Iterator[None]:
    stopping = threading.Event()
    thread = threading.Thread(target=runner.run, args=(database, stopping.is_set))
    thread.start()
    try:
        _until(lambda: runner.leads)
        yield
    finally:
        stopping.set()
        thread.join()


def _until(holds: Callable[[], bool]) -> None:
    end = time.monotonic() + 20
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.01)


def test_whatever_is_read_right_after_a_command_is_followed_near() -> None:
    groups = {model.name: model.group for model in READ_MODELS}
    assert {groups[name] for name in WAITED_FOR} == {Group.NEAR}
    assert groups["trail"] is Group.LATER


@pytest.mark.parametrize(
    ("name", "behind", "too_far"),
    [
        ("register", 10_000, False),
        ("register", 10_001, True),
        ("policies", 10_001, True),
        ("trail", 10_001, False),
        ("trail", 100_001, True),
    ],
)
def test_the_later_ones_may_be_further_behind_before_the_server_is_not_ready(
    name: str, behind: int, *, too_far: bool
) -> None:
    position = ReadModelPosition(
        name=name,
        version=1,
        build=1,
        position=1,
        head=1 + behind,
        behind=behind,
        stopped=None,
        rebuilding=False,
    )
    assert too_far_behind(position) is too_far


def test_two_groups_are_led_at_the_same_time_and_a_second_runner_of_one_waits(
    desk: Desk, database: str, tracking: TrackingRecorder
) -> None:
    assert len({pace.lock for pace in PACES.values()}) == len(Group)
    near, later, spare = (
        Runner(reader_of(desk), tracking, list, group)
        for group in (Group.NEAR, Group.LATER, Group.LATER)
    )
    stopping = threading.Event()
    thread = threading.Thread(target=spare.run, args=(database, stopping.is_set))
    with running(near, database):
        with running(later, database):
            thread.start()
            time.sleep(0.5)
            assert (near.leads, later.leads, spare.leads) == (True, True, False)
        _until(lambda: spare.leads)
        stopping.set()
        thread.join()


def test_what_moves_to_another_group_is_followed_by_one_runner_at_a_time(
    desk: Desk, database: str, tracking: TrackingRecorder
) -> None:
    of_before, of_now, other = (Noting(name, tracking) for name in ("moved", "moved", "stays"))
    before = Runner(reader_of(desk), tracking, lambda: [of_before], Group.NEAR)
    now = Runner(reader_of(desk), tracking, lambda: [of_now, other], Group.LATER)
    desk.execute(register_appeal())
    with running(now, database):
        _until(lambda: of_now.taken == other.taken == [1])
        with running(before, database):
            desk.execute_batch([register_appeal() for _ in range(5)])
            _until(lambda: of_now.taken == other.taken == [*range(1, 7)])
            assert of_before.taken == []
    with running(before, database):
        desk.execute(register_appeal())
        _until(lambda: of_before.taken == [7])
