"""A case file to take away: the case for reading and for programs, its documents and its proofs."""

import time
from asyncio import to_thread
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Annotated, Any
from uuid import UUID

from litestar import get
from litestar.openapi.datastructures import ResponseSpec
from litestar.openapi.spec import Example
from litestar.params import QueryParameter
from litestar.response import Stream
from msgspec import Struct
from psycopg import Connection

from api.access_records import AccessReason, Action, reason_in, record
from api.case_file_parts import CaseFileParts, Sources, Taken
from api.cases import opened_case
from api.composition import outside_of, signer_of
from api.deadline_working import ClockWorking, explained
from api.documents import DocumentNotStored, Documents
from api.problem_responses import problem_responses
from api.register_state import AppRequest, caller_of, register_of
from application.access import sight_sql
from application.sight_of_fields import fields_shown
from domain.envelope import Recorded
from domain.personal_fields import Field
from infra.case_archive import safe_name, zipped
from infra.case_file_verifier import EVENTS, HISTORY
from infra.case_proofs import newest_size, prove
from infra.log_proof import LogDiffers, Outside, signed_now
from infra.rows import StreamRow
from infra.tree import tree_size
from infra.typesetting import as_pdf
from projections.case_document import (
    LANGUAGES,
    Attachment,
    ToldTerm,
    attached,
    case_document,
    told_history,
)
from projections.clocks import clocks_of
from projections.seen_cases import numbers_of

_VERIFIER = Path(__file__).parents[1] / "infra" / "case_file_verifier.py"
_LOOK_SECONDS = 0.25

Language = Annotated[
    str,
    QueryParameter(pattern=f"^({'|'.join(LANGUAGES)})$", description="Of headings and sentences"),
]


class CaseFile(Struct, frozen=True, kw_only=True):
    """``pieces`` makes the ZIP, a file at a time; ``files`` is how many there are about."""

    name: str
    files: int
    proved: int
    pieces: Callable[[], Iterator[bytes]]


@get(
    "/cases/{case_id:uuid}/file",
    operation_id="cases.file",
    tags=["cases"],
    summary="The whole case to take away, with what proves it: a ZIP",
    media_type="application/zip",
    responses={
        200: ResponseSpec(
            data_container=bytes,
            description="A ZIP; README.txt in it says what is there and how it is checked",
            media_type="application/zip",
            generate_examples=False,
            examples=[Example(summary="answer", value="PK…")],
        ),
        **problem_responses(400, 401, 403, 404, 422, 503),
    },
)
async def case_file(
    request: AppRequest,
    case_id: UUID,
    *,
    access_reason: AccessReason = None,
    language: Language = LANGUAGES[0],
) -> Stream:
    register, caller = register_of(request), caller_of(request)
    position, events, state = await opened_case(register, caller, case_id)
    reason = reason_in(access_reason)
    actor = caller.actor
    taken = Taken(
        at=datetime.now(UTC),
        by=actor.official,
        unit=actor.unit,
        client=actor.client,
        on_behalf_of=actor.on_behalf_of,
        reason=reason,
        shown=fields_shown(caller, events[0].kind, state.workers),
    )
    sight = sight_sql(caller, register.organisation())
    async with register.pool.connection() as known:
        numbers = await numbers_of(known, events, sight)
    sources = Sources(
        documents=register.documents,
        names=register.names(),
        terms=register.desk.terms,
        calendar=register.calendar,
        origin=register.settings.proof.log_origin,
        signer=signer_of(register.settings, make=False),
        numbers=numbers,
    )

    outside = outside_of(register.settings)

    def made() -> CaseFile:
        rows = register.desk.log.cases_between(case_id, case_id, position)
        with register.connect() as conn:
            wait_for_checkpoint(conn, outside, rows, register.settings.wait_seconds)
            return gather(conn, sources, rows, events, position, taken, language)

    made_file = await to_thread(made)
    await record(request, Action.EXPORT_TAKEN, cases=(case_id,), reason=reason, position=position)
    headers = {
        "Content-Disposition": f'attachment; filename="{made_file.name}"',
        "X-Content-Type-Options": "nosniff",
    }
    return Stream(made_file.pieces(), media_type="application/zip", headers=headers)


ROUTES: list[Any] = [case_file]


