"""Returns counted and listed, against examples worked by hand and a count one by one."""

from collections import Counter, defaultdict
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from random import Random
from typing import Any
from uuid import UUID

import pytest
from msgspec.structs import replace

from domain.appeal import AppealMerged, AppealReopened
from domain.repeat import RepeatConfirmed
from domain.survival import Watched, kaplan_meier
from projections import READ_MODELS, answers, register
from projections.cause_effect import MattersOf, count_window
from projections.readmodel import Rows
from projections.repeat_matters import (
    MatterBy,
    MattersAsked,
    Repeats,
    Span,
    count_matters,
    largest_groups,
    list_repeats,
)
from projections.returns import (
    AnswerFilter,
    Asked,
    By,
    Figure,
    Group,
    Returned,
    count_returns,
    list_returns,
)
from projections.time_to_return import watched_answers
from tests.desks import migrated_database, new_desk
from tests.projections.histories import seeded
from tests.projections.logs import Answer, answered, append, run_out, runner_for, tracking_in
from tests.projections.repeat_log import RepeatLog, case

NEEDED = {"answers", "repeat_links", "register"}
MODELS = tuple(model for model in READ_MODELS if model.name in NEEDED)
ALL: tuple[str, dict[str, Any]] = ("true", {})
OPEN_ONLY: tuple[str, dict[str, Any]] = ("NOT confidential", {})
ON = date(2026, 6, 30)


class Asking:
    """A log in a database, and the questions put to it."""

    def __init__(self, database: str, head: int) -> None:
        self.database = database
        self.asked = Asked(
            at=head,
            on=ON,
            since=date(2026, 1, 1),
            until=ON,
            within=30,
            zone="Asia/Baku",
            sight=ALL,
        )

    def counted(self, *by: By, **changes: Any) -> dict[Group, dict[Figure, int]]:
        asked = replace(self.asked, **changes)
        return self.ask(lambda conn: count_returns(conn, asked, by)).groups

    def without_answer(self) -> int:
        return self.ask(lambda conn: count_returns(conn, self.asked, ())).without_answer

    def listed(self, figure: Figure, limit: int = 2, **changes: Any) -> list[Returned]:
        asked = replace(self.asked, **changes)
        rows: list[Returned] = []
        cursor: str | None = None
        while True:
            at = cursor
            page = self.ask(
                lambda conn: list_returns(conn, asked, figure, cursor=at, limit=limit)  # noqa: B023
            )
            rows += page.rows
            cursor = page.cursor
            if cursor is None:
                return rows

    def matters(self, **changes: Any) -> MattersAsked:
        given: dict[str, Any] = {
            "at": self.asked.at,
            "on": ON,
            "period": Span(date(2026, 4, 1), ON),
            "before": Span(date(2026, 1, 1), date(2026, 3, 31)),
            "zone": "Asia/Baku",
            "sight": ALL,
        }
        return MattersAsked(**given | changes)

    def ask(self, question: Callable[[Any], Awaitable[Answer]]) -> Answer:
        return answered(self.database, question)


@contextmanager
def asking(postgres: str, log: RepeatLog) -> Iterator[Asking]:
    with migrated_database(postgres) as database:
        desk = new_desk(database)
        append(desk, log.events)
        tracking = tracking_in(database)
        run_out(runner_for(desk, database, tracking, MODELS))
        tracking.datastore.close()
        desk.close()
        yield Asking(database, log.head)


