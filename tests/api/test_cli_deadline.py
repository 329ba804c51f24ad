import json
import re
from base64 import b64encode
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from api.cli import main
from application.desk import Desk
from projections.deadline_telling import LANGUAGES
from tests.answered import Office
from tests.desks import MASTER_KEY

README = Path(__file__).parents[2] / "README.md"
EXEMPT = """
jurisdiction = "ge"

[[organisation]]
id = "registry"

[[override]]
from = 2026-01-05
to = 2026-01-06
kind = "working"
only = ["registry"]
reason = "exempt from the government's days off"
act = "Order of the director"
announced_on = 2025-12-24
"""
TARGET = """
jurisdiction = "az"

[[rule]]
id = "own-gen"
version = "1"
valid_from = 2016-01-01
starts = "registration"
length = 10
unit = "working-days"
counting = "from-next-day"
target_for = "az-a-gen"
source = "Order of the chair"
certainty = "SEED"
"""


@pytest.fixture(autouse=True)
def _settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KARGUZAR_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("COLUMNS", "200")


def karguzar(*words: str, **environ: str) -> Result:
    named = {f"KARGUZAR_{name.upper()}": value for name, value in environ.items()}
    return CliRunner().invoke(main, words, env=named)


def asked(*words: str, **environ: str) -> dict[str, Any]:
    ended = karguzar("deadline", *words, "--json", **environ)
    assert ended.exit_code == 0, ended.stderr
    found: dict[str, Any] = json.loads(ended.stdout)
    assert {"due", "due_at", "steps"} <= found.keys()
    return found


def due(line: str) -> str:
    return str(asked(*line.split())["due"])


@pytest.mark.parametrize(
    ("line", "day"),
    [
        ("az-a-fwd --from 2025-03-07", "2025-03-12"),
        ("az-a-fwd --from 2025-03-07 --as-known-on 2025-01-31", "2025-03-13"),
        ("az-a-gen --from 2026-03-19", "2026-04-20"),
        ("az-a-fwd --from 2026-03-18", "2026-04-01"),
        ("az-a-fwd --from 2024-12-26", "2024-12-29"),
        ("az-a-gen --from 2023-12-30", "2024-01-25"),
        ("az-a-study --from 2025-02-05 --as-known-on 2025-02-14", "2025-03-27"),
        ("az-a-study --from 2025-02-05 --as-known-on 2025-02-15", "2025-03-19"),
        ("az-a-study --from 2025-02-06 --as-known-on 2025-02-14", "2025-03-28"),
        ("az-a-study --from 2025-02-06", "2025-04-01"),
        ("az-a-study --from 2025-02-03 --as-known-on 2025-02-14", "2025-03-18"),
        ("az-a-study --from 2025-02-03", "2025-03-17"),
        ("az-a-reg --from 2025-03-08T23:50", "2025-03-10"),
        ("az-a-gen --from 2025-03-10", "2025-04-10"),
        ("az-a-gen --from 2025-03-08T23:50:00+04:00", "2025-04-09"),
        ("az-a-gen --from 2025-06-02", "2025-06-25"),
        ("az-a-gen --from 2025-06-02 --extend 30 --decided-on 2025-06-18", "2025-08-08"),
        ("az-a-gen --from 2025-06-02 --extend 30", "2025-08-08"),
        ("ge-app --from 2025-01-31", "2025-02-28"),
        ("ge-app --from 2026-01-31", "2026-03-02"),
        ("ge-app --from 2026-02-03", "2026-03-04"),
        ("ge-app --from 2025-12-05", "2026-01-08"),
        ("ge-handover --from 2026-04-08T19:00", "2026-04-14"),
        ("ge-handover --from 2026-04-08T17:59", "2026-04-08"),
        ("ge-pi --from 2026-04-30", "2026-05-11"),
        ("tr-3071 --from 2026-02-20", "2026-03-23"),
        ("tr-4982 --from 2025-03-20", "2025-04-14"),
        ("tr-corr-doc --from 2025-10-23", "2025-10-31"),
        ("az-a-nolook --from 2025-11-07", "2025-11-18"),
        ("az-a-reg --from 2025-12-30T20:30:00Z", "2026-01-05"),
        ("az-a-gen --from 2026-01-05", "2026-01-27"),
        ("AZ-A-GEN --from 2025-12-30", "2026-01-26"),
    ],
)
def test_the_worked_cases_come_out_as_a_lawyer_counts_them(line: str, day: str) -> None:
    assert due(line) == day


