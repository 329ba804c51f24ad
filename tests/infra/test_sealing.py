"""Personal data never lies in clear in the database, whatever the event."""

import re
from base64 import b64decode
from collections.abc import Iterator
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest
from cryptography.exceptions import InvalidTag
from msgspec import inspect, json
from psycopg.sql import SQL, Identifier

from application.desk import Desk
from domain.applicant import LegalEntity, Represented
from domain.case import Event, Person, PersonalDate, PersonalText, Value
from domain.keeping import ContentDestroyed
from domain.kinds import EVENTS
from infra.eventstore import Append
from infra.keys import KeyRing, PersonKey
from infra.mapper import stored_name
from infra.rows import StreamRow
from infra.sealing import SEALED, compile_plan
from tests.desks import MASTER_KEY, recorded_by
from tests.instances import Maker
from tests.orders import HEAD, RASHAD, add_note, assign_appeal, register_appeal
from tests.stored_events.examples import around

SOUNDS_PERSONAL = re.compile(
    r"surname|patronymic|phone|e_?mail|address|text|question|answer|explanation|matter|subject"
    r"|birth|fin\b|comment|contact|(?<!file_)\bname\b"
)
NOT_PERSONAL = {
    ("AnswererNamed", "answerer"): "the official who has to answer, not what they say",
    ("FindingAnswered", "answered_on"): "the day of the answer, not what it says",
    ("FindingAnswered", "answered_by"): "the official who answers, not what they say",
    ("FindingOpened", "answerer"): "the official who has to answer, not what they say",
    ("MediaInquiryAnswered", "answered_on"): "the day of the answer, not what it says",
    ("UnitReportDisputed", "answer_due_on"): "the day by which to answer, not what is said",
}


def everything_stored(database: str) -> Iterator[tuple[str, bytes]]:
    """Every value of every column of every table of the log's schema, as bytes."""
    with psycopg.connect(database) as conn:
        tables = conn.execute(
            "SELECT table_name FROM information_schema.tables WHERE table_schema = 'karguzar'"
        ).fetchall()
        assert ("register_events",) in tables
        assert ("commands",) in tables
        for (table,) in tables:
            rows = conn.execute(SQL("SELECT * FROM karguzar.{}").format(Identifier(table)))
            for row in rows:
                for value in row:
                    yield table, value if isinstance(value, bytes) else str(value).encode()


def found_in_clear(database: str, needles: list[str]) -> set[tuple[str, str]]:
    forms = {
        form: needle
        for needle in needles
        for form in (needle.encode(), json.encode(needle)[1:-1], ascii(needle)[1:-1].encode())
    }
    return {
        (table, needle)
        for table, value in everything_stored(database)
        for form, needle in forms.items()
        if form in value
    }


def test_no_personal_value_of_any_event_lies_in_clear(desk: Desk, database: str) -> None:
    maker = Maker()
    # All are put into one case, of which nothing may be read once its content is destroyed.
    kept = [cls for cls in EVENTS if cls is not ContentDestroyed]
    recorded = [around(event) for cls in kept for event in maker.events(cls)]
    parts = [desk.event_mapper.take_apart(one) for one in recorded]
    made = {owner: desk.keys.make(owner) for one in parts for owner in one.personal}
    keys = {owner: key for owner, (key, _) in made.items()}
    sealed = [desk.event_mapper.seal(one, keys) for one in parts]
    wrapped = {owner: wrapped for owner, (_, wrapped) in made.items()}
    for version, one in enumerate(sealed, start=1):
        object.__setattr__(one, "originator_version", version)
    with desk.log.opened() as batch:
        batch.append(Append(events=sealed, commands=[], keys=wrapped, numbers={}))

    assert len(maker.personal) > 100
    assert found_in_clear(database, [*maker.personal, "Səbəb: şəxsi"]) == set()
    assert [r.event for r in recorded_by(desk)] == [one.event for one in recorded]


def test_nothing_personal_of_a_command_lies_in_clear(desk: Desk, database: str) -> None:
    case = uuid4()
    person = Person(
        surname="Zülfüqarov-1",
        name="Zülfüqar-2",
        patronymic="Zülfü oğlu-3",
        fin="7ZULFU4",
        phone="+994-50-555",
        email="zulfu@example.com",
        address="Zülfü küçəsi 7",
    )
    other = Person(surname="Qəmbərova-8", name="Qəmbər-9")
    desk.execute(
        register_appeal(
            case,
            applicant=Represented(person=person, representative=other, authority="Etibarnamə-10"),
            subject="Mövzu-11",
            text='Mətn-12 \\ "dırnaqda"',
        )
    )
    desk.execute(
        register_appeal(applicant=LegalEntity(name="Zülfü MMC-13", legal_address="Ünvan-14"))
    )
    desk.execute(assign_appeal(case, resolution="Dərkənar-15"))
    desk.execute(add_note(case, "Qeyd-16", by=HEAD))
    values = [v for p in (person, other) for v in json.decode(json.encode(p)).values() if v]
    values += [
        *("Etibarnamə-10", "Mövzu-11", "Mətn-12", "Zülfü MMC-13", "Ünvan-14"),
        *("Dərkənar-15", "Qeyd-16"),
    ]
    assert found_in_clear(database, values) == set()
    assert found_in_clear(database, ["pensions"]) == {("register_events", "pensions")}