def twelve_appeals() -> RepeatLog:
    """Three units. 3 repeats 1 after the answer to 2; 10 and 12 came late or too soon to tell."""
    log = RepeatLog()
    year = 2026
    log.appeal(1, date(year, 1, 5), "pensions", "pension")
    log.answered(1, date(year, 1, 20))
    log.appeal(2, date(year, 2, 20), "pensions", "pension")
    log.repeat(2, 1)
    log.answered(2, date(year, 3, 10))
    log.appeal(3, date(year, 3, 20), "pensions", "pension")
    log.repeat(3, 1)
    log.answered(3, date(year, 4, 1), late=True)
    log.appeal(4, date(year, 3, 1), "pensions", "benefit")
    log.answered(4, date(year, 3, 15))
    log.appeal(5, date(year, 1, 10), "housing", "roof")
    log.answered(5, date(year, 1, 25))
    log.appeal(6, date(year, 2, 4), "housing", "roof")
    log.repeat(6, 5)
    log.answered(6, date(year, 2, 20))
    log.appeal(7, date(year, 6, 1), "housing", "roof")
    log.answered(7, date(year, 6, 15), late=True)
    log.appeal(8, date(year, 3, 1), "housing", "roof")
    log.answered(8, date(year, 3, 20))
    log.reopened(8, date(year, 4, 5), "housing")
    log.answered(8, date(year, 4, 20))
    log.appeal(11, date(year, 2, 1), "labour", "job")
    log.left_unconsidered(11, date(year, 2, 10))
    log.appeal(12, date(year, 4, 11), "labour", "job")
    log.repeat(12, 11)
    log.answered(12, date(year, 4, 25))
    log.appeal(9, date(year, 5, 1), "labour", "job")
    log.answered(9, date(year, 5, 20))
    log.appeal(10, date(year, 6, 10), "labour", "job")
    log.repeat(10, 9)
    return log


@pytest.fixture(scope="module")
def worked(postgres: str) -> Iterator[Asking]:
    with asking(postgres, twelve_appeals()) as asked:
        yield asked


def figures(*counts: int) -> dict[Figure, int]:
    return dict(zip(Figure, counts, strict=True))


def test_each_units_figures_are_those_worked_by_hand(worked: Asking) -> None:
    assert worked.counted(By.UNIT) == {
        ("pensions",): figures(4, 4, 1, 2, 3, 3, 1, 2, 2, 0),
        ("housing",): figures(4, 3, 1, 1, 3, 3, 1, 2, 0, 1),
        ("labour",): figures(3, 3, 1, 2, 3, 3, 1, 2, 1, 0),
    }
    assert worked.counted() == {(): figures(11, 10, 3, 5, 9, 9, 3, 6, 3, 1)}


def test_kinds_of_answer_and_their_grounds_are_told_apart(worked: Asking) -> None:
    counted = worked.counted(By.ANSWER, By.GROUND)
    assert {group: each[Figure.ANSWERS] for group, each in counted.items()} == {
        ("reply", None): 10,
        ("unconsidered", "insufficient-data"): 1,
    }
    signed = worked.counted(By.SIGNATORY)
    assert signed[("director",)][Figure.ANSWERS] == 10
    assert signed[("clerk",)][Figure.ANSWERS] == 1


def test_every_figure_lists_the_answers_it_counts(worked: Asking) -> None:
    (counts,) = worked.counted().values()
    for figure in Figure:
        rows = worked.listed(figure)
        assert len(rows) == counts[figure], figure
        assert len({row.position for row in rows}) == len(rows)
        days = [row.answered_on for row in rows]
        assert days == sorted(days, reverse=True)


def test_an_answer_tells_who_came_back_and_after_how_many_days(worked: Asking) -> None:
    rows = worked.listed(Figure.RETURNED_SO_FAR)
    assert {(row.case_id, row.back, row.days, row.returns) for row in rows} == {
        (case(1), case(2), 31, 1),
        (case(2), case(3), 10, 1),
        (case(5), case(6), 10, 1),
        (case(9), case(10), 21, 1),
        (case(11), case(12), 60, 1),
    }
    assert {(row.number, row.back_number) for row in rows} >= {("A-1/2026", "A-2/2026")}


