"""Candidates for an appeal that is being registered, end to end over HTTP, in a large register.

The people and their appeals are made up (`tests/made_people`): each draft is one more appeal by
somebody who may have written before. The reader is a registrar, who sees every open case.
"""

import gc
import random
import time
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from datetime import UTC, datetime, timedelta
from itertools import islice
from multiprocessing import get_context

import httpx
import psycopg
from msgspec import Struct, json, to_builtins
from rich.progress import Progress

from api.composition import make_reader, make_tracking
from api.repeat_candidates import FOLLOWED
from application.orders import Order
from application.repeat_candidates import LookForRepeats
from domain.appeal import AppealKind, Channel, RegisterAppeal
from domain.applicant import Individual
from projections import READ_MODELS
from projections.builds import live_builds
from projections.runner import ReadModelConsumer
from tests.benchmarks.cluster import Cluster, in_process
from tests.benchmarks.figure import Bar, Figure
from tests.benchmarks.figures.rebuild import our_rebuild
from tests.benchmarks.load import percentile
from tests.benchmarks.options import Options
from tests.benchmarks.ours import desk, order, prepare
from tests.benchmarks.seed import BATCH_CASES
from tests.benchmarks.serving import OURS, serving
from tests.made_people import MadeAppeal, make_appeals

PATH = "/api/v1/repeats/candidates"
DRAFTS = 1_000
_WARM_UP = 100
_SEED = 31
_DESKS = 2
_DAYS = 700
_FURTHER = 12_000
"""Further registrations with which the read models of people and matters are timed."""
_STEP = 400
"""So many come in a step of the later runner at 1,000 a second."""
_FOLLOWING = ("people", "matters")


class Drafts(Struct, frozen=True):
    """What was asked: milliseconds of each answer, and how many candidates and pairs it had."""

    milliseconds: list[float]
    candidates: list[int]
    found: int
    could: int


def measure(cluster: Cluster, options: Options, progress: Progress) -> Figure:
    cases = max(options.cases)
    database = cluster.database(f"people_{cases}")
    prepare(database)
    drafts, known = _fill(database, cases, progress)
    in_process(our_rebuild, database, FOLLOWED)
    cluster.settle()
    with serving(cluster, OURS, database, "candidates") as (target, _):
        base = f"http://{target.host}:{target.port}"
        _asked(base, target.token, drafts[:_WARM_UP], known)
        asked = _asked(base, target.token, drafts[_WARM_UP:], known)
    followed = in_process(_follow, database)
    p50, p95, p99 = (percentile(asked.milliseconds, share) for share in (0.5, 0.95, 0.99))
    kept_up = 1e6 / followed
    return Figure(
        name=f"candidates for a draft, {cases:,} appeals",
        unit="ms at p95",
        ours=p95,
        bars=(
            Bar("ms at p95", p95, 20, at_most=True),
            Bar("ms at p99", p99, 50, at_most=True),
            Bar("registrations/s the read models keep up with", kept_up, 1_000),
        ),
        notes=[
            (
                f"p50 {p50:.1f} ms, of {len(asked.milliseconds):,} drafts; "
                f"{percentile(asked.candidates, 0.5):.0f} candidates at p50, "
                f"{percentile(asked.candidates, 0.95):.0f} at p95"
            ),
            (
                f"of {asked.could:,} drafts by somebody who had written before, "
                f"{asked.found:,} were told so"
            ),
            f"people and matters: {followed:.0f} µs a registration, folded and written",
        ],
        runs={"milliseconds": asked.milliseconds},
    )


def _fill(
    conninfo: str, cases: int, progress: Progress
) -> tuple[list[tuple[int, LookForRepeats]], set[int]]:
    """Register so many appeals; further ones as drafts, each with its person, and who is known.

    They are made up here and registered by the desks of other processes, a batch or two ahead.
    """
    made = make_appeals(cases + DRAFTS + _WARM_UP, _SEED)
    end = datetime.now(UTC)
    task = progress.add_task(f"a register of {cases:,} people's appeals", total=cases)
    known: set[int] = set()
    done = 0
    under_way: deque[Future[int]] = deque()
    gc.disable()
    with ProcessPoolExecutor(
        _DESKS, mp_context=get_context("spawn"), initializer=_take_desk, initargs=(conninfo,)
    ) as desks:
        for batch in _batches(islice(made, cases)):
            now = end - timedelta(days=_DAYS * (1 - done / cases))
            known.update(appeal.person_no for appeal in batch)
            under_way.append(desks.submit(_register, batch, now))
            if len(under_way) > 2 * _DESKS:
                progress.advance(task, under_way.popleft().result())
            done += len(batch)
        for batch_done in under_way:
            progress.advance(task, batch_done.result())
    gc.enable()
    progress.remove_task(task)
    return [(appeal.person_no, _draft(appeal)) for appeal in made], known


