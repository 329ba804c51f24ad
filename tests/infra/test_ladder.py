"""The ladder's file: what is shipped, and what is refused with its line and reason."""

from itertools import pairwise
from pathlib import Path
from typing import get_args

import pytest

from domain.ladder import WatchedClock
from domain.notice import Stage
from infra.ladder import LadderInvalid, read_ladder

STEP = """\
[[step]]
name = "two-days-left"
stage = "approaching"
working_days = 2
clocks = ["answer"]
to = ["executor"]
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "ladder.toml"


def refused(file: Path, text: str) -> list[str]:
    file.write_text(text)
    with pytest.raises(LadderInvalid) as raised:
        read_ladder(file)
    assert all(sentence.startswith(f"{file}, line ") for sentence in raised.value.sentences)
    return [sentence.removeprefix(f"{file}, ") for sentence in raised.value.sentences]


def test_the_shipped_ladder_can_be_used_and_watches_every_clock() -> None:
    ladder = read_ladder()
    assert {step.stage for step in ladder} == set(Stage)
    assert {clock for step in ladder for clock in step.clocks} == set(get_args(WatchedClock))


def test_who_is_escalated_to_stays_told_when_it_goes_further_up() -> None:
    escalated = sorted(
        (step for step in read_ladder() if step.stage is Stage.ESCALATED),
        key=lambda step: -step.working_days,
    )
    for earlier, later in pairwise(escalated):
        assert set(earlier.to) <= set(later.to)


def test_an_installation_has_a_ladder_of_its_own(file: Path) -> None:
    file.write_text(STEP)
    (step,) = read_ladder(file)
    assert (step.name, step.working_days, step.to) == ("two-days-left", 2, ("executor",))


@pytest.mark.parametrize(
    ("written", "instead", "line", "reason"),
    [
        ("working_days = 2", "working_days = 0", 4, "1 to 250 working days ahead"),
        ("working_days = 2", "working_days = 251", 4, "1 to 250 working days ahead"),
        ("working_days = 2", 'working_days = "2"', 4, "working_days: Expected `int`"),
        ('"approaching"', '"due-today"', 4, "0 working days left"),
        ('"approaching"', '"overdue"', 4, "overdue comes after the due date"),
        ('"approaching"', '"late"', 3, "'late' is no stage: approaching, due-today"),
        ('["answer"]', '["answers"]', 5, "clocks is a list of answer, internal"),
        ('["answer"]', "[]", 5, "clocks names nothing"),
        ('["answer"]', '["answer", "answer"]', 5, "answer is named twice"),
        ('["executor"]', '["everyone"]', 6, "to is a list of executor, unit-head"),
        ('["executor"]', '["asked-unit"]', 6, "there is an asked-unit"),
        ('"two-days-left"', '"Two days left"', 2, "name: "),
        ("to =", "tell =", 6, "unknown field `tell`"),
        ('to = ["executor"]\n', "", 1, "missing required field `to`"),
        ("[[step]]", "[[steps]]", 1, "nothing a ladder has"),
        ("[[step]]", "[[step]", 1, ""),
    ],
)
def test_a_wrong_file_is_refused_with_line_and_reason(
    file: Path, written: str, instead: str, line: int, reason: str
) -> None:
    sentences = refused(file, STEP.replace(written, instead))
    assert any(s.startswith(f"line {line}: ") and reason in s for s in sentences), sentences


def test_only_information_is_chased(file: Path) -> None:
    chased = STEP.replace('"approaching"', '"chased"').replace("= 2", "= -2")
    assert refused(file, chased) == ['line 5: only information is chased: ["information"]']


def test_all_faults_are_told_at_once_in_the_order_of_the_file(file: Path) -> None:
    wrong = STEP.replace("= 2", "= -2") + STEP.replace('"executor"', '"boss"') + "\n" + STEP
    sentences = refused(file, wrong)
    assert [sentence.partition(":")[0] for sentence in sentences] == [
        "line 4",
        "line 12",
        "line 15",
    ]
    assert "another step is called two-days-left too" in sentences[2]


def test_two_steps_of_which_neither_is_the_later_are_refused(file: Path) -> None:
    again = STEP.replace('name = "two-days-left"', 'name = "two-days-left-heads"')
    (sentence,) = refused(file, STEP + again)
    assert sentence.startswith("line 11: two-days-left is approaching for answer on the same day")


def test_a_file_without_steps_or_none_at_all_is_refused(file: Path) -> None:
    assert refused(file, "") == ["line 1: a ladder has at least one [[step]]"]
    with pytest.raises(LadderInvalid, match="can't be read: FileNotFoundError"):
        read_ladder(file.with_name("nowhere.toml"))
