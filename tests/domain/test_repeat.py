"""Repeats: who decides what on two appeals, what contradicts it, and when one more may be left."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import Any
from uuid import UUID

import pytest
from msgspec import ValidationError, convert
from msgspec.structs import replace

from domain.appeal import (
    Appeal,
    AppealClosed,
    AppealKind,
    AppealLeftUnconsidered,
    AppealMerged,
    AppealRegistered,
    AppealReopened,
    AppealReplyDispatched,
    AppealTakenUpAgain,
    AppealWithdrawn,
    Channel,
    DispatchWay,
    Ground,
    LeaveUnconsidered,
    MergeAppeal,
    RegisterAppeal,
    Result,
    decide,
    evolve,
)
from domain.appeal_refusals import ComplainedOfMayNotExamine
from domain.applicant import Collective, Individual
from domain.case import Actor, Command, Context, Event, Other, Person, Refusal
from domain.evidence_codes import EvidenceCode
from domain.keeping import ContentDestroyed, ContentGone
from domain.keeping import evolve as kept
from domain.links import Link, Links
from domain.repeat import (
    AnsweredAppealsNotAsked,
    AppealsJoined,
    AppealsMerged,
    AppealsToldApart,
    ConfirmRepeat,
    EndingStandsOnIt,
    EvidenceSpoken,
    NewFactsNotExcluded,
    NoRepeatDecision,
    NotAnsweredOnMerits,
    NotOfOneGroup,
    PersonsOfThemToldApart,
    RejectRepeat,
    RepeatConfirmed,
    RepeatDecided,
    RepeatDecisionWithdrawn,
    RepeatOfItself,
    RepeatOfLater,
    RepeatRejected,
    TooFewAnswers,
    Verdict,
    WithdrawRepeatDecision,
    standing_links,
    year_after,
)
from domain.term import Pause
from tests.domain.spec import CASE, CLERK, NOON, context, official

FIRST, SECOND, THIRD, FOURTH = (UUID(int=n) for n in range(11, 15))
HOUR = timedelta(hours=1)
SPOKEN = (
    EvidenceSpoken(code=EvidenceCode.SURNAME_SAME, weight=3.5),
    EvidenceSpoken(code=EvidenceCode.MATTER_TOPIC, weight=-1),
)


def appeal_of(received_at: datetime, sequence: int = 1, **changes: Any) -> Appeal:
    command = RegisterAppeal(
        kind=AppealKind.COMPLAINT,
        channel=Channel.POST,
        applicant=Individual(person=Person(id=UUID(int=1), name="Ad")),
        topic="pensions",
        subject="Pensiya",
        received_at=received_at,
    )
    (event,) = decide(replace(command, **changes), None, context(CLERK, received_at + HOUR))
    assert isinstance(event, AppealRegistered)
    appeal = evolve(None, event)
    return replace(appeal, number=replace(appeal.number, sequence=sequence))


def answered(appeal: Appeal, day: date, *, interim: bool = False) -> Appeal:
    return evolve(
        appeal,
        AppealReplyDispatched(
            digest="0" * 64,
            letter_number="1",
            dispatched_on=day,
            way=DispatchWay.POST,
            interim=interim,
        ),
    )


EARLIER = appeal_of(NOON - timedelta(days=60))
LATER = appeal_of(NOON - timedelta(hours=2), sequence=9)


def ctx(
    others: dict[UUID, Appeal] | None = None, *links: Link, by: Actor = CLERK, at: datetime = NOON
) -> Context:
    named = {case: Other(state, 1) for case, state in (others or {FIRST: EARLIER}).items()}
    return replace(context(by, at), others=named, links=Links(links))


def happens(command: Command, appeal: Appeal, where: Context) -> list[Event]:
    return decide(command, appeal, where)  # type: ignore[arg-type]


def refused(refusal: type[Refusal], command: Command, appeal: Appeal, where: Context) -> Refusal:
    with pytest.raises(Refusal) as raised:
        happens(command, appeal, where)
    assert raised.type is refusal
    return raised.value


def joins(one: UUID, other: UUID) -> Link:
    return Link(one, other, joins=True, decided_in=one)


def parts(one: UUID, other: UUID) -> Link:
    return Link(one, other, joins=False, decided_in=one)


def test_a_confirmed_repeat_keeps_who_decided_and_what_spoke_for_it() -> None:
    command = ConfirmRepeat(earlier=FIRST, evidence=SPOKEN, model="matters-1")
    (event,) = happens(command, LATER, ctx())
    assert event == RepeatConfirmed(
        earlier=FIRST,
        evidence=SPOKEN,
        model="matters-1",
        decided_by="clerk",
        merge_advised=False,
    )
    assert evolve(LATER, event).repeats == {FIRST: Verdict.REPEAT}


def test_a_rejected_repeat_is_kept_too() -> None:
    (event,) = happens(RejectRepeat(earlier=FIRST), LATER, ctx())
    assert event == RepeatRejected(earlier=FIRST, evidence=(), model=None, decided_by="clerk")
    assert evolve(LATER, event).repeats == {FIRST: Verdict.NOT_REPEAT}


def test_a_deputys_decision_is_that_of_the_official_they_act_for() -> None:
    deputy = official("deputy", on_behalf_of="head")
    (event,) = happens(RejectRepeat(earlier=FIRST), LATER, ctx(by=deputy))
    assert isinstance(event, RepeatRejected)
    assert event.decided_by == "head"


def test_while_the_first_term_runs_it_is_advised_to_merge_and_not_forced() -> None:
    running = appeal_of(NOON - timedelta(days=3))
    (event,) = happens(ConfirmRepeat(earlier=FIRST), LATER, ctx({FIRST: running}))
    assert isinstance(event, RepeatConfirmed)
    assert event.merge_advised
    over = replace(running, due=replace(running.due, on=NOON.date() - timedelta(days=1)))
    (event,) = happens(ConfirmRepeat(earlier=FIRST), LATER, ctx({FIRST: over}))
    assert isinstance(event, RepeatConfirmed)
    assert not event.merge_advised
    still = replace(
        over, due=replace(over.due, pauses=(Pause(ground="inquiry", from_date=NOON.date()),))
    )
    (event,) = happens(ConfirmRepeat(earlier=FIRST), LATER, ctx({FIRST: still}))
    assert isinstance(event, RepeatConfirmed)
    assert event.merge_advised


RUNNING = appeal_of(NOON - timedelta(days=3))
ABOUT_UNIT = replace(LATER, complained_of_units=frozenset({"pensions"}))
ABOUT_OFFICIAL = replace(LATER, complained_of=frozenset({"mammadov"}))


@pytest.mark.parametrize(
    ("later", "first"),
    [
        (evolve(LATER, AppealWithdrawn(asked_on=NOON.date())), RUNNING),
        (LATER, answered(RUNNING, NOON.date())),
        (ABOUT_UNIT, replace(RUNNING, unit="pensions")),
        (ABOUT_OFFICIAL, replace(RUNNING, executors=("mammadov",))),
        (LATER, replace(RUNNING, begun_anew_at=NOON - HOUR)),
    ],
    ids=["later ended", "first answered", "unit complained of", "official complained of", "anew"],
)
def test_no_merge_is_advised_that_is_not_possible_or_not_due(later: Appeal, first: Appeal) -> None:
    (event,) = happens(ConfirmRepeat(earlier=FIRST), later, ctx({FIRST: first}))
    assert isinstance(event, RepeatConfirmed)
    assert not event.merge_advised


def test_what_contact_details_say_is_kept_as_one_sum() -> None:
    shown = (
        EvidenceSpoken(code=EvidenceCode.FIN_SAME, weight=7.25),
        SPOKEN[0],
        EvidenceSpoken(code=EvidenceCode.BORN_DIFFERENT, weight=-2),
    )
    (event,) = happens(ConfirmRepeat(earlier=FIRST, evidence=shown), LATER, ctx())
    assert isinstance(event, RepeatConfirmed)
    withheld = EvidenceSpoken(code=EvidenceCode.CONTACT_WITHHELD, weight=5.25)
    assert event.evidence == (SPOKEN[0], withheld)
    (event,) = happens(RejectRepeat(earlier=FIRST, evidence=event.evidence), LATER, ctx())
    assert isinstance(event, RepeatRejected)
    assert event.evidence == (SPOKEN[0], withheld)


@pytest.mark.parametrize(
    "body",
    [
        {"evidence": [{"code": "5zj3k9a", "weight": 1}]},
        {"model": "5ZJ3K9A"},
        {"model": "people-1 5ZJ3K9A"},
    ],
    ids=["code", "model", "model after a model"],
)
def test_only_codes_and_models_that_exist_are_taken(body: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        convert({"earlier": str(FIRST), **body}, ConfirmRepeat)
    known = {"evidence": [{"code": "fin-same", "weight": 1}], "model": "people-1 matters-1"}
    assert convert({"earlier": str(FIRST), **known}, ConfirmRepeat).model


def test_an_appeal_is_no_repeat_of_itself() -> None:
    refused(RepeatOfItself, ConfirmRepeat(earlier=CASE), LATER, ctx({CASE: LATER}))


@pytest.mark.parametrize("command", [ConfirmRepeat(earlier=FIRST), RejectRepeat(earlier=FIRST)])
def test_the_earlier_appeal_was_received_before_the_later_one(command: Command) -> None:
    refused(RepeatOfLater, command, EARLIER, ctx({FIRST: LATER}))


def test_of_two_received_at_one_instant_the_lower_number_is_the_earlier() -> None:
    same_time = replace(EARLIER, number=replace(EARLIER.number, sequence=2))
    refused(RepeatOfLater, ConfirmRepeat(earlier=FIRST), EARLIER, ctx({FIRST: same_time}))
    assert happens(ConfirmRepeat(earlier=FIRST), same_time, ctx({FIRST: EARLIER}))


@pytest.mark.parametrize("link", [joins(CASE, FIRST), parts(CASE, FIRST), parts(FIRST, CASE)])
@pytest.mark.parametrize("command", [ConfirmRepeat(earlier=FIRST), RejectRepeat(earlier=FIRST)])
def test_a_decided_pair_is_not_decided_again(command: Command, link: Link) -> None:
    refused(RepeatDecided, command, LATER, ctx(None, link))


def test_a_withdrawn_decision_may_be_made_anew_the_other_way() -> None:
    decided = evolve(LATER, happens(ConfirmRepeat(earlier=FIRST), LATER, ctx())[0])  # type: ignore[arg-type]
    withdraw = WithdrawRepeatDecision(earlier=FIRST, reason="Başqa məsələdir")
    (event,) = happens(withdraw, decided, ctx())
    assert event == RepeatDecisionWithdrawn(earlier=FIRST, withdrawn_by="clerk", still_repeat=False)
    free = evolve(decided, event)
    assert free.repeats == {}
    assert standing_links(CASE, free.repeats, None) == []
    assert happens(RejectRepeat(earlier=FIRST), free, ctx())


def test_what_repeats_two_still_repeats_the_other() -> None:
    both = replace(LATER, repeats={FIRST: Verdict.REPEAT, SECOND: Verdict.REPEAT})
    (event,) = happens(WithdrawRepeatDecision(earlier=FIRST, reason="Səhv"), both, ctx())
    assert isinstance(event, RepeatDecisionWithdrawn)
    assert event.still_repeat


def test_what_was_not_decided_is_not_withdrawn() -> None:
    withdraw = WithdrawRepeatDecision(earlier=FIRST, reason="Səhv")
    refused(NoRepeatDecision, withdraw, LATER, ctx())


def test_a_repeat_that_would_join_what_was_told_apart_names_the_decision_in_the_way() -> None:
    links = (joins(SECOND, FIRST), parts(CASE, SECOND))
    refusal = refused(AppealsToldApart, ConfirmRepeat(earlier=FIRST), LATER, ctx(None, *links))
    assert str(CASE) in str(refusal)
    assert str(SECOND) in str(refusal)
    chain = (joins(SECOND, FIRST), joins(CASE, THIRD), parts(THIRD, SECOND))
    refused(AppealsToldApart, ConfirmRepeat(earlier=FIRST), LATER, ctx(None, *chain))


def test_what_other_decisions_join_is_not_told_apart() -> None:
    chain = (joins(SECOND, FIRST), joins(CASE, SECOND))
    refusal = refused(AppealsJoined, RejectRepeat(earlier=FIRST), LATER, ctx(None, *chain))
    assert str(SECOND) in str(refusal)
    merged = replace(joins(CASE, FIRST), merged=True)
    refused(AppealsMerged, RejectRepeat(earlier=FIRST), LATER, ctx(None, merged))


def test_a_merge_may_not_join_what_was_told_apart() -> None:
    merge = MergeAppeal(into=FIRST, reason="Eyni məsələ")
    refused(AppealsToldApart, merge, LATER, ctx(None, parts(CASE, FIRST)))
    assert happens(merge, LATER, ctx()) == [AppealMerged(into=FIRST)]


def test_a_complaint_is_not_merged_into_an_appeal_that_whoever_it_is_about_examines() -> None:
    complaint = replace(LATER, complained_of_units=frozenset({"pensions"}))
    examined = replace(appeal_of(NOON - timedelta(days=3)), unit="pensions")
    where = replace(ctx({FIRST: examined}), named=examined)
    refused(ComplainedOfMayNotExamine, MergeAppeal(into=FIRST, reason="r"), complaint, where)
    about = replace(LATER, complained_of=frozenset({"mammadov"}))
    examined = replace(examined, unit="records", executors=("mammadov",))
    where = replace(ctx({FIRST: examined}), named=examined)
    refused(ComplainedOfMayNotExamine, MergeAppeal(into=FIRST, reason="r"), about, where)


@pytest.mark.parametrize(
    "command",
    [
        ConfirmRepeat(earlier=FIRST),
        RejectRepeat(earlier=FIRST),
        WithdrawRepeatDecision(earlier=FIRST, reason="r"),
        LeaveUnconsidered(ground=Ground.INSUFFICIENT_DATA, reason="r"),
    ],
    ids=lambda command: type(command).__name__,
)
def test_nobody_decides_on_a_complaint_about_themselves(command: Command) -> None:
    about = replace(LATER, complained_of=frozenset({"clerk"}))
    refused(ComplainedOfMayNotExamine, command, about, ctx())


def test_nothing_is_linked_with_an_appeal_whose_content_was_destroyed() -> None:
    destroyed = ContentDestroyed(destruction=UUID(int=3))
    gone = replace(EARLIER, keeping=kept(EARLIER.keeping, destroyed))
    refused(ContentGone, ConfirmRepeat(earlier=FIRST), LATER, ctx({FIRST: gone}))
    linked = replace(LATER, repeats={FIRST: Verdict.REPEAT})
    withdraw = WithdrawRepeatDecision(earlier=FIRST, reason="Səhv")
    assert happens(withdraw, linked, ctx({FIRST: gone}))


def test_a_collective_appeal_has_all_its_signatories() -> None:
    people = tuple(Person(id=UUID(int=n), name="Ad") for n in (1, 2, 3))
    appeal = appeal_of(NOON, applicant=Collective(signatories=people))
    assert appeal.persons == {UUID(int=1), UUID(int=2), UUID(int=3)}


BOUNDARY = date(2025, 3, 15), date(2025, 7, 1), date(2025, 11, 20)
"""The worked date of the law's part 7(b)."""