def test_censored_answers_stay_at_risk_until_they_are_last_seen(worked: Asking) -> None:
    watched = worked.ask(lambda conn: watched_answers(conn, worked.asked, None))
    points = kaplan_meier(watched[()])
    assert [(p.day, p.at_risk, p.back, p.censored) for p in points] == [
        (10, 12, 2, 0),
        (15, 10, 0, 1),
        (16, 9, 0, 1),
        (21, 8, 1, 0),
        (31, 7, 1, 0),
        (60, 6, 1, 0),
        (66, 5, 0, 1),
        (71, 4, 0, 1),
        (90, 3, 0, 1),
        (107, 2, 0, 1),
        (130, 1, 0, 1),
    ]
    away = {point.day: point.away for point in points}
    assert away[10] == pytest.approx(10 / 12)
    assert away[21] == pytest.approx(10 / 12 * 7 / 8)
    assert away[60] == pytest.approx(10 / 12 * 7 / 8 * 6 / 7 * 5 / 6)
    standing = worked.ask(lambda conn: watched_answers(conn, worked.asked, None, aside=False))
    (counts,) = worked.counted().values()
    watched_standing = sum(each.back + each.censored for each in standing[()].values())
    assert watched_standing == counts[Figure.ANSWERS] == 11
    by_unit = worked.ask(lambda conn: watched_answers(conn, worked.asked, By.UNIT))
    assert by_unit[("pensions",)] == {
        10: Watched(1, 0),
        31: Watched(1, 0),
        90: Watched(0, 1),
        107: Watched(0, 1),
    }


def test_before_a_link_was_recorded_nothing_was_known_of_the_return(worked: Asking) -> None:
    before = worked.asked.at - 1
    assert worked.counted(By.UNIT, at=before)[("labour",)][Figure.RETURNED] == 0
    assert worked.counted(By.UNIT, on=date(2026, 6, 9))[("labour",)][Figure.RETURNED_SO_FAR] == 1


def test_the_matters_that_bring_most_back_are_compared_with_the_period_before(
    worked: Asking,
) -> None:
    asked = worked.matters()
    assert worked.ask(lambda conn: count_matters(conn, asked, MatterBy.TOPIC)) == {
        ("pension",): Repeats(0, 2),
        ("roof",): Repeats(0, 1),
        ("job",): Repeats(2, 0),
    }
    page = worked.ask(lambda conn: list_repeats(conn, asked, cursor=None, limit=1))
    assert [row.case_id for row in page.rows] == [case(10)]
    page = worked.ask(lambda conn: list_repeats(conn, asked, cursor=page.cursor, limit=1))
    assert ([row.case_id for row in page.rows], page.cursor) == ([case(12)], None)


def test_the_groups_that_come_back_most_are_named_by_their_first_appeal(worked: Asking) -> None:
    asked = worked.matters(period=Span(date(2026, 1, 1), ON))
    groups = worked.ask(lambda conn: largest_groups(conn, asked, 1))
    assert [(each.appeal, each.number, each.repeats) for each in groups] == [
        (case(1), "A-1/2026", 2)
    ]


def test_a_cause_sees_the_appeals_and_repeats_of_its_own_matters_alone(worked: Asking) -> None:
    def window(matters: MattersOf, since: date) -> Any:
        return worked.ask(
            lambda conn: count_window(
                conn, matters, since, ON, at=worked.asked.at, zone="Asia/Baku", sight=ALL
            )
        )

    job = window(MattersOf(["job"], []), date(2026, 4, 11))
    assert (job.received, job.repeats) == (3, 2)
    assert window(MattersOf(["job"], ["housing"]), date(2026, 1, 1)).received == 0
    assert window(MattersOf(["pension", "benefit"], ["pensions"]), date(2026, 1, 1)).received == 4


def test_a_topic_corrected_later_counts_as_it_was_known(postgres: str) -> None:
    log = twelve_appeals()
    log.corrected(4, "topic", "pension")
    log.corrected(7, "received_at", "2026-06-02T06:00:00Z")
    with asking(postgres, log) as asked:
        now = asked.counted(By.TOPIC)
        assert ("benefit",) not in now
        assert now[("pension",)][Figure.ANSWERS] == 4
        known = asked.counted(By.TOPIC, at=asked.asked.at - 2)
        assert known[("benefit",)][Figure.ANSWERS] == 1
        assert asked.counted(By.TOPIC, wanted=AnswerFilter(topic="pension")) == {
            ("pension",): now[("pension",)]
        }


