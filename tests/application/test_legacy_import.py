"""An older register's cases come in whole, once, and as they were."""

import gzip
from collections.abc import Iterator
from contextlib import closing
from datetime import date
from pathlib import Path

import pytest
from msgspec import structs

from application.desk import Desk
from application.legacy_import import (
    ImportSummary,
    Now,
    import_cases,
    shipped_mapping,
    slug,
)
from application.legacy_mapping import LegacyMapping, MappingWrong, read_mapping
from application.legacy_rows import FileUnreadable, read_cases
from domain.appeal import (
    AppealAssigned,
    AppealRegistered,
    LegacyOutcomeRecorded,
    Stage,
)
from domain.record import NoteAdded
from infra.jurisdiction import terms_of
from tests.desks import new_desk, recorded_by
from tests.domain.spec import NOON

LOG = Path(__file__).parents[1] / "data" / "municipal-receipt-log.csv.gz"
MUNICIPAL = shipped_mapping("municipal-receipt-log")
NOW = Now(NOON, terms_of("az"))

MAPPING = """\
[source]
register = "old"
case = "case"
official = "importer"
unit = "records"
delimiter = ";"
empty = ["-"]
[appeal]
kind = "complaint"
channel = { column = "by", values = { letter = "post" } }
topic = { column = "topic" }
subject = "Case {case}"
contact = "in the old register"
legacy_number = "{case}"
received_at = "start"
[assignment]
unit = ["unit"]
main_executor = "who"
[step]
id = "step"
at = "at"
note = "{did} ({who})"
[end]
at = "end"
due_at = "due"
"""
HEADER = "case;by;topic;unit;who;start;end;due;step;at;did"
ONE = "A 1;letter;Su təchizatı;Group 2;Rəşad;2024-03-01;2024-04-02;2024-03-29"
TWO = "A 2;letter;Yol;-;-;2024-03-05T09:00;-;-"


@pytest.fixture
def desk_of_all_years(database: str) -> Iterator[Desk]:
    with closing(new_desk(database, NOW.terms)) as desk:
        yield desk


def mapping_file(directory: Path, text: str = MAPPING) -> Path:
    path = directory / "mapping.toml"
    path.write_text(text, encoding="utf-8")
    return path


def imported(
    directory: Path, *rows: str, desk: Desk | None = None, mapping: str = MAPPING
) -> ImportSummary:
    file = directory / "log.csv"
    file.write_text("\n".join((HEADER, *rows)) + "\n", encoding="utf-8-sig")
    path = mapping_file(directory, mapping)
    rules = read_mapping(path)
    return import_cases(*read_cases(file, rules, path), rules, NOW, desk=desk)


def municipal(desk: Desk | None) -> ImportSummary:
    rules = read_mapping(MUNICIPAL)
    return import_cases(*read_cases(LOG, rules, MUNICIPAL), rules, NOW, desk=desk)


def refusals(summary: ImportSummary) -> list[tuple[int, str | None, str]]:
    return [(refused.line, refused.column, refused.reason) for refused in summary.refusals]


def test_the_municipal_log_comes_in_whole(desk_of_all_years: Desk) -> None:
    summary = municipal(desk_of_all_years)
    assert (summary.imported, summary.refused, summary.refusals) == (1434, 0, [])
    assert (summary.steps, summary.open, summary.late) == (8577, 105, 377)
    log = recorded_by(desk_of_all_years)
    assert len(log) == summary.events
    events = [recorded.event for recorded in log]
    assert sum(isinstance(event, AppealRegistered) for event in events) == 1434
    outcomes = [event for event in events if isinstance(event, LegacyOutcomeRecorded)]
    assert len(outcomes) == 1434 - 105
    notes = [event.text for event in events if isinstance(event, NoteAdded) and event.text]
    assert sum("Deadline in the older register: 20" in note for note in notes) == 1434
    assert sum(note.endswith("dated before its case began") for note in notes) == 12
    assert any("T18 Adjust report Y to stop indicition" in note for note in notes)


def test_a_dry_run_foresees_what_the_import_does(desk_of_all_years: Desk) -> None:
    foreseen = municipal(None)
    assert foreseen.dry_run
    assert recorded_by(desk_of_all_years) == []
    done = municipal(desk_of_all_years)
    assert structs.replace(foreseen, dry_run=False, seconds=0) == structs.replace(done, seconds=0)