def chain(*ids: UUID) -> tuple[Link, ...]:
    return tuple(joins(later, earlier) for earlier, later in pairwise(ids))


def after_three_answers(
    received_at: datetime, days: tuple[date, ...] = BOUNDARY
) -> tuple[Appeal, Context, LeaveUnconsidered]:
    ids = (FIRST, SECOND, THIRD, FOURTH)[: len(days)]
    others = {
        case: answered(replace(EARLIER, registered_on=day), day)
        for case, day in zip(ids, days, strict=True)
    }
    command = LeaveUnconsidered(
        ground=Ground.REPEATED_WITHOUT_NEW_INFORMATION,
        reason="Yeni məlumat yoxdur",
        applicant_notified_on=received_at.date(),
        answered_repeats=ids,
        no_new_facts=True,
    )
    appeal = replace(appeal_of(received_at.astimezone(UTC)), registered_on=received_at.date())
    return appeal, ctx(others, *chain(*ids, CASE), at=received_at + timedelta(hours=1)), command


def on(year: int, month: int, day: int) -> datetime:
    return datetime(year, month, day, 8, tzinfo=UTC)


@pytest.mark.parametrize("arrived", [on(2026, 3, 14), on(2026, 3, 15)])
def test_after_three_answers_within_the_year_a_fourth_may_be_left(arrived: datetime) -> None:
    appeal, where, command = after_three_answers(arrived)
    (event,) = happens(command, appeal, where)
    assert isinstance(event, AppealLeftUnconsidered)
    assert event.answered_repeats == (FIRST, SECOND, THIRD)


