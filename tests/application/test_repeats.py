"""Decisions on repeats and persons at the desk: consistent under the lock, gone when withdrawn."""

import asyncio
from collections.abc import Collection
from datetime import date, timedelta
from itertools import pairwise
from random import Random
from typing import Any
from uuid import UUID

import pytest
from psycopg import AsyncConnection

from application.access import CaseHidden, Forbidden
from application.desk import Desk
from application.orders import NamedCaseMissing, Order
from domain.appeal import (
    CloseAppeal,
    LeaveUnconsidered,
    MergeAppeal,
    RecordLegacyOutcome,
    ReopenAppeal,
    Result,
    TakeUpAgain,
)
from domain.appeal import Ground as LeftOn
from domain.applicant import Collective, Individual
from domain.case import CaseKind, Command, Person, Refusal
from domain.identity import (
    DecideIdentity,
    IdentityDecided,
    PersonNotInCase,
    PersonsContradicted,
    PersonsJoinedBefore,
    WithdrawIdentityDecision,
    case_id_of,
)
from domain.repeat import (
    AppealsJoined,
    AppealsMerged,
    AppealsToldApart,
    ConfirmRepeat,
    EndingStandsOnIt,
    NoRepeatDecision,
    NotOfOneGroup,
    PersonsOfThemToldApart,
    RejectRepeat,
    RepeatDecided,
    TooFewAnswers,
    TooManyJoined,
    WithdrawRepeatDecision,
)
from projections import READ_MODELS
from projections.repeat_groups import Group, groups_of, people_of
from tests.desks import recorded_by
from tests.domain.spec import NOON
from tests.orders import (
    AUDITOR,
    CONTROLLER,
    EXECUTOR,
    HEAD,
    REGISTRAR,
    order,
    register_appeal,
)
from tests.projections.logs import run_out, runner_for, tracking_in

MODELS = tuple(m for m in READ_MODELS if m.name in {"repeat_links", "identity_links"})
DAY = timedelta(days=1)
TODAY = NOON.date()


def appeals(desk: Desk, count: int, first: int = 1, **changes: Any) -> list[UUID]:
    """Appeals of an older register, one received a day after the other, up to yesterday."""
    ids = [UUID(int=first + n, version=4) for n in range(count)]
    for n, case in enumerate(ids):
        received_at = NOON - (count - n) * DAY
        more = {"received_at": received_at, "legacy_number": f"{first}-{n}", **changes}
        desk.execute(register_appeal(case, **more))
    return ids


def on(case: UUID, command: Command, by: Any = REGISTRAR) -> Order:
    return order(CaseKind.APPEAL, case, command, by)


def decide(desk: Desk, later: UUID, command: Command, by: Any = REGISTRAR) -> None:
    desk.execute(on(later, command, by))


def deciding(command: DecideIdentity, by: Any = REGISTRAR) -> Order:
    return order(CaseKind.IDENTITY, case_id_of(command), command, by)


def caught_up(desk: Desk, database: str) -> None:
    run_out(runner_for(desk, database, tracking_in(database), MODELS))


def groups(
    database: str, cases: Collection[UUID], day: date = TODAY + DAY, at: int | None = None
) -> dict[UUID, Group]:
    async def read() -> dict[UUID, Group]:
        async with await AsyncConnection.connect(database) as conn:
            return await groups_of(conn, cases, on=day, at=at)

    return asyncio.run(read())


def people(database: str, persons: Collection[UUID], at: int | None = None) -> dict[UUID, Any]:
    async def read() -> dict[UUID, list[UUID]]:
        async with await AsyncConnection.connect(database) as conn:
            return await people_of(conn, persons, at)

    return asyncio.run(read())


@pytest.mark.parametrize("followed", ["nothing", "half", "all"])
def test_a_contradiction_is_found_wherever_the_read_model_stands(
    desk: Desk, database: str, followed: str
) -> None:
    a, b, c = appeals(desk, 3)
    decide(desk, b, ConfirmRepeat(earlier=a))
    if followed == "half":
        caught_up(desk, database)
    decide(desk, c, RejectRepeat(earlier=b))
    if followed == "all":
        caught_up(desk, database)
    with pytest.raises(AppealsToldApart) as refusal:
        decide(desk, c, ConfirmRepeat(earlier=a))
    assert (refusal.value.decided_on, refusal.value.earlier) == (c, b)
    decide(desk, c, WithdrawRepeatDecision(earlier=b, reason="Səhv"))
    decide(desk, c, ConfirmRepeat(earlier=a))
    with pytest.raises(AppealsJoined) as joined:
        decide(desk, c, RejectRepeat(earlier=b))
    assert joined.value.decided_on in (b, c)


