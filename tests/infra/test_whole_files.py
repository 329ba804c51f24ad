"""A file is there whole or not at all."""

from pathlib import Path

import pytest

from infra.whole_files import UNFINISHED, clear_unfinished, whole_file


def test_until_it_is_whole_the_old_file_stands(tmp_path: Path) -> None:
    path = tmp_path / "report.csv"
    path.write_bytes(b"old")
    with whole_file(path) as out:
        out.write(b"new")
        out.flush()
        assert path.read_bytes() == b"old"
    assert path.read_bytes() == b"new"
    assert list(tmp_path.iterdir()) == [path]


def test_what_fails_leaves_the_old_file_and_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "report.csv"
    path.write_bytes(b"old")

    def write() -> None:
        with whole_file(path) as out:
            out.write(b"half of the n")
            raise KeyError("row")

    with pytest.raises(KeyError):
        write()
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_what_a_killed_process_left_is_cleared_away(tmp_path: Path) -> None:
    kept = tmp_path / "month" / "part.parquet"
    kept.parent.mkdir()
    kept.write_bytes(b"whole")
    (kept.parent / f".part.parquet.4711{UNFINISHED}").write_bytes(b"ha")
    clear_unfinished(tmp_path)
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == [kept]