def test_on_the_day_after_the_boundary_only_two_answers_count() -> None:
    appeal, where, command = after_three_answers(on(2026, 3, 16))
    refusal = refused(TooFewAnswers, command, appeal, where)
    assert "2" in str(refusal)


def test_midnight_is_that_of_the_department() -> None:
    """20:30 in UTC is half an hour after midnight in Baku."""
    late = datetime(2026, 3, 15, 20, 30, tzinfo=UTC)
    appeal, where, command = after_three_answers(late)
    refused(TooFewAnswers, command, appeal, where)


def test_a_year_from_29_february_ends_on_28_february() -> None:
    assert year_after(date(2024, 2, 29)) == date(2025, 2, 28)
    days = date(2024, 2, 29), date(2024, 7, 1), date(2024, 11, 20)
    appeal, where, command = after_three_answers(on(2025, 2, 28), days)
    assert happens(command, appeal, where)
    appeal, where, command = after_three_answers(on(2025, 3, 1), days)
    refused(TooFewAnswers, command, appeal, where)


def test_two_answers_do_not_suffice_and_one_named_twice_counts_once() -> None:
    appeal, where, command = after_three_answers(on(2026, 3, 1))
    for named in ((FIRST, SECOND), (FIRST, SECOND, SECOND), ()):
        refused(TooFewAnswers, replace(command, answered_repeats=named), appeal, where)