def test_the_second_of_two_that_contradict_each_other_in_one_batch_is_refused(desk: Desk) -> None:
    a, b, c = appeals(desk, 3)
    decide(desk, b, ConfirmRepeat(earlier=a))
    outcomes = desk.execute_batch([on(c, RejectRepeat(earlier=b)), on(c, ConfirmRepeat(earlier=a))])
    assert not isinstance(outcomes[0], Exception)
    assert isinstance(outcomes[1], AppealsToldApart)


def test_two_of_one_batch_that_join_a_third_are_seen_by_it(desk: Desk) -> None:
    a, b, c, d = appeals(desk, 4)
    outcomes = desk.execute_batch(
        [
            on(b, ConfirmRepeat(earlier=a)),
            on(d, ConfirmRepeat(earlier=c)),
            on(c, RejectRepeat(earlier=a)),
            on(d, ConfirmRepeat(earlier=b)),
        ]
    )
    assert [type(each) for each in outcomes if isinstance(each, Exception)] == [AppealsToldApart]


def test_a_pair_is_decided_once_whoever_is_asked(desk: Desk, database: str) -> None:
    a, b = appeals(desk, 2)
    decide(desk, b, RejectRepeat(earlier=a))
    for _ in range(2):
        with pytest.raises(RepeatDecided):
            decide(desk, b, ConfirmRepeat(earlier=a), HEAD)
        caught_up(desk, database)


def test_only_those_who_may_decide_do_and_only_on_what_they_see(desk: Desk) -> None:
    a, b = appeals(desk, 2)
    (hidden,) = appeals(desk, 1, first=50, confidential=True, received_at=NOON - 9 * DAY, by=HEAD)
    for by in (EXECUTOR, AUDITOR):
        with pytest.raises(Forbidden):
            decide(desk, b, ConfirmRepeat(earlier=a), by)
    for command in (ConfirmRepeat(earlier=hidden), RejectRepeat(earlier=hidden)):
        with pytest.raises(NamedCaseMissing):
            decide(desk, b, command)
    with pytest.raises(CaseHidden):
        decide(desk, hidden, ConfirmRepeat(earlier=a))
    decide(desk, b, ConfirmRepeat(earlier=hidden), HEAD)
    with pytest.raises(NamedCaseMissing):
        decide(desk, b, ConfirmRepeat(earlier=UUID(int=404)))
    decide(desk, b, ConfirmRepeat(earlier=a), CONTROLLER)


def test_a_decision_on_an_earlier_appeal_out_of_sight_is_withdrawn_where_it_stands(
    desk: Desk,
) -> None:
    (hidden,) = appeals(desk, 1, first=50, confidential=True, received_at=NOON - 9 * DAY, by=HEAD)
    (later,) = appeals(desk, 1)
    withdraw = WithdrawRepeatDecision(earlier=hidden, reason="Səhv")
    with pytest.raises(NoRepeatDecision):
        decide(desk, later, withdraw)
    decide(desk, later, ConfirmRepeat(earlier=hidden), HEAD)
    with pytest.raises(Forbidden):
        decide(desk, later, withdraw, EXECUTOR)
    decide(desk, later, withdraw)
    with pytest.raises(NoRepeatDecision):
        decide(desk, later, withdraw)


