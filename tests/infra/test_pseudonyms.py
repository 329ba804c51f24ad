"""Pseudonyms: the same for one purpose, others for each, and nothing to be told from them."""

from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from infra.keys import PersonKey
from infra.pseudonyms import Pseudonyms, PurposeNotFitting

KEY, OTHER_KEY = PersonKey(bytes(range(32))), PersonKey(bytes(32))
STUDY = Pseudonyms.of(KEY, "workload-study")
AGAIN = Pseudonyms.of(KEY, "workload-study")
OTHERS = (Pseudonyms.of(KEY, "workload-study-2"), Pseudonyms.of(OTHER_KEY, "workload-study"))


@given(st.uuids())
def test_a_case_has_one_pseudonym_for_a_purpose_of_a_register(case_id: UUID) -> None:
    assert STUDY.of_case(case_id) == AGAIN.of_case(case_id)
    assert len({each.of_case(case_id) for each in (STUDY, *OTHERS)}) == 3
    assert case_id.hex[:8] not in STUDY.of_case(case_id)


@given(st.uuids(), st.uuids())
def test_two_ids_have_two_pseudonyms_whatever_they_are_of(one: UUID, other: UUID) -> None:
    names = {STUDY.of_case(one), STUDY.of_thread(one), STUDY.of_visit(one)}
    names.add(STUDY.of_official(str(one)))
    assert len(names) == 4
    assert (STUDY.of_case(one) == STUDY.of_case(other)) == (one == other)


def test_the_mark_tells_purposes_and_registers_apart() -> None:
    assert STUDY.mark == AGAIN.mark
    assert len({each.mark for each in (STUDY, *OTHERS)}) == 3


@pytest.mark.parametrize("purpose", ["", "ab", "Study", "öyrənmə", "study\n", " study", "s" * 101])
def test_what_is_no_purpose_is_refused(purpose: str) -> None:
    with pytest.raises(PurposeNotFitting, match="A purpose has"):
        Pseudonyms.of(KEY, purpose)
