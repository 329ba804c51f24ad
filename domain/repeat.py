"""The repeat (təkrar müraciət): whether an appeal is on the matter of an earlier one, as decided.

A decision stands on the later appeal. Nothing is a repeat before a person has said so.
"""

from collections.abc import Iterable
from datetime import date, datetime
from enum import StrEnum
from typing import Annotated, Protocol, assert_never
from uuid import UUID

from msgspec import Meta

from domain.case import (
    Command,
    Context,
    Event,
    NotFitting,
    OfficialId,
    Refusal,
    RegistrationNumber,
    ShortText,
    Value,
)
from domain.evidence_codes import EvidenceCode, ModelName
from domain.keeping import ContentGone, gone
from domain.links import Link
from domain.merging import Mergeable, merge_due

ANSWERS_NEEDED = 3
_WITHHELD = EvidenceCode.CONTACT_WITHHELD


class Verdict(StrEnum):
    """What was decided on an appeal and an earlier one; the value is the stored name."""

    REPEAT = "repeat"
    NOT_REPEAT = "not-repeat"


Repeats = dict[UUID, Verdict]
"""What stands on an appeal, by the earlier appeal's id."""


class EvidenceSpoken(Value):
    """A reason that was shown to whoever decided: ``weight`` above zero spoke for it."""

    code: EvidenceCode
    weight: Annotated[float, Meta(ge=-1000, le=1000)]


Spoken = Annotated[tuple[EvidenceSpoken, ...], Meta(max_length=100)]


def kept(evidence: Spoken) -> Spoken:
    """As events keep it: of contact details one sum, since who reads a history may see none."""
    contact = [each for each in evidence if each.code.of_contact or each.code is _WITHHELD]
    if not contact:
        return evidence
    weight = max(-1000.0, min(1000.0, round(sum(each.weight for each in contact), 2)))
    others = tuple(each for each in evidence if each not in contact)
    return (*others, EvidenceSpoken(code=_WITHHELD, weight=weight))


class RepeatConfirmed(Event, tag="repeat-confirmed"):
    """``merge_advised``: this one came within the earlier one's term, and can be merged into it.

    By law such an appeal is merged into the first and answered by the same letter. Both were open
    when it was decided, and nobody whom this one is about examines the earlier.
    """

    earlier: UUID
    evidence: Spoken
    model: ModelName | None
    decided_by: OfficialId
    merge_advised: bool


class RepeatRejected(Event, tag="repeat-rejected"):
    earlier: UUID
    evidence: Spoken
    model: ModelName | None
    decided_by: OfficialId


class RepeatDecisionWithdrawn(Event, tag="repeat-decision-withdrawn"):
    """``still_repeat``: the appeal was confirmed to repeat another earlier one, too."""

    earlier: UUID
    withdrawn_by: OfficialId
    still_repeat: bool


class ConfirmRepeat(Command):
    """The same person on the same matter as in the ``earlier`` appeal.

    ``evidence`` is what was shown for and against, by the ``model`` of that name.
    """

    earlier: UUID
    evidence: Spoken = ()
    model: ModelName | None = None
    reason: ShortText | None = None


class RejectRepeat(Command):
    """Another person, or another matter: the pair is not proposed again."""

    earlier: UUID
    evidence: Spoken = ()
    model: ModelName | None = None
    reason: ShortText | None = None


class WithdrawRepeatDecision(Command):
    """The decision on the two was wrong, whichever it was; the pair may be decided anew."""

    earlier: UUID
    reason: ShortText


class RepeatOfItself(NotFitting):
    """An appeal isn't a repeat of itself: name an earlier one."""


class RepeatOfLater(NotFitting):
    """A repeat comes after the appeal it repeats: decide on the one that was received later."""


class RepeatDecided(Refusal):
    """It has been decided on these two appeals: withdraw that decision first."""


class NoRepeatDecision(Refusal):
    """No decision on these two appeals stands here: there is nothing to withdraw."""


class AppealsToldApart(Refusal):
    """This would join appeals that were told apart: withdraw that decision first."""

    def __init__(self, decided_on: UUID, earlier: UUID) -> None:
        super().__init__(
            f"This would join the appeals {decided_on} and {earlier}, which were told apart: "
            f"withdraw that decision first, on the appeal {decided_on}."
        )
        self.decided_on, self.earlier = decided_on, earlier


