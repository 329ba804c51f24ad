from hypothesis import given
from hypothesis import strategies as st
from psycopg import adapters
from psycopg.abc import Dumper
from psycopg.adapt import Transformer
from psycopg.pq import Format

import projections.returns  # noqa: F401 - brings an adapter of its own
from infra.arrays import TextArray, WholeNumberArray


def written(dumper: type[Dumper], values: list[str] | list[int]) -> bytes:
    return bytes(dumper(list, Transformer()).dump(values) or b"")


def as_psycopg_writes(oid: int, values: list[str] | list[int]) -> bytes:
    return written(adapters.get_dumper_by_oid(oid, Format.BINARY), values)


@given(st.lists(st.text(st.characters(exclude_categories=["Cs"]), max_size=6), max_size=4))
def test_texts_are_written_as_psycopg_writes_them(texts: list[str]) -> None:
    assert written(TextArray, texts) == as_psycopg_writes(TextArray.oid, texts)


@given(st.lists(st.integers(-(2**63), 2**63 - 1), max_size=4))
def test_whole_numbers_are_written_as_psycopg_writes_them(numbers: list[int]) -> None:
    assert written(WholeNumberArray, numbers) == as_psycopg_writes(WholeNumberArray.oid, numbers)