def test_after_three_answers_one_more_is_left_and_not_after_a_split(
    desk: Desk, database: str
) -> None:
    cases = appeals(desk, 4, registered_on=TODAY - DAY)
    for case in cases[:3]:
        outcome = RecordLegacyOutcome(ended_on=TODAY - DAY, result=Result.EXPLAINED)
        decide(desk, case, outcome)
    last = appeals(desk, 1, first=90, received_at=NOON - timedelta(hours=1))[0]
    for earlier, later in zip(cases[:3], [*cases[1:3], last], strict=True):
        decide(desk, later, ConfirmRepeat(earlier=earlier))
    caught_up(desk, database)
    group = groups(database, [last])[last]
    assert group.members == sorted([*cases[:3], last])
    assert [answer.case_id for answer in group.answers] == cases[:3]
    assert group.in_year == 3
    assert group.may_be_left
    leave = LeaveUnconsidered(
        ground=LeftOn.REPEATED_WITHOUT_NEW_INFORMATION,
        reason="Yeni məlumat yoxdur",
        applicant_notified_on=TODAY,
        answered_repeats=tuple(cases[:3]),
        no_new_facts=True,
    )
    decide(desk, cases[1], WithdrawRepeatDecision(earlier=cases[0], reason="Başqa məsələ"))
    with pytest.raises(NotOfOneGroup):
        decide(desk, last, leave, HEAD)
    decide(desk, cases[1], ConfirmRepeat(earlier=cases[0]))
    decide(desk, cases[2], ReopenAppeal(reason="Yenidən"))
    caught_up(desk, database)
    assert groups(database, [last])[last].in_year == 2
    decide(desk, cases[2], RecordLegacyOutcome(ended_on=TODAY - DAY, result=None))
    caught_up(desk, database)
    assert groups(database, [last])[last].in_year == 2
    decide(desk, cases[2], ReopenAppeal(reason="Yenidən"))
    decide(desk, cases[2], RecordLegacyOutcome(ended_on=TODAY - DAY, result=Result.REJECTED))
    few = LeaveUnconsidered(
        ground=leave.ground, reason="r", answered_repeats=(cases[0],), no_new_facts=True
    )
    with pytest.raises(TooFewAnswers):
        decide(desk, last, few, HEAD)
    decide(desk, last, leave, HEAD)
    withdraw = WithdrawRepeatDecision(earlier=cases[2], reason="Başqa məsələ")
    with pytest.raises(EndingStandsOnIt):
        decide(desk, last, withdraw)
    decide(desk, last, TakeUpAgain(reason="Yenidən"), HEAD)
    decide(desk, last, withdraw)


def test_answers_count_for_a_year_up_to_the_same_date(desk: Desk, database: str) -> None:
    (case,) = appeals(desk, 1)
    decide(desk, case, RecordLegacyOutcome(ended_on=TODAY, result=Result.REJECTED))
    caught_up(desk, database)
    for day, counted in (
        (TODAY, 0),
        (TODAY + DAY, 1),
        (TODAY.replace(year=TODAY.year + 1), 1),
        (TODAY.replace(year=TODAY.year + 1) + DAY, 0),
    ):
        assert groups(database, [case], day)[case].in_year == counted


def test_a_merged_appeal_is_of_the_group_until_it_is_reopened(desk: Desk, database: str) -> None:
    a, b = appeals(desk, 2)
    merged = desk.execute(on(b, MergeAppeal(into=a, reason="Eyni məsələ")))
    caught_up(desk, database)
    assert groups(database, [a])[a].members == [a, b]
    assert groups(database, [a], at=merged.position - 1)[a].members == [a]
    desk.execute(on(b, CloseAppeal(result=Result.MERGED)))
    with pytest.raises(AppealsMerged):
        decide(desk, b, RejectRepeat(earlier=a))
    desk.execute(on(b, ReopenAppeal(reason="Ayrı məsələ")))
    decide(desk, b, RejectRepeat(earlier=a))
    caught_up(desk, database)
    assert groups(database, [a])[a].members == [a]
    assert groups(database, [a], at=merged.position)[a].members == [a, b]


