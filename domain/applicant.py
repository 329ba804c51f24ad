"""Who writes an appeal: the forms an applicant can take (Law 1308-IVQ Art. 3.0.1, 6.3-6.4)."""

from collections.abc import Iterator
from typing import Annotated, assert_never
from uuid import UUID

from msgspec import Meta

from domain.case import (
    Context,
    NotFitting,
    Person,
    PersonalText,
    Value,
    identified,
)


class Individual(Value, tag_field="type", tag="individual"):
    person: Person


class Collective(Value, tag_field="type", tag="collective"):
    """The first signatory is the contact; ``further_signatures`` are counted, not entered."""

    signatories: Annotated[tuple[Person, ...], Meta(min_length=1, max_length=500)]
    further_signatures: Annotated[int, Meta(ge=0)] = 0


class LegalEntity(Value, tag_field="type", tag="legal-entity"):
    name: PersonalText
    legal_address: PersonalText
    representative: Person | None = None


class Represented(Value, tag_field="type", tag="represented"):
    """``authority`` is the paper that entitles the representative, such as a power of attorney."""

    person: Person
    representative: Person
    authority: PersonalText


class Anonymous(Value, tag_field="type", tag="anonymous"):
    """No name is given; with one contact detail the appeal can still be answered (Art. 6.4)."""

    contact: PersonalText | None = None


Applicant = Individual | Collective | LegalEntity | Represented | Anonymous


class NamelessApplicant(NotFitting):
    """A person needs a name, a surname or a known id: without one, register as anonymous."""


class CollectiveOfOne(NotFitting):
    """A collective appeal has at least two signatures: register one person as an individual."""


def identify(applicant: Applicant, ctx: Context) -> Applicant:
    """The applicant with an id on every person."""
    match applicant:
        case Individual(person=person):
            return Individual(person=_named(person, ctx, "applicant"))
        case Collective(signatories=signatories, further_signatures=further):
            if len(signatories) + further == 1:
                raise CollectiveOfOne
            return Collective(
                signatories=tuple(
                    _named(person, ctx, f"signatory-{place}")
                    for place, person in enumerate(signatories, start=1)
                ),
                further_signatures=further,
            )
        case LegalEntity(name=name, legal_address=legal_address, representative=representative):
            return LegalEntity(
                name=name,
                legal_address=legal_address,
                representative=representative and _named(representative, ctx, "representative"),
            )
        case Represented(person=person, representative=representative, authority=authority):
            return Represented(
                person=_named(person, ctx, "applicant"),
                representative=_named(representative, ctx, "representative"),
                authority=authority,
            )
        case Anonymous():
            return applicant
        case _:
            assert_never(applicant)


def owner(applicant: Applicant) -> UUID | None:
    """The person under whose key the appeal's free text is sealed."""
    match applicant:
        case Individual(person=person) | Represented(person=person):
            return person.id
        case Collective(signatories=signatories):
            return signatories[0].id
        case LegalEntity() | Anonymous():
            return None
        case _:
            assert_never(applicant)


def people(applicant: Applicant) -> dict[str, UUID]:
    """Those whose entries are corrected one by one, by the word that such entries begin with."""
    match applicant:
        case Individual(person=person):
            found = {"applicant": person.id}
        case Represented(person=person, representative=representative):
            found = {"applicant": person.id, "representative": representative.id}
        case LegalEntity(representative=Person() as representative):
            found = {"representative": representative.id}
        case _:
            found = {}
    return {part: identity for part, identity in found.items() if identity}


def parts(applicant: Applicant) -> Iterator[tuple[str, Person]]:
    """Everybody who signed it, represents or is represented, each after their part."""
    match applicant:
        case Individual(person=person):
            yield "applicant", person
        case Collective(signatories=signatories):
            yield from (("signatory", signatory) for signatory in signatories)
        case LegalEntity(representative=representative):
            if representative:
                yield "representative", representative
        case Represented(person=person, representative=representative):
            yield "represented", person
            yield "representative", representative
        case Anonymous():
            return
        case _:
            assert_never(applicant)


def persons(applicant: Applicant) -> frozenset[UUID]:
    """The ids of all these."""
    return frozenset(person.id for _, person in parts(applicant) if person.id)


def reachable(applicant: Applicant) -> bool:
    """Whether a reply could be sent: to all but the anonymous who left no contact detail."""
    return not (isinstance(applicant, Anonymous) and applicant.contact is None)


def _named(person: Person, ctx: Context, part: str) -> Person:
    if not (person.id or person.surname or person.name):
        raise NamelessApplicant
    return identified(person, ctx, part)
