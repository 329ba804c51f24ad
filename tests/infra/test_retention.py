from datetime import date
from pathlib import Path

import pytest

from domain.case import CaseKind
from domain.retention import RetentionRule, Starts
from infra.retention import RetentionInvalid, read_retention, retention_rules

RULE = """[[rule]]
id = "own"
kind = "appeal"
starts = "closing"
years = 7
source = "Our nomenclature"
certainty = "SEED"
"""


def faults(tmp_path: Path, text: str) -> list[str]:
    file = tmp_path / "retention.toml"
    file.write_text(text)
    with pytest.raises(RetentionInvalid) as invalid:
        read_retention(file)
    return [sentence.removeprefix(f"{file}, ") for sentence in invalid.value.sentences]


@pytest.mark.parametrize("jurisdiction", ["az", "tr", "ge"])
def test_every_jurisdiction_has_rules_with_a_source_and_how_certain_it_is(
    jurisdiction: str,
) -> None:
    rules = retention_rules(jurisdiction)
    assert {rule.kind for rule in rules.rules} >= {CaseKind.APPEAL, CaseKind.ASSIGNMENT}
    assert all(rule.source and rule.certainty in ("I", "M") for rule in rules.rules)


def test_an_own_rule_comes_before_the_shipped_ones(tmp_path: Path) -> None:
    file = tmp_path / "own.toml"
    file.write_text(RULE)
    rules = retention_rules("az", file)
    application, proposal = (
        rules.of(CaseKind.APPEAL, subkind) for subkind in ("application", "proposal")
    )
    assert application
    assert proposal
    assert (application.id, application.years) == ("own", 7)
    assert proposal.id == "az-keep-proposal"
    assert rules.of(CaseKind.CALENDAR_DECISION, "off") is None


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        (RULE.replace("years = 7", "years = 0"), "line 5: years: Expected `int` >= 1"),
        (RULE.replace("years", "yaers"), "line 5: "),
        (RULE.replace('"appeal"', '"finding"'), "line 3: finding is kept for ever"),
        (RULE + RULE, "line 9: another rule is called own too"),
        (RULE.replace("[[rule]]", "[[rules]]"), "line 1: "),
        ("years = ", "line 1: "),
        (
            RULE.replace('"appeal"', '"assignment"\nsubkinds = ["meeting"]'),
            "line 4: only these have subkinds here",
        ),
    ],
)
def test_a_wrong_file_is_refused_with_line_and_reason(
    tmp_path: Path, text: str, fault: str
) -> None:
    assert any(sentence.startswith(fault) for sentence in faults(tmp_path, text))


@pytest.mark.parametrize(
    ("starts", "ended_on", "may_go_on"),
    [
        (Starts.CLOSING, date(2026, 4, 6), date(2031, 4, 6)),
        (Starts.CLOSING, date(2024, 2, 29), date(2029, 3, 1)),
        (Starts.END_OF_YEAR, date(2026, 1, 1), date(2032, 1, 1)),
        (Starts.END_OF_YEAR, date(2026, 12, 31), date(2032, 1, 1)),
    ],
)
def test_the_years_are_counted_from_the_day_or_from_the_new_year(
    starts: Starts, ended_on: date, may_go_on: date
) -> None:
    rule = RetentionRule(
        id="r", kind=CaseKind.APPEAL, starts=starts, years=5, source="s", certainty="I"
    )
    assert rule.may_go_on(ended_on) == may_go_on