def test_a_fourth_outside_the_year_may_be_named_besides() -> None:
    days = (date(2024, 12, 1), *BOUNDARY)
    appeal, where, command = after_three_answers(on(2026, 3, 1), days)
    assert happens(command, appeal, where)


def test_an_interim_reply_is_no_answer() -> None:
    appeal, where, command = after_three_answers(on(2026, 3, 1))
    open_still = answered(EARLIER, date(2025, 11, 20), interim=True)
    others = {**where.others, THIRD: Other(open_still, 1)}
    refused(NotAnsweredOnMerits, command, appeal, replace(where, others=others))


def test_an_answer_of_an_appeal_that_was_begun_anew_does_not_count() -> None:
    appeal, where, command = after_three_answers(on(2026, 3, 1))
    anew = evolve(answered(EARLIER, date(2025, 11, 20)), AppealReopened(due=EARLIER.due))
    others = {**where.others, THIRD: Other(anew, 1)}
    refused(NotAnsweredOnMerits, command, appeal, replace(where, others=others))


def test_an_answer_after_this_appeal_arrived_does_not_count() -> None:
    days = (*BOUNDARY[:2], date(2026, 3, 2))
    appeal, where, command = after_three_answers(on(2026, 3, 1), days)
    refused(NotAnsweredOnMerits, command, appeal, where)