class AppealsJoined(Refusal):
    """The two appeals are joined by other decisions: withdraw one of these first."""

    def __init__(self, decided_on: UUID, earlier: UUID) -> None:
        super().__init__(
            f"The two are joined by the decision on the appeals {decided_on} and {earlier}: "
            f"withdraw it first, on the appeal {decided_on}."
        )
        self.decided_on, self.earlier = decided_on, earlier


class AppealsMerged(Refusal):
    """The two appeals are joined by a merge: reopen the merged one first."""

    def __init__(self, merged: UUID, into: UUID) -> None:
        super().__init__(
            f"The appeal {merged} was merged into {into}, which joins the two: reopen it first."
        )
        self.merged, self.into = merged, into


class PersonsOfThemToldApart(Refusal):
    """The two appeals are of persons who were told apart: withdraw that decision first."""

    def __init__(self, identity: UUID) -> None:
        super().__init__(
            "The two appeals are of persons who were told apart: withdraw that decision first, in "
            f"the identity {identity}."
        )
        self.identity = identity


class EndingStandsOnIt(Refusal):
    """It was left unconsidered as a repeat of appeals that this joins: take it up again first."""


class TooManyJoined(Refusal):
    """Too much is joined with these two to look through: withdraw decisions that join wrongly."""


class AnsweredAppealsNotAsked(NotFitting):
    """Only an appeal left unconsidered as a repeat names answered appeals: leave these out."""


class TooFewAnswers(Refusal):
    """Three appeals on the matter, answered on the merits within a year, are to be named."""

    def __init__(self, counted: int) -> None:
        super().__init__(
            f"Of the appeals named {counted} were answered within the year before this one "
            f"arrived; {ANSWERS_NEEDED} are needed: examine the appeal."
        )
        self.counted = counted


class NotAnsweredOnMerits(Refusal):
    """Each appeal named had a reasoned final answer on a day before that on which this arrived."""

    def __init__(self, number: RegistrationNumber) -> None:
        super().__init__(
            f"The appeal {number} had no reasoned final answer before the day on which this one "
            "arrived: leave it out."
        )
        self.number = number


class NotOfOneGroup(Refusal):
    """Each appeal named has to be joined with this one: confirm it as a repeat first."""

    def __init__(self, appeal: UUID) -> None:
        super().__init__(
            f"The appeal {appeal} isn't joined with this one: confirm it as a repeat first."
        )
        self.appeal = appeal


class NewFactsNotExcluded(NotFitting):
    """Only without new facts may it be left unconsidered: say so with no_new_facts, or examine."""


RepeatCommand = ConfirmRepeat | RejectRepeat | WithdrawRepeatDecision
RepeatEvent = RepeatConfirmed | RepeatRejected | RepeatDecisionWithdrawn


class Arrived(Protocol):
    """What of an appeal tells which of two came first."""

    @property
    def number(self) -> RegistrationNumber: ...
    @property
    def received_at(self) -> datetime: ...


class OfPersons(Protocol):
    """``persons`` are all whose names it bears."""

    @property
    def persons(self) -> frozenset[UUID]: ...


class Repeating(Arrived, Mergeable, OfPersons, Protocol):
    """``answered_repeats`` are named by the ending that stands, where it is on that ground."""

    @property
    def answered_repeats(self) -> tuple[UUID, ...]: ...


class Answered(Arrived, Protocol):
    """``answered_on`` is the day of the final answer, where it was one on the merits."""

    @property
    def answered_on(self) -> date | None: ...


def decide(command: RepeatCommand, later: Repeating, repeats: Repeats, ctx: Context) -> list[Event]:
    """*repeats* are those that stand on the *later* appeal, whose command this is."""
    earlier = command.earlier
    if isinstance(command, WithdrawRepeatDecision):
        if earlier not in repeats:
            raise NoRepeatDecision
        named = set(later.answered_repeats)
        if not named <= ctx.links.without(ctx.case_id, earlier).group(ctx.case_id):
            raise EndingStandsOnIt
        left = {each for each, verdict in repeats.items() if verdict is Verdict.REPEAT}
        return [
            RepeatDecisionWithdrawn(
                earlier=earlier,
                withdrawn_by=ctx.by.principal,
                still_repeat=bool(left - {earlier}),
            )
        ]
    if earlier == ctx.case_id:
        raise RepeatOfItself
    first = ctx.others[earlier].state
    if gone(first):
        raise ContentGone
    if arrival(first.received_at, first.number) >= arrival(later.received_at, later.number):
        raise RepeatOfLater
    if ctx.links.decided(ctx.case_id, earlier):
        raise RepeatDecided
    match command:
        case ConfirmRepeat():
            require_one_person(later, first, ctx)
            require_joinable(earlier, ctx)
            return [
                RepeatConfirmed(
                    earlier=earlier,
                    evidence=kept(command.evidence),
                    model=command.model,
                    decided_by=ctx.by.principal,
                    merge_advised=merge_due(later, first, ctx),
                )
            ]
        case RejectRepeat():
            if way := ctx.links.way(ctx.case_id, earlier):
                raise _joined_by(way[-1])
            return [
                RepeatRejected(
                    earlier=earlier,
                    evidence=kept(command.evidence),
                    model=command.model,
                    decided_by=ctx.by.principal,
                )
            ]
        case _:
            assert_never(command)


