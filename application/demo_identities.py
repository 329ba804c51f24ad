"""The demo's identities: one person entered twice is joined; others only look alike."""

from contextlib import suppress
from itertools import combinations
from uuid import UUID, uuid5

from application.caller import Role
from application.demo_cast import caller
from application.demo_story import HOURS, Diary, Entered, Story, TodayReached
from domain.applicant import Applicant, Individual
from domain.case import CaseKind, Person
from domain.identity import DecideIdentity, WithdrawIdentityDecision, case_id_of

_REGISTRAR = caller("registrar-1", Role.REGISTRAR)


def entered_anew(applicant: Applicant) -> Applicant:
    """As a registrar enters a person who comes alone and whom they don't see to be known."""
    if not isinstance(applicant, Individual):
        return applicant
    person = applicant.person
    anew = Person(
        id=_anew(person),
        surname=person.surname,
        name=person.name,
        phone=person.phone,
        address=person.address,
    )
    return Individual(person=anew)


def tell_identities(diary: Diary, most: int) -> int:
    """Two are joined, two told apart, and of two the joining is withdrawn; how many cases it took.

    At most *most*, and only where such people were entered. Draws nothing.
    """
    pairs = list(combinations(diary.entered, 2))
    again = {one.person.id: _anew(one.person) for one in diary.entered}
    anew = [(one, other) for one, other in pairs if other.person.id == again[one.person.id]]
    alike = [(one, other) for one, other in pairs if _look_alike(one.person, other.person)]
    told = 0
    seen: set[UUID | None] = set()
    for same, withdrawn, candidates in (
        (True, False, anew),
        (False, False, alike),
        (True, True, alike),
    ):
        for one, other in candidates:
            if told < most and not {one.person.id, other.person.id} & seen:
                with suppress(TodayReached):
                    _tell(diary, one, other, same=same, withdrawn=withdrawn)
                    told += 1
                    seen |= {one.person.id, other.person.id}
                    break
    return told


def _tell(diary: Diary, one: Entered, other: Entered, *, same: bool, withdrawn: bool) -> None:
    persons = one.person.id or one.case_id, other.person.id or other.case_id
    decision = DecideIdentity(persons=persons, same=same, because=(one.case_id, other.case_id))
    last = max(one.at, other.at).date()
    at = diary.moment(diary.calendar.add_working_days(last, 1), HOURS[1])
    story = Story(diary, CaseKind.IDENTITY, at, case_id_of(decision))
    story.order(decision, _REGISTRAR)
    if withdrawn:
        story.at = diary.moment(diary.calendar.add_working_days(story.today, 1), HOURS[1])
        reason = "Adlar oxşardır, doğum tarixləri isə fərqlidir."
        with suppress(TodayReached):
            story.order(WithdrawIdentityDecision(reason=reason), _REGISTRAR)


def _anew(person: Person) -> UUID | None:
    return uuid5(person.id, "again") if person.id else None


def _look_alike(one: Person, other: Person) -> bool:
    """Relatives or namesakes: one surname, and given names that begin alike."""
    if None in (one.name, other.name, one.surname) or one.surname != other.surname:
        return False
    if (one.name or "")[0] != (other.name or "")[0]:
        return False
    return _anew(one) != other.id and one.id != other.id
