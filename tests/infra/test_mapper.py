"""What is stored is read for ever: names, versions, envelopes, and every example kept."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import pytest
from msgspec import Struct, ValidationError, json
from msgspec.structs import fields, replace

from domain.appeal import AppealAssigned, AppealRegistered
from domain.case import Event
from domain.envelope import Recorded
from domain.kinds import EVENTS
from domain.record import NoteAdded
from infra import mapper as mapper_module
from infra.mapper import EVENT_TYPES, EventMapper, EventType, stored_name
from infra.rows import StreamRow
from infra.sealing import SEALED, Plain, compile_plan
from infra.upcasts import Upcast
from tests.domain.spec import CASE, NOON
from tests.instances import Maker
from tests.stored_events.examples import (
    FOLDER,
    OneKey,
    around,
    examples_missing,
    file_of,
    read,
    reading_of,
    shown,
)

EXAMPLES = sorted(path for path in FOLDER.glob("*.json") if ".read." not in path.name)
MAPPER = EventMapper()


class State(Struct):
    """The part of the stored JSON that says what happened."""

    v: int
    data: Plain
    sealed: dict[UUID, str] = {}


def stored(event: Event) -> StreamRow:
    recorded = around(event)
    sealed = MAPPER.seal(MAPPER.take_apart(recorded), OneKey())
    return StreamRow(CASE, 7, sealed.topic, sealed.state, 3)


def opened(row: StreamRow) -> Recorded:
    (recorded,) = MAPPER.read_all([row], lambda _owners: OneKey())
    return recorded


def erased(row: StreamRow) -> Recorded:
    (recorded,) = MAPPER.read_all([row], lambda _owners: {})
    return recorded


class TestExamples:
    def test_every_version_of_every_event_has_one(self) -> None:
        assert examples_missing() == [], "run python -m tests.stored_events"
        for event_type in EVENTS:
            for version in range(1, event_type.VERSION + 1):
                assert file_of(event_type, version).exists()

    def test_each_belongs_to_an_event_that_can_still_be_read(self) -> None:
        assert {path.name.split(".")[0] for path in EXAMPLES} == set(EVENT_TYPES)

    @pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
    def test_reads_as_it_always_has(self, path: Path) -> None:
        assert shown(read(path)).decode() == reading_of(path).read_text()

    @pytest.mark.parametrize(
        "path",
        [file_of(event_type, event_type.VERSION) for event_type in EVENTS],
        ids=lambda path: path.stem,
    )
    def test_would_be_stored_the_same_today(self, path: Path) -> None:
        for line, recorded in zip(path.read_bytes().splitlines(), read(path), strict=True):
            again = MAPPER.seal(MAPPER.take_apart(recorded), OneKey()).state
            kept, now = json.decode(line), json.decode(again)
            assert kept.pop("sealed", {}).keys() == now.pop("sealed", {}).keys()
            assert kept == now


class TestStoredNames:
    def test_are_kebab_case_and_unique(self) -> None:
        names = [stored_name(event_type) for event_type in EVENTS]
        assert len(set(names)) == len(names)
        for name in names:
            assert re.fullmatch(r"[a-z]+(-[a-z]+)+", name), name

    def test_say_what_the_class_says_and_never_where_it_lives(self) -> None:
        for event_type in EVENTS:
            kebab = re.sub(r"(?<!^)(?=[A-Z])", "-", event_type.__name__).lower()
            assert stored_name(event_type) == kebab

    def test_stand_in_the_topic_alone(self) -> None:
        row = stored(NoteAdded(text="x"))
        assert row.topic == "note-added"
        assert b"note-added" not in row.state
        assert b"domain" not in row.state


class TestUpcasts:
    @pytest.fixture
    def third_version(self, monkeypatch: pytest.MonkeyPatch) -> list[str]:
        ran = []

        def lift(name: str, change: Callable[[Plain], Plain]) -> Upcast:
            def step(data: Plain, _: datetime) -> Plain:
                ran.append(name)
                return change(data)

            return step

        class PhoneCallNoted(Event, tag="phone-call-noted"):
            VERSION = 3
            summary: str
            minutes: int

        event_type = EventType(
            "phone-call-noted",
            PhoneCallNoted,
            3,
            compile_plan(PhoneCallNoted),
            (
                lift("1 to 2", lambda data: {"summary": data["text"]}),
                lift("2 to 3", lambda data: {**data, "minutes": 0}),
            ),
        )
        monkeypatch.setitem(mapper_module.EVENT_TYPES, "phone-call-noted", event_type)
        return ran

    def old(self, version: int, data: Plain) -> StreamRow:
        row = stored(NoteAdded(text="x"))
        state = {**json.decode(row.state), "v": version, "data": data}
        state.pop("sealed")
        return replace(row, topic="phone-call-noted", state=json.encode(state))

    def test_lift_the_first_version_step_by_step(self, third_version: list[str]) -> None:
        event = opened(self.old(1, {"text": "Zəng"})).event
        assert (event.summary, event.minutes) == ("Zəng", 0)  # type: ignore[attr-defined]
        assert third_version == ["1 to 2", "2 to 3"]

    def test_lift_a_later_version_only_by_what_is_missing(self, third_version: list[str]) -> None:
        opened(self.old(2, {"summary": "Zəng"}))
        assert third_version == ["2 to 3"]

    def test_leave_todays_version_alone(self, third_version: list[str]) -> None:
        event = opened(self.old(3, {"summary": "Zəng", "minutes": 4})).event
        assert event.minutes == 4  # type: ignore[attr-defined]
        assert third_version == []


class TestEnvelopes:
    def test_come_back_whole(self) -> None:
        recorded = around(NoteAdded(text="Zəng"))
        assert opened(stored(NoteAdded(text="Zəng"))) == replace(recorded, position=3)
        assert all(getattr(recorded, field.name) is not None for field in fields(recorded))

    def test_tell_the_time_in_aware_utc(self) -> None:
        row = stored(NoteAdded(text="x"))
        assert opened(row).recorded_at == NOON + timedelta(microseconds=123_456)
        assert opened(row).recorded_at.tzinfo == UTC

    def test_keep_the_reason_sealed(self) -> None:
        row = stored(NoteAdded(text="x"))
        assert "Səbəb".encode() not in row.state
        assert opened(row).reason == "Səbəb: şəxsi"
        assert MAPPER.read(row).reason is None


@pytest.mark.parametrize("event_type", EVENTS, ids=stored_name)
class TestEveryEvent:
    def test_reads_as_what_was_recorded(self, event_type: type[Event]) -> None:
        for event in Maker().events(event_type):
            assert opened(stored(event)).event == event

    def test_keeps_what_is_not_personal_when_its_keys_are_erased(
        self, event_type: type[Event]
    ) -> None:
        for event in Maker().events(event_type):
            row = stored(event)
            data = json.decode(row.state, type=State).data
            left = MAPPER.take_apart(erased(row))
            assert json.decode(json.encode(left.data)) == data
            texts = [text for parts in left.personal.values() for text in _texts(parts)]
            assert set(texts) <= {SEALED}

    def test_does_without_what_may_be_left_out(self, event_type: type[Event]) -> None:
        for event in Maker().events(event_type):
            optional = {
                field.name: None
                for field in fields(event)
                if "None" in str(field.type) or field.default is None
            }
            bare = replace(event, **optional)
            assert opened(stored(bare)).event == bare


def test_an_appeal_without_a_text_reads_without_one() -> None:
    (event, *_) = Maker().events(AppealRegistered)
    assert isinstance(event, AppealRegistered)
    assert opened(stored(replace(event, text=None))).event.text is None  # type: ignore[attr-defined]
    assert erased(stored(replace(event, text=None))).event.text is None  # type: ignore[attr-defined]
    assert erased(stored(event)).event.text == SEALED  # type: ignore[attr-defined]


def test_an_assignment_without_anything_personal_can_be_read() -> None:
    (event,) = Maker().events(AppealAssigned)
    bare = replace(event, resolution=None)
    parts = MAPPER.take_apart(replace(around(bare), reason=None))
    assert parts.personal == {}
    sealed = MAPPER.seal(parts, {})
    row = StreamRow(CASE, 7, sealed.topic, sealed.state, 0)
    assert MAPPER.read(row).event == bare


def test_altered_bytes_are_not_read() -> None:
    row = stored(NoteAdded(text="x"))
    with pytest.raises(ValidationError):
        MAPPER.read(replace(row, state=row.state.replace(b'"v":1', b'"v":"one"')))


def _texts(part: object) -> list[object]:
    """What a personal part holds, a Person's fields one by one."""
    if isinstance(part, dict):
        return [text for inner in part.values() for text in _texts(inner)]
    return [] if part is None else [part]