@pytest.mark.parametrize(
    ("line", "instant"),
    [
        ("az-i-life --from 2025-01-17T16:00", "2025-01-22T16:00:00+04:00"),
        ("az-i-oper --from 2025-01-17T16:00", "2025-01-18T16:00:00+04:00"),
        ("az-i-life --from 2026-03-19T17:00+04:00", "2026-04-01T17:00:00+04:00"),
        ("tr-corr-doc --from 2025-10-21", "2025-10-28T13:00:00+03:00"),
    ],
)
def test_hours_and_half_days_end_at_their_instant(line: str, instant: str) -> None:
    assert asked(*line.split())["due_at"] == instant


@pytest.mark.parametrize(
    ("line", "rule", "day"),
    [
        ("ge-pi --from 2026-04-30", "ge-pi-working-days", "2026-05-15"),
        ("tr-4982 --from 2025-03-20", "tr-4982-leave-skipped", "2025-04-17"),
    ],
)
def test_the_other_reading_stands_beside_the_earlier_date(line: str, rule: str, day: str) -> None:
    [reading] = asked(*line.split())["readings"]
    assert (reading["rule"], reading["due"]) == (rule, day)


def test_an_exempt_organisation_has_its_own_date(tmp_path: Path) -> None:
    file = tmp_path / "exempt.toml"
    file.write_text(EXEMPT)
    own = {"jurisdiction": "ge", "calendar_file": str(file)}
    words = ("ge-app", "--from", "2025-12-05")
    assert asked(*words, "--org", "registry", **own)["due"] == "2026-01-05"
    assert asked(*words, **own, organisation="registry")["due"] == "2026-01-05"
    assert asked(*words, **own)["due"] == "2026-01-08"


def test_the_departments_own_target_stands_beside_the_legal_date(tmp_path: Path) -> None:
    file = tmp_path / "own.toml"
    file.write_text(TARGET)
    found = asked("az-a-gen", "--from", "2025-06-02", rules_file=str(file))
    assert found["due"] == "2025-06-25"
    [target] = found["targets"]
    assert (target["rule"], target["due"]) == ("own-gen", "2025-06-19")
    shown = karguzar("deadline", "az-a-gen", "--from", "2025-06-02", rules_file=str(file))
    assert "own-gen" in shown.stdout


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_table_tells_the_working_in_each_language(language: str) -> None:
    words = ("az-a-fwd", "--from", "2025-03-07", "--language", language)
    shown = karguzar("deadline", *words)
    assert shown.exit_code == 0, shown.stderr
    found = asked(*words)
    assert found["text"] in shown.stdout
    assert found["steps"][0]["text"] in shown.stdout


def test_what_a_lawyer_has_to_confirm_says_so() -> None:
    unsure = karguzar("deadline", "az-a-reopen", "--from", "2025-03-07", "--language", "en")
    assert "a lawyer has to confirm it" in unsure.stdout
    sure = karguzar("deadline", "az-a-gen", "--from", "2025-03-07", "--language", "en")
    assert "lawyer" not in sure.stdout


@pytest.mark.parametrize(
    ("line", "status", "says"),
    [
        ("az-a-ge --from 2025-06-02", 2, "Did you mean az-a-gen"),
        ("az-a-ext-bar --from 2025-06-02", 2, "sets no term"),
        ("az-a-gen --from 2.6.2025", 1, "2025-06-02"),
        ("az-a-gen --from 2099-06-02", 1, "2099 is not in calendar"),
        ("az-a-gen --from 1999-06-02", 1, "No version of az-a-gen was in force"),
        ("az-i-life --from 2025-06-02", 1, "time of day is needed"),
        ("az-a-gen --from 2025-06-02 --org nobody", 2, "No calendar file speaks of"),
        ("az-a-gen --from 2025-06-02 --extend 30 --decided-on 2025-06-26", 1, "had to be by"),
        ("az-a-mil --from 2025-06-02 --extend 5", 1, "is not extended"),
        ("az-a-gen --from 2025-06-02 --pause x", 1, "GROUND:FROM:TO"),
        ("az-a-gen", 2, "--from"),
    ],
)
def test_what_can_not_be_worked_out_is_refused_in_words(line: str, status: int, says: str) -> None:
    ended = karguzar("deadline", *line.split())
    assert ended.exit_code == status
    assert says in " ".join(ended.stderr.split())
    assert "Traceback" not in ended.output