def test_where_too_much_is_joined_to_look_through_the_decision_is_refused_whole(
    desk: Desk, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    a, b, c, d = appeals(desk, 4)
    decide(desk, b, ConfirmRepeat(earlier=a))
    decide(desk, c, ConfirmRepeat(earlier=b))
    caught_up(desk, database)
    monkeypatch.setattr("infra.links.MOST_IN_REACH", 1)
    before = len(recorded_by(desk))
    with pytest.raises(TooManyJoined):
        decide(desk, d, ConfirmRepeat(earlier=a))
    assert len(recorded_by(desk)) == before
    decide(desk, c, WithdrawRepeatDecision(earlier=b, reason="Səhv"))
    caught_up(desk, database)
    decide(desk, d, ConfirmRepeat(earlier=a))


def test_of_a_very_large_group_the_nearest_are_told_and_that_there_are_more(
    desk: Desk, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    cases = appeals(desk, 6)
    for earlier, later in pairwise(cases[:5]):
        decide(desk, later, ConfirmRepeat(earlier=earlier))
    caught_up(desk, database)
    whole = groups(database, cases)
    assert {case: group.members for case, group in whole.items()} == {
        **dict.fromkeys(cases[:5], cases[:5]),
        cases[5]: [cases[5]],
    }
    assert not any(group.more for group in whole.values())
    monkeypatch.setattr("projections.repeat_groups.WALKED", 2)
    cut = groups(database, [cases[0], cases[5]])
    assert cut[cases[0]].members == cases[:3]
    assert cut[cases[0]].more
    assert not cut[cases[5]].more


def test_a_group_asked_for_by_all_its_members_is_walked_once(desk: Desk, database: str) -> None:
    cases = appeals(desk, 12)
    for later in cases[1:]:
        decide(desk, later, ConfirmRepeat(earlier=cases[0]))
    caught_up(desk, database)
    found = groups(database, cases)
    assert len({id(group) for group in found.values()}) == 1
    assert found[cases[3]].members == cases


class _Told:
    """What stands, told from the events alone."""

    def __init__(self) -> None:
        self.links: dict[tuple[UUID, UUID], bool] = {}

    def take(self, case: UUID, name: str, earlier: UUID) -> None:
        if name == "repeat-decision-withdrawn":
            del self.links[case, earlier]
        else:
            self.links[case, earlier] = name == "repeat-confirmed"

    def group(self, member: UUID) -> list[UUID]:
        found = {member}
        while True:
            more = {
                end
                for pair, joins in self.links.items()
                if joins and found & set(pair)
                for end in pair
            }
            if more <= found:
                return sorted(found)
            found |= more


@pytest.mark.parametrize("seed", [3, 7])
def test_what_was_withdrawn_is_as_if_it_had_never_been(
    desk: Desk, database: str, seed: int
) -> None:
    chance = Random(seed)  # noqa: S311 - repeatable
    cases = appeals(desk, 6)
    for case in cases[:5]:
        decide(desk, case, RecordLegacyOutcome(ended_on=TODAY, result=Result.REJECTED))
    told, at_position, refusals = _Told(), {}, 0
    for step in range(60):
        earlier, later = sorted(chance.sample(range(6), 2))
        command = chance.choice(
            [
                ConfirmRepeat(earlier=cases[earlier]),
                RejectRepeat(earlier=cases[earlier]),
                WithdrawRepeatDecision(earlier=cases[earlier], reason="Səhv"),
            ]
        )
        try:
            receipt = desk.execute(on(cases[later], command))
        except Refusal:
            refusals += 1
            continue
        told.take(cases[later], receipt.events[0], cases[earlier])
        at_position[receipt.position] = {case: told.group(case) for case in cases}
        for (one, other), joins in told.links.items():
            assert (other in told.group(one)) is joins, "a contradiction got in"
        if step % 20 == 0:
            caught_up(desk, database)
    assert refusals
    assert at_position
    withdrawn = [
        e for e in recorded_by(desk) if type(e.event).__name__ == "RepeatDecisionWithdrawn"
    ]
    assert withdrawn, "the log still tells both"

    twins = appeals(desk, 6, first=100)
    for twin in twins[:5]:
        decide(desk, twin, RecordLegacyOutcome(ended_on=TODAY, result=Result.REJECTED))
    as_twin = dict(zip(cases, twins, strict=True))
    for (later_case, earlier_case), joins in sorted(
        told.links.items(), key=lambda link: not link[1]
    ):
        decision = ConfirmRepeat if joins else RejectRepeat
        decide(desk, as_twin[later_case], decision(earlier=as_twin[earlier_case]))
    caught_up(desk, database)
    ours, never = groups(database, cases), groups(database, twins)
    for case, twin in as_twin.items():
        assert [as_twin[each] for each in ours[case].members] == never[twin].members
        assert ours[case].in_year == never[twin].in_year
    for position, expected in at_position.items():
        found = groups(database, cases, at=position)
        assert {case: group.members for case, group in found.items()} == expected


ANA, BELA, CEM = (UUID(int=n, version=4) for n in (901, 902, 903))


def letters(desk: Desk, *persons: UUID) -> dict[UUID, UUID]:
    """An appeal of each person, by the person."""
    found = {}
    for n, person in enumerate(persons):
        applicant = Individual(person=Person(id=person, surname="Həsənova", name="Ana"))
        (found[person],) = appeals(desk, 1, first=700 + n, applicant=applicant)
    return found


def one_person(one: UUID, other: UUID, seen: dict[UUID, UUID], *, same: bool) -> DecideIdentity:
    return DecideIdentity(persons=(one, other), same=same, because=(seen[one], seen[other]))


def test_persons_are_one_over_others_and_split_again(desk: Desk, database: str) -> None:
    seen = letters(desk, ANA, BELA, CEM)
    first = one_person(ANA, BELA, seen, same=True)
    desk.execute(deciding(first))
    joined = desk.execute(deciding(one_person(CEM, BELA, seen, same=True), HEAD))
    with pytest.raises(PersonsJoinedBefore):
        desk.execute(deciding(one_person(ANA, CEM, seen, same=False)))
    with pytest.raises(IdentityDecided):
        desk.execute(deciding(one_person(BELA, ANA, seen, same=False)))
    withdraw = WithdrawIdentityDecision(reason="Bacıdır")
    desk.execute(order(CaseKind.IDENTITY, case_id_of(first), withdraw, REGISTRAR))
    caught_up(desk, database)
    assert people(database, [ANA, BELA]) == {ANA: [ANA], BELA: [BELA, CEM]}
    assert people(database, [ANA], joined.position) == {ANA: [ANA, BELA, CEM]}
    desk.execute(deciding(one_person(ANA, CEM, seen, same=False)))
    with pytest.raises(PersonsContradicted) as refusal:
        desk.execute(deciding(first))
    assert refusal.value.identity == case_id_of(one_person(ANA, CEM, seen, same=False))


@pytest.mark.parametrize("followed", [False, True], ids=["behind", "followed"])
def test_letters_of_persons_who_were_told_apart_are_no_repeats(
    desk: Desk, database: str, followed: bool
) -> None:
    seen = letters(desk, ANA, BELA)
    apart = one_person(ANA, BELA, seen, same=False)
    desk.execute(deciding(apart))
    if followed:
        caught_up(desk, database)
    earlier, later = seen[ANA], seen[BELA]
    for command in (ConfirmRepeat(earlier=earlier), MergeAppeal(into=earlier, reason="r")):
        with pytest.raises(PersonsOfThemToldApart) as refusal:
            decide(desk, later, command)
        assert refusal.value.identity == case_id_of(apart)
    withdraw = WithdrawIdentityDecision(reason="Eyni şəxsdir")
    desk.execute(order(CaseKind.IDENTITY, case_id_of(apart), withdraw, REGISTRAR))
    decide(desk, later, ConfirmRepeat(earlier=earlier))


def test_a_person_is_shown_in_a_case_by_whoever_may_see_it(desk: Desk) -> None:
    seen = letters(desk, ANA, BELA)
    with pytest.raises(PersonNotInCase):
        desk.execute(deciding(one_person(ANA, CEM, {**seen, CEM: seen[BELA]}, same=True)))
    pair = tuple(Person(id=each, surname="Əliyev", name="Vəli") for each in (CEM, BELA))
    (hidden,) = appeals(
        desk, 1, first=800, applicant=Collective(signatories=pair), confidential=True, by=HEAD
    )
    because = {ANA: seen[ANA], CEM: hidden}
    with pytest.raises(NamedCaseMissing):
        desk.execute(deciding(one_person(ANA, CEM, because, same=True)))
    decided = one_person(ANA, CEM, because, same=True)
    desk.execute(deciding(decided, HEAD))
    withdraw = WithdrawIdentityDecision(reason="r")
    with pytest.raises(CaseHidden):
        desk.execute(order(CaseKind.IDENTITY, case_id_of(decided), withdraw, REGISTRAR))
