"""What may be put on the record of any case: documents, notes and corrections."""

from typing import Annotated, assert_never
from uuid import UUID

from msgspec import Meta

from domain.case import (
    Code,
    Command,
    Context,
    Digest,
    Event,
    NotFitting,
    OfficialId,
    PersonalLongText,
    PersonalText,
    Refusal,
    ShortText,
    Value,
)


class Document(Value):
    """A document's description; its bytes are kept outside the events, found by their SHA-256."""

    name: PersonalText
    media_type: Annotated[
        str, Meta(pattern=r"^[a-z0-9.+-]+/[A-Za-z0-9.+-]+$(?!\n)", max_length=127)
    ]
    size: Annotated[int, Meta(ge=1)]
    sha256: Digest


class DocumentAttached(Event, tag="document-attached"):
    document: Document
    person_id: UUID | None = None


class NoteAdded(Event, tag="note-added"):
    text: PersonalLongText
    person_id: UUID | None = None


class EntryCorrected(Event, tag="entry-corrected"):
    """``value`` for coded entries, dates, flags and letters; ``text`` for what may name a person.

    ``person_id`` is whom the text is about, and under whose key it is sealed.
    """

    entry: Code
    approved_by: OfficialId
    value: str | None = None
    text: PersonalLongText | None = None
    person_id: UUID | None = None


class AttachDocument(Command):
    """The bytes have to be stored first. ``person_id``: whom it is about, among several."""

    document: Document
    person_id: UUID | None = None


class AddNote(Command):
    """``person_id``: whom the note is about, where the case has several people."""

    text: PersonalLongText
    person_id: UUID | None = None


class CorrectEntry(Command):
    """Correct a wrong entry; the wrong one stays readable in the history.

    A flag or a letter is written as JSON. What is a person's own is named with whose it is, as
    ``applicant.phone``. Making a case ``confidential`` hides that case only: the reception it was
    taken in at, the assignments that hang on it and the findings about it are corrected each by
    itself. An open finding has to name who answers it.
    """

    entry: Code
    value: PersonalLongText
    approved_by: OfficialId
    reason: ShortText
    person_id: UUID | None = None


class AlreadyAttached(Refusal):
    """This document is already attached."""


class NotCorrectable(NotFitting):
    """This entry can't be corrected."""


class OwnApproval(NotFitting):
    """A correction is approved by somebody other than the one who makes it."""


RecordCommand = AttachDocument | AddNote | CorrectEntry
RecordEvent = DocumentAttached | NoteAdded | EntryCorrected


class Correctable(Value):
    """The entries of a kind of case that may be corrected: coded ones and free texts."""

    coded: frozenset[str] = frozenset()
    texts: frozenset[str] = frozenset()


def decide(
    command: RecordCommand, documents: frozenset[str], correctable: Correctable, ctx: Context
) -> list[Event]:
    """*documents* are the SHA-256 of those already attached."""
    match command:
        case AttachDocument(document=document, person_id=person_id):
            if document.sha256 in documents:
                raise AlreadyAttached
            return [DocumentAttached(document=document, person_id=person_id)]
        case AddNote(text=text, person_id=person_id):
            return [NoteAdded(text=text, person_id=person_id)]
        case CorrectEntry(entry=entry, value=value, approved_by=approver, person_id=person_id):
            if approver in (ctx.by.official, ctx.by.principal):
                raise OwnApproval
            if entry in correctable.coded:
                return [EntryCorrected(entry=entry, value=value, approved_by=approver)]
            if entry in correctable.texts:
                return [
                    EntryCorrected(
                        entry=entry, text=value, approved_by=approver, person_id=person_id
                    )
                ]
            names = ", ".join(sorted(correctable.coded | correctable.texts))
            raise NotCorrectable(f"{entry} can't be corrected; these can: {names}")
        case _:
            assert_never(command)