def test_what_the_reader_may_not_see_is_no_return(postgres: str) -> None:
    log = twelve_appeals()
    log.corrected(2, "confidential", "true")
    with asking(postgres, log) as asked:
        seen = asked.counted(By.UNIT, sight=OPEN_ONLY)[("pensions",)]
        # 3 is a repeat of 1, and the answer to 2 is out of sight: 59 days.
        assert seen == figures(3, 3, 0, 1, 2, 2, 0, 2, 2, 0)
        rows = asked.listed(Figure.RETURNED_SO_FAR, sight=OPEN_ONLY)
        assert {row.back for row in rows} == {case(3), case(6), case(10), case(12)}
        before = asked.counted(By.UNIT, sight=OPEN_ONLY, at=asked.asked.at - 1)
        assert before == asked.counted(By.UNIT, sight=OPEN_ONLY)


def test_a_repeat_of_what_was_never_answered_is_tied_to_no_answer(postgres: str) -> None:
    log = RepeatLog()
    log.appeal(1, date(2026, 1, 5), "pensions", "pension")
    log.appeal(2, date(2026, 3, 1), "pensions", "pension")
    log.repeat(2, 1)
    log.answered(1, date(2026, 3, 1))
    log.appeal(3, date(2026, 3, 9), "pensions", "pension")
    log.merged(3, 2)
    log.appeal(4, date(2026, 4, 9), "pensions", "pension")
    log.repeat(4, 3)
    with asking(postgres, log) as asked:
        assert asked.without_answer() == 1
        (row,) = asked.listed(Figure.RETURNED_SO_FAR)
        assert (row.case_id, row.back, row.days) == (case(1), case(4), 39)


def test_a_repeat_that_is_merged_is_neither_a_return_nor_a_repeat(postgres: str) -> None:
    log = RepeatLog()
    log.appeal(1, date(2026, 1, 5), "pensions", "pension")
    log.answered(1, date(2026, 1, 20))
    log.appeal(2, date(2026, 3, 1), "pensions", "pension")
    log.repeat(2, 1)
    log.appeal(3, date(2026, 3, 9), "pensions", "pension")
    log.repeat(3, 2)
    confirmed = log.head
    log.merged(3, 2)
    merged = log.head
    log.reopened(3, date(2026, 3, 20), "pensions")
    with asking(postgres, log) as asked:
        for at, repeats in ((confirmed, 2), (merged, 1), (log.head, 2)):
            known = replace(asked.asked, at=at)
            page = asked.ask(lambda conn: list_returns(conn, known, Figure.RETURNED_SO_FAR))  # noqa: B023
            (row,) = page.rows
            assert (row.back, row.returns) == (case(2), repeats)
            matters = asked.matters(at=at, period=Span(date(2026, 1, 1), ON))
            counted = asked.ask(lambda conn: count_matters(conn, matters, MatterBy.TOPIC))  # noqa: B023
            assert counted[("pension",)].repeats == repeats
            window = asked.ask(
                lambda conn: count_window(
                    conn,
                    MattersOf(["pension"], []),
                    date(2026, 1, 1),
                    ON,
                    at=at,  # noqa: B023
                    zone="Asia/Baku",
                    sight=ALL,
                )
            )
            assert (window.received, window.repeats) == (3, repeats)


def test_the_register_tells_no_merged_appeal_for_a_repeat() -> None:
    log = RepeatLog()
    log.appeal(1, date(2026, 1, 5), "pensions", "pension")
    log.appeal(2, date(2026, 1, 9), "pensions", "pension")
    log.repeat(2, 1)
    log.merged(2, 1)
    log.reopened(2, date(2026, 1, 20), "pensions")
    rows: Rows = {}
    told = []
    for recorded in log.events:
        register.fold(rows, recorded)
        if type(recorded.event) in {RepeatConfirmed, AppealMerged, AppealReopened}:
            told.append(rows[case(2),].repeat)
    assert told == [True, False, True]


def test_an_appeal_left_without_notice_was_answered_on_the_day_of_the_department() -> None:
    log = RepeatLog()
    log.appeal(1, date(2026, 1, 5), "pensions", "pension")
    log.left_unconsidered(1, None, left_on=date(2026, 7, 2))
    rows: Rows = {}
    for recorded in log.events:
        answers.fold(rows, recorded)
    (row,) = [row for row in rows.values() if row.until_position is None]
    assert log.events[-1].recorded_at.date() == date(2026, 7, 1)
    assert row.answered_on == date(2026, 7, 2)