def wait_for_checkpoint(
    conn: Connection[Any],
    outside: Outside,
    rows: Sequence[StreamRow],
    seconds: float,
) -> None:
    """Return once a checkpoint is over the case's last event, or after so many *seconds*.

    It is signed here as soon as the tree has come to that event. Where the log differs from its
    tree nothing is signed, and the file says which events are without proof.
    """
    until, last = time.monotonic() + seconds, rows[-1].position
    if outside.signer is None:
        return
    while newest_size(conn, outside.origin) < last:
        if tree_size(conn) >= last:
            try:
                signed_now(conn, outside)
            except LogDiffers:
                return
        elif time.monotonic() >= until:
            return
        else:
            time.sleep(_LOOK_SECONDS)


def gather(
    conn: Connection[Any],
    sources: Sources,
    rows: Sequence[StreamRow],
    events: Sequence[Recorded],
    position: int,
    taken: Taken,
    language: str,
) -> CaseFile:
    """The file of the case whose stored *rows* are opened as *events*, as of *position*.

    The same arguments over the same checkpoint give the same bytes. Raises TileMissing where the
    tree over the log isn't whole, and NotSet where the PDF can't be made.
    """
    proofs = None
    if sources.signer:
        proofs = prove(conn, sources.origin, [row.position for row in rows], position)
    clocks = [
        explained(each, sources.terms, sources.calendar, language) for each in clocks_of(events)
    ]
    attachments = list(_attachments(sources.documents, events, shown=Field.DOCUMENT in taken.shown))
    told = told_history(events, language, sources.names, sources.numbers)
    terms = [told_term(each) for each in clocks]
    document = case_document(events, terms, attachments, language, sources.names, taken.at, told)
    parts = CaseFileParts(
        sources,
        rows,
        events,
        position,
        taken,
        document=document,
        told=told,
        attachments=attachments,
        proofs=proofs,
    )
    written = [
        ("README.txt", parts.readme()),
        ("case.pdf", as_pdf("case_file", parts.content(), taken.at)),
        ("timeline.svg", document.timeline.encode()),
        (HISTORY, parts.history()),
        ("deadlines.json", parts.deadlines(clocks)),
        (EVENTS, parts.stored_events()),
        *parts.proof_files(),
        ("verify.py", _VERIFIER.read_bytes()),
    ]
    return CaseFile(
        name=f"case-{rows[0].case_id}.zip",
        files=len(written) + len(attachments) + 2,
        proved=len(proofs.events) if proofs else 0,
        pieces=partial(_pieces, parts, written),
    )


def _pieces(parts: CaseFileParts, written: Sequence[tuple[str, bytes]]) -> Iterator[bytes]:
    def files() -> Iterator[tuple[str, bytes]]:
        yield from written
        for each in parts.attachments:
            if each.file:
                content = parts.sources.documents.read(parts.case_id, each.sha256)[1]
                yield each.file, content

    return zipped(files(), parts.manifest)


def _attachments(
    documents: Documents, events: Sequence[Recorded], *, shown: bool
) -> Iterator[Attachment]:
    """The documents on the case; without a file where they can't be opened or aren't *shown*."""
    for number, (version, event) in enumerate(attached(events), start=1):
        document = event.document
        file = None
        if shown and _kept(documents, events[0].originator_id, document.sha256):
            file = f"attachments/{safe_name(number, document.name, document.media_type)}"
        yield Attachment(
            version=version,
            name=document.name,
            media_type=document.media_type,
            size=document.size,
            sha256=document.sha256,
            file=file,
            shown=shown,
        )


def _kept(documents: Documents, case_id: UUID, digest: str) -> bool:
    try:
        documents.read(case_id, digest)
    except DocumentNotStored:
        return False
    return True


def told_term(clock: ClockWorking) -> ToldTerm:
    """The clock as a document tells it."""
    return ToldTerm(
        clock=clock.clock,
        due_on=clock.due,
        due_at=clock.due_at,
        met_on=clock.met_on,
        running=clock.running,
        paused=clock.paused is not None,
        rule=clock.rule,
        source=clock.source,
        calendar_known=clock.calendar_known,
        steps=[step.text for step in clock.steps],
        text=clock.text,
    )