def test_run_again_it_adds_nothing(desk_of_all_years: Desk, tmp_path: Path) -> None:
    rows = (f"{ONE};s1;2024-03-02;Read", f"{TWO};s1;2024-03-06;Read")
    imported(tmp_path, *rows, desk=desk_of_all_years)
    before = recorded_by(desk_of_all_years)
    again = imported(tmp_path, *rows, desk=desk_of_all_years)
    assert (again.already_there, again.imported, again.events) == (2, 0, 0)
    assert recorded_by(desk_of_all_years) == before


def test_a_later_export_brings_a_case_up_to_date(desk_of_all_years: Desk, tmp_path: Path) -> None:
    imported(tmp_path, f"{TWO};s1;2024-03-06;Read", desk=desk_of_all_years)
    later = imported(
        tmp_path,
        f"{TWO};s1;2024-03-06;Read",
        f"{TWO};s2;2024-03-07;Answered",
        desk=desk_of_all_years,
    )
    assert (later.brought_up_to_date, later.events) == (1, 1)


def test_a_case_told_differently_now_is_refused_and_its_neighbour_is_not(
    desk_of_all_years: Desk, tmp_path: Path
) -> None:
    imported(tmp_path, f"{TWO};s1;2024-03-06;Read", desk=desk_of_all_years)
    summary = imported(
        tmp_path,
        f"{TWO};s1;2024-03-06;Thrown away",
        f"{TWO};s2;2024-03-07;Answered",
        f"{ONE};s1;2024-03-02;Read",
        desk=desk_of_all_years,
    )
    assert (summary.imported, summary.refused) == (1, 1)
    assert refusals(summary) == [
        (2, None, "the case was imported before, and the file tells it differently now")
    ]
    notes = [r.event.text for r in recorded_by(desk_of_all_years) if isinstance(r.event, NoteAdded)]
    assert notes == ["Read (—)", "Read (Rəşad)"]


def test_an_interrupted_import_goes_on(
    desk_of_all_years: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = [f"{ONE.replace('A 1', f'A {n}')};s1;2024-03-02;Read" for n in range(6)]
    monkeypatch.setattr("application.legacy_import.CASES_A_BATCH", 2)
    carry_out = desk_of_all_years.execute_together
    batches = iter([carry_out])

    def power_cut(orders: list[object]) -> object:
        return next(batches)(orders)  # type: ignore[arg-type]

    monkeypatch.setattr(desk_of_all_years, "execute_together", power_cut)
    with pytest.raises(StopIteration):
        imported(tmp_path, *rows, desk=desk_of_all_years)
    monkeypatch.setattr(desk_of_all_years, "execute_together", carry_out)
    summary = imported(tmp_path, *rows, desk=desk_of_all_years)
    assert (summary.already_there, summary.imported) == (2, 4)


def test_rows_of_one_case_need_not_stand_together_nor_in_time_order(
    desk_of_all_years: Desk, tmp_path: Path
) -> None:
    imported(
        tmp_path,
        f"{ONE};s3;2024-05-01;After",
        f"{TWO};s1;2024-03-06;Read",
        f"{ONE};s2;2024-03-02;Second",
        f"{ONE};s1;2024-02-28;First",
        desk=desk_of_all_years,
    )
    log = recorded_by(desk_of_all_years)
    case = [r.event for r in log if r.originator_id == log[0].originator_id]
    registered, assigned, *notes, outcome = case
    assert isinstance(registered, AppealRegistered)
    assert (registered.topic, registered.legacy_number) == ("su-techizati", "A 1")
    assert registered.registered_on == date(2024, 3, 1)
    assert isinstance(assigned, AppealAssigned)
    assert (assigned.unit, assigned.main_executor) == ("group-2", "resad")
    assert [note.text for note in notes if isinstance(note, NoteAdded)] == [
        "First (Rəşad); dated before its case began",
        "Second (Rəşad)",
        "After (Rəşad); dated after its case ended",
    ]
    assert outcome == LegacyOutcomeRecorded(
        ended_on=date(2024, 4, 2), result=None, due_on=date(2024, 3, 29)
    )
    standing = desk_of_all_years.remembered(log[0].originator_id)
    assert standing
    assert standing.state.stage is Stage.CLOSED


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        (("A 1;letter",), (2, None, "has 2 cells where the header has 11")),
        ((f"{ONE.replace('A 1', '')};s1;2024-03-02;Read",), (2, "case", "names no case")),
        ((f"{ONE};s1;yesterday;Read",), (2, "at", "is no ISO 8601 date and time")),
        ((f"{ONE};s1;;Read",), (2, "at", "is empty")),
        (
            (f"{ONE.replace('letter', 'pigeon')};s1;2024-03-02;Read",),
            (2, "by", "has a value for which the mapping has no word of ours"),
        ),
        (
            (f"{ONE};s1;2024-03-02;Read", f"{ONE};s1;2024-03-03;Read"),
            (3, "step", "the same step as line 2"),
        ),
        (
            (f"{ONE};s1;2024-03-02;Read", f"{ONE.replace('04-02', '05-02')};s2;2024-03-03;Read"),
            (3, "end", "differs from line 2, of the same case"),
        ),
        (
            (f"{ONE.replace('2024-03-01', '1986-03-01')};s1;2024-03-02;Read",),
            (2, None, "RegisterAppeal: No rule for the answer of such a case is known"),
        ),
        (
            (f"{ONE.replace('2024-04-02', '2024-02-02')};s1;2024-03-02;Read",),
            (2, None, "RecordLegacyOutcome: The date lies before the appeal's registration."),
        ),
    ],
)
def test_a_refused_row_is_told_by_line_and_column_and_its_case_stays_out(
    desk_of_all_years: Desk,
    tmp_path: Path,
    rows: tuple[str, ...],
    expected: tuple[int, str | None, str],
) -> None:
    mapping = MAPPING.replace('topic = { column = "topic" }', 'topic = "water"')
    good = f"{TWO};s1;2024-03-06;Read"
    summary = imported(tmp_path, *rows, good, desk=desk_of_all_years, mapping=mapping)
    [(line, column, reason)] = refusals(summary)
    assert (line, column) == expected[:2]
    assert reason.startswith(expected[2])
    assert summary.imported == 1
    registered = [
        r.event for r in recorded_by(desk_of_all_years) if isinstance(r.event, AppealRegistered)
    ]
    assert [event.legacy_number for event in registered] == ["A 2"]