def test_repeats_are_counted_for_the_unit_that_had_them_then(postgres: str) -> None:
    log = RepeatLog()
    log.appeal(1, date(2026, 4, 5), "pensions", "pension")
    log.appeal(2, date(2026, 4, 9), "pensions", "pension")
    log.repeat(2, 1)
    of_pensions = log.head
    log.assigned(2, "housing")
    of_housing = log.head
    log.answered(2, date(2026, 4, 20))
    with asking(postgres, log) as asked:
        for at, unit in (
            (of_pensions, "pensions"),
            (of_housing, "housing"),
            (log.head, "housing"),
        ):
            matters = asked.matters(at=at)
            counted = asked.ask(lambda conn: count_matters(conn, matters, MatterBy.UNIT))  # noqa: B023
            assert counted == {(unit,): Repeats(1, 0)}, at


def random_log(rng: Random) -> tuple[RepeatLog, list[tuple[int, int]]]:
    """Appeals in the order of their days, answered or begun anew, with links that come and go."""
    log, links = RepeatLog(), []
    answered: list[int] = []
    for name in range(1, 16):
        day = date(2026, 1, 1) + timedelta(days=name * 10 + rng.randrange(8))
        unit, topic = rng.choice(("pensions", "housing")), rng.choice(("a", "b"))
        log.appeal(name, day, unit, topic)
        if name > 1 and rng.random() < 0.6:
            links.append((name, rng.randrange(1, name)))
            log.repeat(*links[-1])
        if rng.random() < 0.3:
            log.assigned(name, rng.choice(("pensions", "housing")))
        if rng.random() < 0.8:
            log.answered(name, day + timedelta(days=rng.randrange(1, 25)), late=rng.random() < 0.3)
            answered.append(name)
        if answered and rng.random() < 0.2:
            again = rng.choice(answered)
            answered.remove(again)
            log.reopened(again, day + timedelta(days=30), unit)
    return log, links


def one_by_one(log: RepeatLog, at: int, within: int) -> dict[Group, dict[Figure, int]]:
    """The same figures by unit, counted plainly from the events up to a position."""
    received: dict[UUID, date] = {}
    unit: dict[UUID, str] = {}
    links: set[tuple[UUID, UUID]] = set()
    due: dict[UUID, date] = {}
    given: list[dict[str, Any]] = []
    for recorded in log.events[:at]:
        event: Any = recorded.event
        this = recorded.originator_id
        match type(event).__name__:
            case "AppealRegistered":
                received[this], due[this] = event.registered_on, event.due.on
            case "AppealAssigned":
                unit[this] = event.unit
            case "AppealTermCorrected":
                due[this] = event.due.on
            case "AppealReplyDispatched":
                given.append(
                    {"case": this, "on": event.dispatched_on, "unit": unit[this], "aside": None}
                    | {"position": recorded.position, "days": None}
                    | {"on_time": event.dispatched_on <= due[this]}
                    | {"nth": sum(each["case"] == this for each in given)}
                )
            case "AppealReopened":
                due[this] = event.due.on
                last = [each for each in given if each["case"] == this][-1]
                last["aside"] = event.due.since
            case "RepeatConfirmed":
                links.add((this, event.earlier))
            case "RepeatDecisionWithdrawn":
                links.discard((this, event.earlier))
    group = {this: {this} for this in received}
    for one, other in links:
        joined = group[one] | group[other]
        for each in joined:
            group[each] = joined
    for later in {one for one, _ in links}:
        if received[later] > ON:
            continue
        before = [
            each
            for each in given
            if each["case"] in group[later]
            and each["case"] != later
            and each["on"] < received[later]
            and (each["aside"] is None or each["aside"] >= received[later])
        ]
        if before:
            last = max(before, key=lambda each: (each["on"], each["position"]))
            days = (received[later] - last["on"]).days
            last["days"] = days if last["days"] is None else min(days, last["days"])
    found: dict[Group, dict[Figure, int]] = defaultdict(lambda: dict.fromkeys(Figure, 0))
    for answer in given:
        if answer["on"] > ON:
            continue
        days, aside = answer["days"], answer["aside"]
        is_aside = aside is not None and aside <= ON and days is None
        time = (ON - answer["on"]).days >= within
        back = days is not None and days <= within
        others = [o for o in given if o["case"] in group[answer["case"]] and o["on"] <= ON]
        if len(group[answer["case"]]) > 1:
            first = answer is min(others, key=lambda o: (o["on"], o["position"]))
        else:
            first = answer["nth"] == 0
        soon = aside is not None and (aside - answer["on"]).days <= within
        told = {
            Figure.ANSWERS: not is_aside,
            Figure.HAD_TIME: not is_aside and time,
            Figure.RETURNED: back and time,
            Figure.RETURNED_SO_FAR: days is not None,
            Figure.ON_TIME: not is_aside and answer["on_time"],
            Figure.ON_TIME_HAD_TIME: not is_aside and answer["on_time"] and time,
            Figure.ON_TIME_RETURNED: back and time and answer["on_time"],
            Figure.FIRST_ANSWERS: first and time,
            Figure.FIRST_TIME_RIGHT: first and time and not back and not soon,
            Figure.SET_ASIDE: is_aside,
        }
        for figure, counts in told.items():
            found[(answer["unit"],)][figure] += counts
    return dict(found)


