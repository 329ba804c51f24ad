"""A folder of exports: one writer at a time, and what isn't its own is left alone."""

from datetime import UTC, date, datetime
from pathlib import Path

import pyarrow as pa
import pytest
from pyarrow import parquet as pq

from infra.parquet import Field, Holds, parquet_file
from infra.parquet_folder import FORMAT, STATE, Files, FolderUnfit, State, UnderWay, parquet_folder

FIELDS = tuple(Field(name=str(holds), holds=holds, description=f"A {holds}") for holds in Holds)
ROW = ("Müraciət", 7, True, date(2026, 4, 6), datetime(2026, 4, 6, 9, 30, tzinfo=UTC))
NOTHING = (None,) * len(FIELDS)


def fresh(purpose: str = "study", mark: str = "m") -> State:
    return State(format=FORMAT, purpose=purpose, mark=mark, made_from={"trail": "1"})


def test_what_is_written_is_read_with_its_types_and_descriptions(tmp_path: Path) -> None:
    path = tmp_path / "all.parquet"
    with parquet_file(path, "All there is", FIELDS) as file:
        file.write([ROW])
        file.write([])
        file.write([NOTHING, ROW])
    found = pq.read_table(path)
    assert [tuple(row.values()) for row in found.to_pylist()] == [ROW, NOTHING, ROW]
    assert file.count == found.num_rows == 3
    assert found.schema.field("day").metadata == {b"description": b"A day"}


def test_a_value_of_another_type_leaves_no_file(tmp_path: Path) -> None:
    path = tmp_path / "all.parquet"

    def write() -> None:
        with parquet_file(path, "All there is", FIELDS) as file:
            file.write([ROW])
            file.write([(*ROW[:1], "seven", *ROW[2:])])

    with pytest.raises(pa.ArrowInvalid):
        write()
    assert not list(tmp_path.iterdir())


def test_two_processes_do_not_export_to_one_folder(tmp_path: Path) -> None:
    with (
        parquet_folder(tmp_path, fresh()),
        pytest.raises(FolderUnfit, match="Another process"),
        parquet_folder(tmp_path, fresh()),
    ):
        pass
    with parquet_folder(tmp_path, fresh()) as folder:
        assert folder.state == fresh()


def test_what_is_done_of_an_export_under_way_is_known_to_the_next_process(tmp_path: Path) -> None:
    with parquet_folder(tmp_path, fresh()) as folder:
        folder.state.under_way = UnderWay(position=9)
        folder.state.tables["all"] = Files(description="All there is", columns={})
        for month in ("2026-03", None):
            with folder.month_file("all", month, "All there is", FIELDS) as file:
                file.write([ROW])
            folder.finish_month("all", month, file.count)
    with parquet_folder(tmp_path, fresh()) as again:
        assert again.is_done("all", "2026-03")
        assert again.is_done("all", None)
        assert not again.is_done("all", "2026-04")
        assert again.state.tables["all"].rows == 2
        assert again.months("all") == ["2026-03", None]
        again.remove("all", "2026-03")
        again.finish_month("all", "2026-03", 0)
        assert (again.months("all"), again.state.tables["all"].rows) == ([None], 1)


@pytest.mark.parametrize(
    "other", [fresh(purpose="census"), fresh(mark="n")], ids=["purpose", "register"]
)
def test_an_export_of_another_purpose_or_register_is_left_as_it_is(
    tmp_path: Path, other: State
) -> None:
    with parquet_folder(tmp_path, fresh()) as folder:
        folder.keep()
    before = (tmp_path / STATE).read_bytes()
    with pytest.raises(FolderUnfit, match="for the purpose study"), parquet_folder(tmp_path, other):
        pass
    assert (tmp_path / STATE).read_bytes() == before


def test_a_state_that_cannot_be_read_is_said_and_kept(tmp_path: Path) -> None:
    (tmp_path / STATE).write_text('{"format": "new"')
    with pytest.raises(FolderUnfit, match=r"export\.json"), parquet_folder(tmp_path, fresh()):
        pass
    assert (tmp_path / STATE).read_text() == '{"format": "new"'