class TestKeysOfPersons:
    @pytest.fixture
    def rows(self, desk: Desk) -> list[StreamRow]:
        """An appeal by a person for another: two persons' texts in one event; and a note."""
        case = uuid4()
        other = Person(surname="Quliyeva", name="Günay")
        desk.execute(
            register_appeal(
                case,
                applicant=Represented(person=RASHAD, representative=other, authority="Vəkalət"),
            )
        )
        desk.execute(add_note(case, "Zəng edildi"))
        return desk.log.tail(0, 10)

    def sealed(self, row: StreamRow) -> tuple[UUID, dict[UUID, bytes]]:
        state = json.decode(row.state)
        parts = {UUID(owner): b64decode(text) for owner, text in state["sealed"].items()}
        return UUID(state["id"]), parts

    def keys(self, database: str, owners: list[UUID]) -> dict[UUID, PersonKey]:
        with psycopg.connect(database) as conn:
            return KeyRing(MASTER_KEY).read(conn.cursor(), owners)

    def test_each_person_has_a_key_of_their_own(self, rows: list[StreamRow]) -> None:
        _, parts = self.sealed(rows[0])
        assert len(parts) == 2

    def test_another_persons_key_opens_nothing(self, rows: list[StreamRow], database: str) -> None:
        event_id, parts = self.sealed(rows[0])
        (one, text), (other, _) = parts.items()
        keys = self.keys(database, [one, other])
        assert keys[one].open(text, event_id.bytes + one.bytes)
        for owner in (one, other):
            with pytest.raises(InvalidTag):
                keys[other].open(text, event_id.bytes + owner.bytes)

    def test_a_sealed_part_moved_to_another_event_does_not_open(
        self, rows: list[StreamRow], desk: Desk, database: str
    ) -> None:
        registered, noted = (json.decode(row.state) for row in rows)
        (owner,) = noted["sealed"]
        noted["sealed"][owner] = registered["sealed"][owner]
        moved = StreamRow(rows[1].case_id, 2, "note-added", json.encode(noted), 2)
        with pytest.raises(InvalidTag):
            desk.event_mapper.read_all([moved], lambda o: self.keys(database, [*o]))

    @pytest.mark.usefixtures("rows")
    def test_without_their_key_a_persons_texts_stay_sealed_and_the_rest_is_there(
        self, desk: Desk, database: str
    ) -> None:
        before = recorded_by(desk)
        owner = before[0].owner
        with psycopg.connect(database) as conn:
            conn.execute("DELETE FROM karguzar.person_keys WHERE owner = %s", (owner,))
        registered, noted = recorded_by(desk)
        event: Any = registered.event
        assert event.subject == SEALED
        assert event.applicant.authority == SEALED
        assert event.applicant.person == Person(id=owner)
        assert event.applicant.representative.surname == "Quliyeva"
        assert noted.event.text == SEALED  # type: ignore[attr-defined]
        was: Any = before[0].event
        assert (event.number, event.due, event.topic) == (was.number, was.due, was.topic)
        assert (registered.actor, registered.position) == ("aliyev", 1)

    def test_work_goes_on_with_a_case_whose_person_was_erased(
        self, rows: list[StreamRow], desk: Desk, database: str
    ) -> None:
        with psycopg.connect(database) as conn:
            conn.execute("DELETE FROM karguzar.person_keys")
        desk._standings.clear()
        desk.execute(add_note(rows[0].case_id, "Yenidən gəldi"))
        registered, noted, again = (recorded.event for recorded in recorded_by(desk))
        assert registered.subject == SEALED  # type: ignore[attr-defined]
        assert noted.text == SEALED  # type: ignore[attr-defined]
        assert again.text == "Yenidən gəldi"  # type: ignore[attr-defined]


class TestMarks:
    def test_every_field_that_sounds_personal_is_marked_so(self) -> None:
        unmarked = {
            (owner, name)
            for owner, name, personal in text_fields()
            if SOUNDS_PERSONAL.search(name) and not personal
        }
        assert unmarked == set(NOT_PERSONAL)

    def test_every_event_has_a_plan(self) -> None:
        for event_type in EVENTS:
            compile_plan(event_type)

    def test_a_required_personal_field_is_a_text(self) -> None:
        class Born(Event, tag="born"):
            on: PersonalDate

        with pytest.raises(TypeError, match="a required personal field is a text"):
            compile_plan(Born)

    def test_personal_texts_of_a_list_stand_in_structs(self) -> None:
        class Named(Event, tag="named"):
            names: tuple[PersonalText, ...]

        with pytest.raises(TypeError, match="wrap each in a struct"):
            compile_plan(Named)

    def test_marks_deep_inside_are_found(self) -> None:
        class Inner(Value):
            secret: PersonalText

        class Outer(Value):
            inner: Inner | None = None

        class Deep(Event, tag="deep"):
            outer: tuple[Outer, ...]

        assert not compile_plan(Deep).empty


def text_fields() -> Iterator[tuple[str, str, bool]]:
    """Every text or date in every event: the struct it is in, its name, whether it is marked."""
    seen: set[type] = set()

    def walk(info: Any, owner: str, name: str, personal: bool = False) -> Iterator[Any]:
        match info:
            case inspect.Metadata():
                marked = bool((info.extra or {}).get("personal"))
                yield from walk(info.type, owner, name, personal or marked)
            case inspect.UnionType():
                for one in info.types:
                    yield from walk(one, owner, name, personal)
            case inspect.VarTupleType():
                yield from walk(info.item_type, owner, name, personal)
            case inspect.StructType() if info.cls not in seen:
                seen.add(info.cls)
                for field in info.fields:
                    yield from walk(field.type, info.cls.__name__, field.name)
            case inspect.StrType() | inspect.DateType():
                yield owner, name, personal

    for event_type in EVENTS:
        yield from walk(inspect.type_info(event_type), stored_name(event_type), "")
