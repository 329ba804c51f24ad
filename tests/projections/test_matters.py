"""What is kept of matters for comparing them: found by tokens, opened only with the secret."""

from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest

from application.desk import Desk
from domain.applicant import Individual
from domain.case import CaseKind, Person
from domain.matter_card import MatterCard, matter_card_of, matter_keys
from domain.record import CorrectEntry
from infra.blinding import Blinding
from infra.keys import PersonKey
from projections import READ_MODELS, matters
from projections.readmodel import ReadModel
from projections.runner import Runner
from tests.application.destructions import (
    destroyed,
    erasure_proposed,
    proposed,
    withdrawn,
    years_later,
)
from tests.desks import MASTER_KEY, recorded_by
from tests.orders import (
    DESK_CLERK,
    HEAD,
    open_reception,
    order,
    plan_reception,
    register_appeal,
    register_visit,
)
from tests.projections.logs import reader_of, rows_of, run_out, runner_for, tracking_in

MATTERS = ReadModel.of(matters)
LEYLA = Person(id=UUID(int=11), surname="Məmmədova", name="Leyla")
SUBJECT = "Nizami küçəsi 15 nömrəli evin damı"
TEXT = "Damdan üç ildir su axır, sakin Tural Əliyev də yazıb. 12.03.2025-ci ildə təmir olunmayıb."


@pytest.fixture
def runner(desk: Desk, database: str) -> Runner:
    return runner_for(desk, database, tracking_in(database), [MATTERS])


def stored(database: str) -> list[matters.Row]:
    return [matters.Row(*row) for row in rows_of(database, MATTERS)]


def cards(desk: Desk, rows: list[matters.Row]) -> dict[UUID, MatterCard]:
    blinding = reader_of(desk).blinding
    return {
        row.case_id: matters.opened((row.case_id, row.part, row.card), blinding).card
        for row in rows
    }


def corrected(desk: Desk, case: UUID, entry: str, value: str) -> None:
    command = CorrectEntry(entry=entry, value=value, approved_by="director", reason="Səhv yazılıb")
    desk.execute(order(CaseKind.APPEAL, case, command, HEAD))


def test_subject_text_and_coded_entries_make_one_card(
    desk: Desk, database: str, runner: Runner
) -> None:
    case = uuid4()
    desk.execute(
        register_appeal(
            case,
            topic="housing",
            region="baku",
            subject=SUBJECT,
            text=TEXT,
            complained_of_units=("social",),
        )
    )
    run_out(runner)
    (row,) = stored(database)
    card = matter_card_of("housing", SUBJECT, TEXT, complained_of_units=["social"], region="baku")
    assert cards(desk, [row]) == {case: card}
    assert row.blocks == [reader_of(desk).blinding.token(key) for key in matter_keys(card)]
    assert row.blocks


@pytest.mark.parametrize(
    ("entry", "value"),
    [
        ("subject", "Xaqani küçəsi 40 nömrəli evin lifti"),
        ("text", "Lift 7 aydır işləmir."),
        ("topic", "land"),
        ("region", "ganja"),
    ],
)
def test_a_corrected_entry_leaves_the_row_that_the_right_one_would_have_made(
    desk: Desk, database: str, runner: Runner, entry: str, value: str
) -> None:
    entries: dict[str, Any] = {
        "topic": "housing",
        "region": "baku",
        "subject": SUBJECT,
        "text": TEXT,
    }
    wrong, right = uuid4(), uuid4()
    desk.execute(register_appeal(wrong, **entries, complained_of=("mammadov",)))
    desk.execute(register_appeal(right, **entries | {entry: value}, complained_of=("mammadov",)))
    corrected(desk, wrong, entry, value)
    run_out(runner)
    rows = {row.case_id: row for row in stored(database)}
    assert rows[wrong].blocks == rows[right].blocks
    found = cards(desk, list(rows.values()))
    assert found[wrong] == found[right]


def test_each_visit_has_what_it_is_about_and_follows_corrections(
    desk: Desk, database: str, runner: Runner
) -> None:
    session = uuid4()
    desk.execute(plan_reception(session))
    desk.execute(open_reception(session))
    desk.execute(register_visit(session, visitor=LEYLA, matter=SUBJECT, topic="housing"))
    visit = str(recorded_by(desk)[-1].event.visit_id)  # type: ignore[attr-defined]
    run_out(runner)
    (row,) = stored(database)
    assert row.part == visit
    assert cards(desk, [row]) == {session: matter_card_of("housing", SUBJECT)}
    command = CorrectEntry(
        entry=f"{visit}.topic", value="land", approved_by="director", reason="Səhv yazılıb"
    )
    desk.execute(order(CaseKind.RECEPTION, session, command, DESK_CLERK))
    run_out(runner)
    assert cards(desk, stored(database)) == {session: matter_card_of("land", SUBJECT)}


def test_what_was_destroyed_or_erased_leaves_no_row(desk: Desk, database: str) -> None:
    runner = runner_for(desk, database, tracking_in(database), READ_MODELS)
    other = Person(id=UUID(int=12), surname="Əliyev", name="Tural")
    erased, gone, kept = uuid4(), uuid4(), uuid4()
    for case, person in ((erased, LEYLA), (gone, other), (kept, other)):
        desk.execute(
            register_appeal(case, applicant=Individual(person=person), subject=SUBJECT, text=TEXT)
        )
        withdrawn(desk, case)
    years_later(desk)
    run_out(runner)
    assert {row.case_id for row in stored(database)} == {erased, gone, kept}
    destroyed(desk, database, runner, proposed(desk, gone))
    assert LEYLA.id
    destroyed(desk, database, runner, erasure_proposed(desk, LEYLA.id))
    left = {row.case_id for row in stored(database)}
    assert (kept in left, gone in left, erased in left) == (True, False, False)


def test_a_reader_of_the_table_learns_nothing_of_what_was_written(
    desk: Desk, database: str, runner: Runner
) -> None:
    desk.execute(register_appeal(subject=SUBJECT, text=TEXT))
    run_out(runner)
    (row,) = stored(database)
    with psycopg.connect(database) as conn, conn.cursor() as cursor:
        query = "COPY (SELECT * FROM read_models.matters) TO STDOUT"
        with cursor.copy(query) as copy:
            dumped = b"".join(bytes(part) for part in copy).lower()
    card = matter_card_of("pension", SUBJECT, TEXT)
    words = {*card.words, *card.names, *card.places, *card.dates, *SUBJECT.split(), *TEXT.split()}
    for word in {word for word in words if len(word) > 4}:
        assert word.lower().encode() not in dumped
        assert word.encode().hex().encode() not in dumped
    elsewhere = Blinding(PersonKey(MASTER_KEY))
    assert {elsewhere.token(key) for key in matter_keys(card)}.isdisjoint(row.blocks)