def test_an_answer_of_the_day_on_which_this_appeal_arrived_crossed_it() -> None:
    days = (*BOUNDARY[:2], date(2026, 3, 1))
    appeal, where, command = after_three_answers(on(2026, 3, 1), days)
    refused(NotAnsweredOnMerits, command, appeal, where)
    appeal, where, command = after_three_answers(on(2026, 3, 2), days)
    assert happens(command, appeal, where)


def left_unconsidered() -> tuple[Appeal, Context]:
    """A repeat of the third of a chain of three that it was left unconsidered for."""
    appeal, where, command = after_three_answers(on(2026, 3, 1))
    appeal = replace(appeal, repeats={THIRD: Verdict.REPEAT, FOURTH: Verdict.REPEAT})
    left = evolve(appeal, happens(command, appeal, where)[0])  # type: ignore[arg-type]
    return left, replace(where, links=Links((*where.links.standing, joins(CASE, FOURTH))))


def test_the_link_on_which_an_ending_stands_is_not_withdrawn() -> None:
    left, where = left_unconsidered()
    withdraw = WithdrawRepeatDecision(earlier=THIRD, reason="Səhv")
    refused(EndingStandsOnIt, withdraw, left, where)
    closed = evolve(left, AppealClosed(result=Result.UNCONSIDERED, file_index=None))
    refused(EndingStandsOnIt, withdraw, closed, where)
    assert happens(withdraw, evolve(left, AppealTakenUpAgain(due=left.due)), where)
    assert happens(withdraw, evolve(closed, AppealReopened(due=left.due)), where)