class _AtDesk:
    """The desk of this process, and its clock."""

    def __init__(self, conninfo: str) -> None:
        self.now = datetime.now(UTC)
        self.desk = desk(conninfo, lambda: self.now)


_TAKEN: list[_AtDesk] = []


def _take_desk(conninfo: str) -> None:
    gc.disable()
    _TAKEN.append(_AtDesk(conninfo))


def _register(appeals: list[MadeAppeal], now: datetime) -> int:
    (at,) = _TAKEN
    at.now = now
    for outcome in at.desk.execute_batch(list(_orders(appeals, now))):
        if isinstance(outcome, Exception):
            raise outcome
    return len(appeals)


def _batches(appeals: Iterator[MadeAppeal]) -> Iterator[list[MadeAppeal]]:
    while batch := list(islice(appeals, BATCH_CASES)):
        yield batch


def _orders(appeals: Iterable[MadeAppeal], now: datetime) -> Iterator[Order]:
    chance = random.Random(now.timestamp())
    for appeal in appeals:
        draft = _draft(appeal)
        yield order(
            RegisterAppeal(
                kind=AppealKind.COMPLAINT,
                channel=chance.choice((Channel.POST, Channel.RECEPTION, Channel.WEB_FORM)),
                applicant=draft.applicant,
                topic=draft.topic or "other",
                subject=draft.subject or "-",
                text=draft.text,
                region=draft.region,
                received_at=now - timedelta(minutes=chance.randrange(300)),
            )
        )


def _draft(appeal: MadeAppeal) -> LookForRepeats:
    return LookForRepeats(
        applicant=Individual(person=appeal.applicant.person()),
        topic=appeal.topic or None,
        subject=appeal.subject or None,
        text=appeal.text or None,
        region=appeal.region or None,
    )


def _asked(
    base: str, token: str, drafts: list[tuple[int, LookForRepeats]], known: set[int]
) -> Drafts:
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    milliseconds, candidates, found, could = [], [], 0, 0
    with httpx.Client(base_url=base, headers=headers, timeout=30) as client:
        for person, draft in drafts:
            body = json.encode(to_builtins(draft))
            started = time.perf_counter()
            answer = client.post(PATH, content=body)
            milliseconds.append((time.perf_counter() - started) * 1000)
            if answer.status_code != httpx.codes.OK:
                raise RuntimeError(f"refused: {answer.text}")
            told = answer.json()["candidates"]
            candidates.append(len(told))
            if person in known:
                could += 1
                found += any(
                    each["person"] and each["person"]["alike"]["probable"] for each in told
                )
    return Drafts(milliseconds, candidates, found, could)


def _follow(conninfo: str) -> float:
    """Microseconds a registration takes the read models of people and matters, in steps."""
    taker = desk(conninfo)
    reader, tracking = make_reader(taker), make_tracking(conninfo)
    with psycopg.connect(conninfo) as conn:
        builds = live_builds(conn)
        (head,) = conn.execute("SELECT position FROM karguzar.log_head").fetchone() or (0,)
    consumers = [
        ReadModelConsumer(model.bound(reader.blinding), builds[model.name], tracking)
        for model in READ_MODELS
        if model.name in _FOLLOWING
    ]
    now = datetime.now(UTC)
    for batch in _batches(make_appeals(_FURTHER, _SEED + 1)):
        taker.execute_batch(list(_orders(batch, now)))
    spent, after = 0.0, int(head)
    while events := reader.tail(after, _STEP):
        started = time.perf_counter()
        for consumer in consumers:
            consumer.take(events)
        spent += time.perf_counter() - started
        after = events[-1].position
    taker.close()
    tracking.datastore.close()
    return spent / float(after - head) * 1e6
