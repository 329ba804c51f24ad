from datetime import date
from pathlib import Path

import pytest

from domain.rule import ClockName, NoSuchClock, RuleWithoutTerm, Start, Unit
from infra.rulebook import RulesInvalid, rulebook
from infra.toml_lines import lines_of

OWN = """jurisdiction = "az"

[[rule]]
id = "our-answer"
version = "1"
valid_from = 2026-01-01
starts = "registration"
length = 10
unit = "working-days"
counting = "from-next-day"
target_for = "az-a-gen"
source = "order of the head of the department"
certainty = "SEED"
"""
LAWS = {
    "az": """AZ-A-REG AZ-A-FWD AZ-A-FWD-MULTI AZ-A-NOLOOK AZ-A-NOLOOK-ORAL AZ-A-GEN AZ-A-STUDY
        AZ-A-EXT AZ-A-EXT-BAR AZ-A-MIL AZ-A-URG AZ-A-ORAL AZ-A-REOPEN AZ-A-FWD-RCV AZ-A-OLD-GEN
        AZ-A-OLD-STUDY AZ-A-OLD-FWD AZ-I-GEN AZ-I-OPER AZ-I-LIFE AZ-I-DEF AZ-I-FWD AZ-I-FWD-PRIV
        AZ-I-REF AZ-I-OMB AZ-M-REPLY-CLAIM AZ-M-REPLY-PUB AZ-M-ONLINE AZ-M-FINE AZ-M-OUTLETFREE
        AZ-M-INQ""",
    "tr": """TR-3071 TR-3071-FWD TR-3071-NO TR-3071-RCPT TR-4982 TR-4982-FEE TR-4982-BAD
        TR-4982-BEDK TR-4982-SILENT TR-CIMER TR-CIMER-14 TR-CORR-DOC TR-CORR-INFO TR-CORR-TIMED
        TR-PRESS""",
    "ge": """GE-APP GE-APP-15 GE-CHECK GE-CURE GE-FWD GE-PI GE-PI-REF GE-COMPL GE-HANDOVER GE-ROLL
        GE-ANNUAL""",
}


def own(folder: Path, text: str) -> Path:
    file = folder / "own.toml"
    file.write_text(text, encoding="utf-8")
    return file


def faults(folder: Path, text: str) -> list[str]:
    """The sentences about an own file, without the folder."""
    with pytest.raises(RulesInvalid) as raised:
        rulebook("az", own(folder, text))
    return [sentence.removeprefix(f"{folder}/") for sentence in raised.value.sentences]


def changed(**values: str) -> str:
    """OWN with keys set, added, or, where the value is empty, taken out."""
    lines = OWN.splitlines()
    for key, value in values.items():
        line = f"{key} = {value}"
        at = [n for n, each in enumerate(lines) if each.startswith(f"{key} =")]
        if at:
            lines[at[0]] = line if value else ""
        else:
            lines.append(line)
    return "\n".join(lines)


@pytest.mark.parametrize("jurisdiction", LAWS)
def test_every_rule_of_the_law_is_shipped(jurisdiction: str) -> None:
    book = rulebook(jurisdiction)
    assert {name.lower() for name in LAWS[jurisdiction].split()} <= {*book.rules, *book.norms}


@pytest.mark.parametrize("jurisdiction", LAWS)
def test_a_date_that_an_official_set_has_a_rule_everywhere(jurisdiction: str) -> None:
    version = rulebook(jurisdiction).version_for("chosen", date(2026, 1, 1))
    assert (version.unit, version.version) == (Unit.CHOSEN, "1")


def test_the_old_regime_ends_where_the_new_one_begins() -> None:
    book = rulebook("az")
    assert book.version_for("az-a-old-gen", date(2015, 12, 31)).length == 15
    assert book.version_for("az-a-gen", date(2016, 1, 1)).length == 15


def test_an_extension_is_a_rule_that_others_name() -> None:
    extension = rulebook("az").version_for("az-a-gen", date(2026, 1, 1)).extension
    assert extension
    assert (extension.rule, extension.length, extension.base, extension.times) == (
        "az-a-ext",
        30,
        Start.DUE,
        1,
    )


def test_what_the_law_says_without_a_term_is_told() -> None:
    with pytest.raises(RuleWithoutTerm, match="not law"):
        rulebook("tr").version_for("TR-CIMER-14", date(2026, 1, 1))


def test_a_clock_has_a_usual_rule_and_others_to_choose() -> None:
    rules = rulebook("az").rules_for("appeal", "complaint", ClockName.ANSWER)
    assert rules[:4] == ("az-a-gen", "az-a-study", "az-a-mil", "az-a-urg")
    with pytest.raises(NoSuchClock):
        rulebook("az").rules_for("assignment", "", ClockName.FORWARD)


