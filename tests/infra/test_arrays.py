from typing import Any
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st
from psycopg import adapters
from psycopg.abc import Dumper
from psycopg.adapt import Transformer
from psycopg.pq import Format

import projections.returns  # noqa: F401 - brings an adapter of its own
from infra.arrays import (
    BlobsDumper,
    TextArray,
    TextsDumper,
    UuidsDumper,
    WholeNumberArray,
)


def written(dumper: type[Dumper], values: list[Any]) -> bytes:
    return bytes(dumper(list, Transformer()).dump(values) or b"")


def as_psycopg_writes(oid: int, values: list[Any]) -> bytes:
    return written(adapters.get_dumper_by_oid(oid, Format.BINARY), values)


@given(st.lists(st.text(st.characters(exclude_categories=["Cs"]), max_size=6), max_size=4))
def test_texts_are_written_as_psycopg_writes_them(texts: list[str]) -> None:
    assert written(TextArray, texts) == as_psycopg_writes(TextArray.oid, texts)


@given(st.lists(st.integers(-(2**63), 2**63 - 1), max_size=4))
def test_whole_numbers_are_written_as_psycopg_writes_them(numbers: list[int]) -> None:
    assert written(WholeNumberArray, numbers) == as_psycopg_writes(WholeNumberArray.oid, numbers)


@given(st.lists(st.text(st.characters(exclude_categories=["Cs"]), max_size=6), max_size=4))
def test_parameters_of_texts_are_written_as_psycopg_writes_them(texts: list[str]) -> None:
    assert written(TextsDumper, texts) == as_psycopg_writes(TextsDumper.oid, texts)


@given(st.lists(st.uuids(), max_size=4))
def test_parameters_of_ids_are_written_as_psycopg_writes_them(ids: list[UUID]) -> None:
    assert written(UuidsDumper, ids) == as_psycopg_writes(UuidsDumper.oid, ids)


@given(st.lists(st.binary(max_size=6), max_size=4))
def test_parameters_of_bytes_are_written_as_psycopg_writes_them(blobs: list[bytes]) -> None:
    assert written(BlobsDumper, blobs) == as_psycopg_writes(BlobsDumper.oid, blobs)