def test_a_link_on_which_no_ending_stands_may_be_withdrawn() -> None:
    left, where = left_unconsidered()
    assert happens(WithdrawRepeatDecision(earlier=FOURTH, reason="Səhv"), left, where)
    other_way = Links((*where.links.standing, joins(CASE, SECOND), joins(CASE, FIRST)))
    withdraw = WithdrawRepeatDecision(earlier=FOURTH, reason="Səhv")
    assert happens(withdraw, left, replace(where, links=other_way))


ANA, BELA, CECILE = (UUID(int=n) for n in (21, 22, 23))


@pytest.mark.parametrize(
    "command", [ConfirmRepeat(earlier=FIRST), MergeAppeal(into=FIRST, reason="r")]
)
def test_appeals_of_persons_who_were_told_apart_are_not_joined(command: Command) -> None:
    later = replace(LATER, persons=frozenset({ANA}))
    running = replace(appeal_of(NOON - timedelta(days=3)), persons=frozenset({BELA}))
    apart = Links((Link(ANA, BELA, joins=False, decided_in=THIRD),))
    where = replace(ctx({FIRST: running}), identities=apart, named=running)
    refusal = refused(PersonsOfThemToldApart, command, later, where)
    assert str(THIRD) in str(refusal)
    assert happens(command, later, replace(where, identities=Links()))
    with_cecile = replace(running, persons=frozenset({BELA, CECILE}))
    where = replace(where, others={FIRST: Other(with_cecile, 1)}, named=with_cecile)
    assert happens(command, later, where)
    same = Links((*apart.standing, Link(BELA, CECILE, joins=True, decided_in=FOURTH)))
    refused(PersonsOfThemToldApart, command, later, replace(where, identities=same))


def test_a_forwarded_appeal_had_no_answer_on_the_merits() -> None:
    appeal, where, command = after_three_answers(on(2026, 3, 1))
    forwarded = evolve(EARLIER, AppealClosed(result=Result.FORWARDED, file_index=None))
    others = {**where.others, THIRD: Other(forwarded, 1)}
    refused(NotAnsweredOnMerits, command, appeal, replace(where, others=others))


def test_answers_on_another_matter_do_not_count() -> None:
    appeal, where, command = after_three_answers(on(2026, 3, 1))
    apart = Links((*chain(SECOND, THIRD, CASE), joins(FOURTH, FIRST)))
    refusal = refused(NotOfOneGroup, command, appeal, replace(where, links=apart))
    assert str(FIRST) in str(refusal)


def test_a_fourth_with_new_facts_is_examined() -> None:
    appeal, where, command = after_three_answers(on(2026, 3, 1))
    refused(NewFactsNotExcluded, replace(command, no_new_facts=False), appeal, where)


@pytest.mark.parametrize("changes", [{"answered_repeats": (FIRST,)}, {"no_new_facts": True}])
def test_on_another_ground_no_answered_appeals_are_named(changes: dict[str, Any]) -> None:
    command = LeaveUnconsidered(ground=Ground.INSUFFICIENT_DATA, reason="r", **changes)
    refused(AnsweredAppealsNotAsked, command, LATER, ctx())


def test_links_lead_from_one_to_another_both_ways_and_round_in_circles() -> None:
    links = Links((*chain(FIRST, SECOND, THIRD), joins(THIRD, FIRST), parts(FOURTH, THIRD)))
    assert links.group(FIRST) == links.group(THIRD) == {FIRST, SECOND, THIRD}
    assert links.group(FOURTH) == {FOURTH}
    assert len(links.way(FIRST, THIRD)) == 1
    assert links.way(FIRST, FOURTH) == ()
    assert links.against(FOURTH, FIRST) == links.against(FIRST, FOURTH) == links.standing[-1]