def test_everything_wrong_with_a_case_is_told_at_once(tmp_path: Path) -> None:
    summary = imported(tmp_path, f"{ONE};s1;no;Read", f"{ONE};;2024-03-03;Read")
    assert [refused.line for refused in summary.refusals] == [2, 3]
    assert summary.refused == 1


@pytest.mark.parametrize(
    ("wrong", "expected"),
    [
        (MAPPING.replace('"old"', "old"), ":2: "),
        (MAPPING.replace('received_at = "start"\n', ""), ":8: appeal: "),
        (MAPPING.replace("contact =", "contakt ="), ":13: appeal.contakt: "),
        (MAPPING.replace('"post"', '"pigeon"'), ":10: 'letter' becomes 'pigeon'"),
        (MAPPING.replace('at = "at"', 'at = "when"'), ":21: the file has no column 'when'"),
        (MAPPING.replace("{did}", "{done}"), ":22: the file has no column 'done'"),
        (MAPPING.replace('";"', '";"\ntime_zone = "Mars"'), ":7: there is no such time zone"),
    ],
)
def test_a_wrong_mapping_is_refused_with_its_line(
    tmp_path: Path, wrong: str, expected: str
) -> None:
    with pytest.raises(MappingWrong) as error:
        imported(tmp_path, f"{ONE};s1;2024-03-02;Read", mapping=wrong)
    assert f"mapping.toml{expected}" in str(error.value)


def broken_files() -> Iterator[tuple[bytes, str]]:
    yield gzip.compress(HEADER.encode() * 1000)[:-20], "can't be read: EOFError"
    yield f"{HEADER}\n{ONE};s1;2024;".encode() + b"\xff\n", "is not UTF-8"
    yield f'{HEADER}\n{ONE};s1;2024;"open\n'.encode(), "unexpected end of data"
    yield b"case;case\n", "two columns have the same name"


@pytest.mark.parametrize(("content", "expected"), list(broken_files()))
def test_a_broken_file_is_refused_before_anything_is_recorded(
    tmp_path: Path, content: bytes, expected: str
) -> None:
    file = tmp_path / "log.csv"
    file.write_bytes(content)
    path = mapping_file(tmp_path)
    rules: LegacyMapping = read_mapping(path)
    with pytest.raises(FileUnreadable, match=expected):
        read_cases(file, rules, path)


def test_words_become_codes() -> None:
    assert slug("Group 2") == "group-2"
    assert slug("Şəki / Zaqatala İcra") == "seki-zaqatala-icra"
    assert slug("—") == ""