def require_joinable(other: UUID, ctx: Context) -> None:
    """Raise AppealsToldApart where joining the two would join what a decision tells apart."""
    if against := ctx.links.against(ctx.case_id, other):
        raise AppealsToldApart(*_ends(against))


def require_one_person(later: OfPersons, first: OfPersons, ctx: Context) -> None:
    """Raise PersonsOfThemToldApart where all persons of the two were told apart.

    Appeals of several people are of one person where one pair of them isn't told apart.
    """
    against = None
    for one in later.persons:
        for other in first.persons:
            against = ctx.identities.against(one, other) if one != other else None
            if not against:
                return
    if against:
        raise PersonsOfThemToldApart(against.decided_in)


def require_answered_before(
    named: Iterable[UUID], *, no_new_facts: bool, later: Arrived, ctx: Context
) -> None:
    """Whether an appeal may be left unconsidered as a repeat without new information.

    Three appeals of its group had a reasoned answer on the merits, the first of these not more
    than a year before this one arrived. The year is counted from date to date and takes in the
    same date of the next year: an answer of 15 March 2025 still counts for an appeal of 15 March
    2026, and one of 29 February until 28 February. That the boundary is included is our reading:
    the law doesn't say (I). Answers to the first appeal and to its repeats count alike (I). An
    answer of the day on which this one arrived crossed it, and counts for it no more than a later
    one: that is our reading, too (I).
    """
    appeals = list(dict.fromkeys(named))
    if not no_new_facts:
        raise NewFactsNotExcluded
    group, arrived_on = ctx.links.group(ctx.case_id), ctx.local_date(later.received_at)
    days: list[date] = []
    for each in appeals:
        if each == ctx.case_id or each not in group:
            raise NotOfOneGroup(each)
        answered: Answered = ctx.others[each].state
        if not answered.answered_on or answered.answered_on >= arrived_on:
            raise NotAnsweredOnMerits(answered.number)
        days.append(answered.answered_on)
    in_year = [day for day in days if year_after(day) >= arrived_on]
    if len(in_year) < ANSWERS_NEEDED:
        raise TooFewAnswers(len(in_year))


def year_after(day: date) -> date:
    """The same date a year later; of 29 February the last day of the month."""
    if (day.month, day.day) == (2, 29):
        return date(day.year + 1, 2, 28)
    return day.replace(year=day.year + 1)


def evolve(repeats: Repeats, event: RepeatEvent) -> Repeats:
    match event:
        case RepeatConfirmed(earlier=earlier):
            return {**repeats, earlier: Verdict.REPEAT}
        case RepeatRejected(earlier=earlier):
            return {**repeats, earlier: Verdict.NOT_REPEAT}
        case RepeatDecisionWithdrawn(earlier=earlier):
            return {each: verdict for each, verdict in repeats.items() if each != earlier}
        case _:
            assert_never(event)


def standing_links(appeal_id: UUID, repeats: Repeats, merged_into: UUID | None) -> list[Link]:
    """The links that stand on an appeal: its own decisions, and the one it was merged into."""
    links = [
        Link(appeal_id, earlier, verdict is Verdict.REPEAT, appeal_id)
        for earlier, verdict in repeats.items()
    ]
    if merged_into:
        links.append(Link(appeal_id, merged_into, joins=True, decided_in=appeal_id, merged=True))
    return links


def arrival(received_at: datetime, number: RegistrationNumber) -> tuple[datetime, int, int]:
    """Of two that arrived at one instant the one with the lower number came first."""
    return received_at, number.year, number.sequence


def _joined_by(link: Link) -> Refusal:
    return AppealsMerged(*_ends(link)) if link.merged else AppealsJoined(*_ends(link))


def _ends(link: Link) -> tuple[UUID, UUID]:
    """The appeal on which it stands, and the other."""
    return link.decided_in, link.other if link.decided_in == link.one else link.one
