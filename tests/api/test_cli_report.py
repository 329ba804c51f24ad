"""`karguzar report` over the appeals worked by hand in tests/projections."""

import json
from base64 import b64encode
from collections.abc import Callable, Iterator
from pathlib import Path

import openpyxl
import pytest
from click.testing import CliRunner

from api.cli import main
from projections import READ_MODELS
from projections.report_figures import MODELS
from tests.desks import MASTER_KEY, migrated_database, new_desk
from tests.projections.logs import append, run_out, runner_for, tracking_in
from tests.projections.test_returns import twelve_appeals

Run = Callable[..., str]
NEEDED = tuple(model for model in READ_MODELS if model.name in {*MODELS, "register"})
YEAR = ("annual", "--period", "2026")


@pytest.fixture(scope="module")
def run(postgres: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Run]:
    with migrated_database(postgres) as database:
        desk = new_desk(database)
        append(desk, twelve_appeals().events)
        tracking = tracking_in(database)
        run_out(runner_for(desk, database, tracking, NEEDED))
        tracking.datastore.close()
        desk.close()
        environ = {
            "KARGUZAR_DATABASE_URL": database,
            "KARGUZAR_DATA_DIR": str(tmp_path_factory.mktemp("report")),
            "KARGUZAR_MASTER_KEY": b64encode(MASTER_KEY).decode(),
            "COLUMNS": "200",
        }

        def running(*words: str, status: int = 0) -> str:
            ended = CliRunner().invoke(main, ["report", *words], env=environ)
            assert ended.exit_code == status, ended.output
            return ended.output

        yield running


def test_a_report_is_written_once_and_is_the_same_twice(run: Run, tmp_path: Path) -> None:
    first, second = tmp_path / "first.xlsx", tmp_path / "second.xlsx"
    said = run(*YEAR, "--output", str(first))
    assert "the balance closes" in said
    run(*YEAR, "--output", str(second))
    assert first.read_bytes() == second.read_bytes()
    assert "2026" in openpyxl.load_workbook(first).worksheets[0]["A1"].value
    assert "is there already" in run(*YEAR, "--output", str(first), status=2)


def test_what_changed_since_is_told_with_its_events(run: Run, tmp_path: Path) -> None:
    found = json.loads(run(*YEAR, "--as-of", "1", "--restated", "--json"))
    received = next(
        each for each in found["figures"] if (each["metric"], each["by"]) == ("appeal.received", "")
    )
    registered = [each for each in found["events"] if each["event"] == "appeal-registered"]
    assert (received["was"], received["now"]) == (1, 1 + len(registered))
    file = tmp_path / "changes.docx"
    said = run(*YEAR, "--as-of", "1", "--restated", "--format", "docx", "--output", str(file))
    assert f"{len(found['events'])} events" in said
    assert "needs --as-of" in run(*YEAR, "--restated", status=2)


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("monthly", "--period", "2026"), "another kind of period"),
        (("annual", "--period", "soon"), "A period is written"),
        (("annual", "--period", "2031"), "has not begun"),
        ((*YEAR, "--unit", "nowhere"), "knew no such unit"),
    ],
    ids=["kind", "written", "ahead", "unit"],
)
def test_what_cannot_be_made_ends_with_a_sentence(
    run: Run, words: tuple[str, ...], sentence: str
) -> None:
    assert sentence in " ".join(run(*words, status=1).split())