def repeats_by_unit(log: RepeatLog, at: int) -> dict[str, int]:
    """The repeats by the unit that answered them first, or has them where none did yet."""
    unit: dict[UUID, str] = {}
    answered: set[UUID] = set()
    links: set[tuple[UUID, UUID]] = set()
    for recorded in log.events[:at]:
        event: Any = recorded.event
        this = recorded.originator_id
        match type(event).__name__:
            case "AppealAssigned" if this not in answered:
                unit[this] = event.unit
            case "AppealRegistered":
                unit[this] = event.registering_unit
            case "AppealReplyDispatched":
                answered.add(this)
            case "RepeatConfirmed":
                links.add((this, event.earlier))
            case "RepeatDecisionWithdrawn":
                links.discard((this, event.earlier))
    return dict(Counter(unit[later] for later in {one for one, _ in links}))


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_figures_at_any_position_are_those_of_the_log_cut_there(postgres: str, seed: int) -> None:
    rng = seeded(seed)
    log, links = random_log(rng)
    full = log.head
    with_withdrawn, _ = random_log(seeded(seed))
    for link in links:
        with_withdrawn.withdrawn(*link)
    with asking(postgres, with_withdrawn) as asked:
        for at in [full, *sorted(rng.sample(range(1, with_withdrawn.head), 8))]:
            assert asked.counted(By.UNIT, at=at) == one_by_one(with_withdrawn, at, 30), at
            matters = asked.matters(at=at, period=Span(date(2026, 1, 1), ON))
            counted = asked.ask(lambda conn: count_matters(conn, matters, MatterBy.UNIT))  # noqa: B023
            repeats = {group[0]: each.repeats for group, each in counted.items() if each.repeats}
            assert repeats == repeats_by_unit(with_withdrawn, at), at
        assert any(each[Figure.RETURNED_SO_FAR] for each in one_by_one(log, full, 30).values())
        left = asked.counted(By.UNIT)
        assert not any(each[Figure.RETURNED_SO_FAR] for each in left.values())
        assert left == _without_links(postgres, seed, links)


def _without_links(postgres: str, seed: int, links: list[tuple[int, int]]) -> Any:
    """The same log in which no link was ever recorded."""
    log, _ = random_log(seeded(seed))
    kept = [each for each in log.events if type(each.event).__name__ != "RepeatConfirmed"]
    assert len(kept) == len(log.events) - len(links)
    versions: dict[UUID, int] = defaultdict(int)
    plain = RepeatLog()
    for position, recorded in enumerate(kept, 1):
        versions[recorded.originator_id] += 1
        version = versions[recorded.originator_id]
        plain.events.append(replace(recorded, position=position, originator_version=version))
    with asking(postgres, plain) as asked:
        return asked.counted(By.UNIT)