def test_the_options_may_come_before_the_rule() -> None:
    assert due("--from 2025-03-07 az-a-fwd") == "2025-03-12"


def test_the_rules_are_listed() -> None:
    listed = json.loads(karguzar("deadline", "rules", "--json").stdout)
    [general] = [each for each in listed if each["rule"] == "az-a-gen"]
    assert (general["length"], general["certainty"]) == (15, "S")
    georgian = karguzar("deadline", "rules", "--jurisdiction", "ge", "--language", "en").stdout
    assert "ge-handover" in georgian
    assert "az-a-gen" not in georgian


@pytest.mark.parametrize(
    ("name", "text", "says"),
    [
        ("rules_file", TARGET.replace("10", '"ten"'), ":9: length"),
        ("rules_file", TARGET.replace("az-a-gen", "az-a-gem"), "did you mean az-a-gen?"),
        ("calendar_file", EXEMPT.replace('"ge"', '"az"').replace("to =", "too ="), ":9: too"),
    ],
)
def test_a_wrong_file_stops_every_command_with_its_line(
    tmp_path: Path, name: str, text: str, says: str
) -> None:
    file = tmp_path / "own.toml"
    file.write_text(text)
    ended = karguzar("deadline", "rules", **{name: str(file)})
    assert ended.exit_code == 2
    assert says in "".join(ended.stderr.split("\n"))


def test_an_organisation_that_no_file_speaks_of_stops_the_start() -> None:
    ended = karguzar("deadline", "rules", organisation="nobody")
    assert ended.exit_code == 2
    assert "KARGUZAR_ORGANISATION" in ended.stderr


def readme_examples() -> Iterator[str]:
    for block in re.findall(r"```sh\n(.*?)```", README.read_text(encoding="utf-8"), re.DOTALL):
        for line in block.splitlines():
            words = line.partition("#")[0].removeprefix(".venv/bin/").strip()
            if words.startswith("karguzar deadline ") and "what-if" not in words:
                yield words.removeprefix("karguzar ")


@pytest.mark.parametrize("line", list(readme_examples()))
def test_the_examples_of_the_readme_run(line: str) -> None:
    ended = karguzar(*line.split())
    assert ended.exit_code == 0, ended.stderr


def test_the_readme_shows_what_the_command_says() -> None:
    text = README.read_text(encoding="utf-8")
    [shown] = re.findall(r"## Why this date.*?```text\n(.*?)```", text, re.DOTALL)
    first = next(readme_examples())
    ended = CliRunner().invoke(main, first.split(), env={"COLUMNS": "100"})
    assert [line.rstrip() for line in ended.stdout.splitlines()] == shown.splitlines()


@pytest.fixture
def office(desk: Desk, database: str) -> Iterator[Office]:
    office = Office(desk, database)
    yield office
    office.close()


def test_closed_cases_are_counted_under_another_term(office: Office) -> None:
    office.answered(working_days=12, unit="pensions")
    office.answered(working_days=3)
    key = b64encode(MASTER_KEY).decode()
    settings = {"database_url": office.database, "master_key": key}
    words = ("deadline", "what-if", "--rule", "az-a-gen", "--length", "10")
    ended = karguzar(*words, "--json", **settings)
    assert ended.exit_code == 0, ended.output
    counted = json.loads(ended.stdout)
    assert (counted["total"]["cases"], counted["unit"]) == (2, "working-days")
    assert {row["unit"] for row in counted["by_unit"]} == {"records", "pensions"}
    assert "late under 10 working days" in karguzar(*words, **settings).stdout


def test_another_term_of_no_rule_is_refused(database: str) -> None:
    settings = {"database_url": database, "master_key": b64encode(MASTER_KEY).decode()}
    ended = karguzar("deadline", "what-if", "--rule", "az-a-ge", "--length", "10", **settings)
    assert ended.exit_code == 2
    assert "Did you mean az-a-gen" in ended.stderr