def test_a_departments_own_target_stands_beside_the_legal_date(tmp_path: Path) -> None:
    book = rulebook("az", own(tmp_path, OWN))
    [target] = book.targets_of("az-a-gen", date(2026, 2, 1))
    assert (target.rule, target.length) == ("our-answer", 10)
    assert not book.targets_of("az-a-gen", date(2025, 12, 31))


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        (changed(lenght="3"), "own.toml:14: there is no key lenght: did you mean length?"),
        (changed(source=""), "own.toml:3: source is missing"),
        (changed(length='"ten"'), "own.toml:8: length: Expected `int`, got `str`"),
        (changed(certainty='"maybe"'), "own.toml:13: certainty: Invalid enum value 'maybe'"),
        (changed(length="-1"), "own.toml:8: our-answer: length is negative"),
        (changed(length="0"), "own.toml:8: our-answer: a term from-next-day needs a length"),
        (changed(roll='"next-working-day"'), "own.toml:14: our-answer: working-days can't roll"),
        (
            changed(unit='"clock-hours"'),
            "own.toml:10: our-answer: clock-hours can't be counted from-next-day",
        ),
        (
            changed(counting='"same-day"'),
            "own.toml:8: our-answer: a term on the same day takes no length",
        ),
        (
            changed(unit='"yearly"', length="0", month="2", day="30"),
            "own.toml:14: our-answer: yearly needs a month and a day that exist",
        ),
        (
            changed(valid_to="2025-12-31"),
            "own.toml:14: our-answer: valid_to is before valid_from",
        ),
        (
            changed(readings='["az-a-gne"]'),
            "own.toml:14: our-answer: there is no rule az-a-gne: did you mean az-a-gen?",
        ),
        (
            changed(target_for='"our-answer"'),
            "own.toml:11: our-answer: a rule can't name itself here",
        ),
        (
            changed(target_for='"az-a-old-gen"'),
            "own.toml:11: our-answer: no version of az-a-old-gen is in force as long as this one",
        ),
        (
            changed(extension='"az-a-fwd"'),
            "own.toml:14: our-answer: az-a-fwd is no extension: it has to start at due, start",
        ),
        (
            changed(extension='"az-a-ext"', extension_barred='"never"'),
            "own.toml:15: our-answer: extension and extension_barred contradict each other",
        ),
        (
            changed(starts='"due"'),
            "own.toml:3: our-answer: an extension needs times, 1 or more",
        ),
        (
            changed(times="2"),
            "own.toml:14: our-answer: times is for extensions, which start at due, start",
        ),
        (
            changed(pauses='["court"]', restarts='["court"]'),
            "own.toml:15: our-answer: court can't both pause and restart",
        ),
        (
            changed(office_hours="true"),
            "own.toml:14: our-answer: office_hours is for working days counted same-day",
        ),
        (OWN.replace('"az"', '"tr"', 1), 'own.toml:1: has to say jurisdiction = "az"'),
        (
            OWN.replace("[[rule]]", "[rule]"),
            "own.toml:3: rule isn't [[rule]] or [[norm]] or [[clock]]",
        ),
        (
            OWN.replace("our-answer", "az-a-gen").replace("target_for", "#"),
            "own.toml:6: az-a-gen: version 2016 is still in force then",
        ),
        (
            OWN + '\n[[clock]]\ncase = "appeal"\nkinds = ["sorgu"]\nclock = "hand-over"\n'
            'rules = ["our-answr"]\n',
            "own.toml:19: there is no rule our-answr: did you mean our-answer?",
        ),
        (
            OWN + '\n[[clock]]\ncase = "appeal"\nclock = "answer"\nrules = ["our-answer"]\n',
            "own.toml:17: appeal has another clock answer",
        ),
        (OWN + "\nnote = \n", "own.toml:15: isn't TOML: Invalid value (at line 15, column 8)"),
    ],
)
def test_a_wrong_file_is_refused_with_its_line_and_reason(
    text: str, fault: str, tmp_path: Path
) -> None:
    told = faults(tmp_path, text)
    assert any(sentence.startswith(fault) for sentence in told), told


def test_a_wrong_unit_is_answered_with_those_there_are(tmp_path: Path) -> None:
    [fault] = faults(tmp_path, changed(unit='"weeks"'))
    assert fault.startswith("own.toml:9: unit: has to be one of working-days, calendar-days")


def test_all_faults_are_told_at_once(tmp_path: Path) -> None:
    second = changed(id='"other"', valid_from='"soon"').partition("\n\n")[2]
    told = faults(tmp_path, changed(length="-1", roll='"next-working-day"') + "\n" + second)
    assert [sentence.split(":")[1] for sentence in told] == ["18", "8", "14"]


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RulesInvalid, match="can't be read"):
        rulebook("az", tmp_path / "missing.toml")


def test_lines_are_found_past_texts_of_several_lines_and_other_tables() -> None:
    text = 'a = 1\n[[rule]]\nb = """\n[[rule]]\nb = 3\n"""\n[[norm]]\nb = 1\n[[rule]]\nb = 2\n'
    assert lines_of(text) == {
        ("", 0, "a"): 1,
        ("rule", 0, None): 2,
        ("rule", 0, "b"): 3,
        ("norm", 0, None): 7,
        ("norm", 0, "b"): 8,
        ("rule", 1, None): 9,
        ("rule", 1, "b"): 10,
    }
