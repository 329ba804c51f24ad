"""Who may import whom, and how long a module may grow."""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
LAYERS = ("domain", "application", "projections", "api", "infra")
MODULES = sorted(path for layer in LAYERS for path in (ROOT / layer).rglob("*.py"))
NAMES = [str(path.relative_to(ROOT)) for path in MODULES]

AGGREGATES = ("appeal", "assignment", "cause", "finding", "media_inquiry", "reception")
AGGREGATE_LINES = 1_250
LINES = 450
LONGER = {
    "application/demo_appeals.py": 510,
    "infra/case_file_verifier.py": 570,
    "projections/due_dates.py": 730,
    "projections/register.py": 790,
    "projections/work.py": 640,
}
"""Modules that go through every event of a kind, or of all of them; the verifier of case files
is one file because it goes out alone."""

API_SEES_INFRA = {
    "api/analytics.py": "what rows of the analysts' views are written as",
    "api/analytics_composition.py": "the composition root of what analysts read",
    "api/app.py": "the composition root of a worker",
    "api/case_file.py": "the archive, the proofs, the verifier and the typesetting",
    "api/case_file_parts.py": "the names that the verifier knows; what it is made of",
    "api/composition.py": "the composition root of everything else",
    "api/cli.py": "settings and logging",
    "api/cli_analyst.py": "settings; makes logins, and what they may take",
    "api/analytics_page.py": "what a login may take of the database",
    "api/cli_audit.py": "settings; the application's role; puts the look on record",
    "api/cli_export.py": "settings; the stored row; the application's role",
    "api/cli_export_analysts.py": "settings; the application's role; pseudonyms; whole files",
    "api/cli_deadline.py": "settings; the calendars' years; the application's role",
    "api/cli_as_of.py": "settings; the application's role",
    "api/cli_calendar.py": "settings",
    "api/cli_repeats.py": "the model of people, and the words of its reasons",
    "api/cli_conformance.py": "settings; the application's role",
    "api/cli_demo.py": "settings; enters the organisation",
    "api/cli_import.py": "settings; the calendar",
    "api/cli_notices.py": "settings",
    "api/cli_read.py": "settings; the application's role",
    "api/cli_instants.py": "settings",
    "api/cli_returns.py": "settings; the application's role",
    "api/cli_register.py": "settings; is there a database, and has it all its tables",
    "api/cli_master_key.py": "settings; wraps the keys anew",
    "api/cli_retention.py": "settings; the rules of retention",
    "api/cli_report.py": "settings; the application's role; the languages of reports",
    "api/report_document.py": "the tables, charts and words of a report",
    "api/report_making.py": "the names of topics and regions",
    "api/report_forms.py": "what a report is written as",
    "api/reports.py": "the languages of reports; the names and people of the regions",
    "api/pages/reports.py": "the words of figures",
    "api/restated_document.py": "the tables and words of a report",
    "api/repeat_looks.py": "the type of the secret that a look is made with",
    "api/repeats_composition.py": "the composition root of the search for repeats",
    "api/retention_composition.py": "the composition root of retention and destruction",
    "api/cli_serve.py": "settings; migrates",
    "api/cli_verify.py": "settings; the check of the whole log",
    "api/development_issuer.py": "settings",
    "api/documents.py": "the keys; the log's lock; whether a case was destroyed",
    "api/pages/figures.py": "the specifications of charts",
    "api/pages/months.py": "the specification of a chart",
    "api/pages/claims.py": "the form of a unit's report, and the words of its figures",
    "api/operator.py": "the application's role; puts the look on record",
    "api/pages/sign_in.py": "the issuer's own refusals at sign-in",
    "api/problems.py": "the group commit's own refusal",
    "api/register_state.py": "the types of what a worker holds",
    "api/serve.py": "settings and logging",
    "api/unit_report_forms.py": "the form as a workbook, and the languages it is in",
    "api/unit_reports_composition.py": "the composition root of the comparison of units' reports",
}
APPLICATION_SEES_INFRA = {
    "application/desk.py": "the event store",
    "application/policy_desk.py": "the position of the policies",
    "application/calendar_desk.py": "the event store: it writes moved due dates by the thousand",
    "application/proposals.py": "looks whom there are keys of",
    "application/links_in_force.py": "reads links under the log's lock",
    "application/destruction_desk.py": "deletes keys, and looks whom they are of",
    "application/unit_report_desk.py": "which reports of units wait",
    "application/rounds.py": "shows its failures among the stopped consumers",
    "application/demo_cast.py": "the units and officials of the demo",
    "application/demo.py": "enters the units and officials of the demo",
}
SEES_EVENTSOURCING = {
    "application/desk.py": "the library's application",
    "application/calendar_desk.py": "the library's stored event",
    "projections/runner.py": "the library's errors of persistence",
    "projections/rebuild.py": "the library's error for a position taken twice",
    "api/composition.py": "the library's environment",
    "api/problems.py": "the library's errors of persistence",
}


def imported(path: Path) -> Iterator[str]:
    """The dotted names that a module imports, inside functions too."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: imports are absolute"
            yield str(node.module)


def packages(name: str) -> set[str]:
    return {module.partition(".")[0] for module in imported(ROOT / name)}


def importers(package: str, layer: str) -> set[str]:
    return {name for name in NAMES if name.startswith(f"{layer}/") and package in packages(name)}


@pytest.mark.parametrize("name", [name for name in NAMES if name.startswith("domain/")])
def test_the_domain_imports_msgspec_and_the_standard_library_only(name: str) -> None:
    assert packages(name) <= {"domain", "msgspec"} | sys.stdlib_module_names


def test_the_application_knows_neither_api_nor_projections() -> None:
    assert not importers("api", "application")
    assert not importers("projections", "application")


def test_projections_know_neither_application_nor_api() -> None:
    assert not importers("application", "projections")
    assert not importers("api", "projections")


def test_infra_knows_none_of_the_layers_above_it() -> None:
    for layer in ("application", "projections", "api"):
        assert not importers(layer, "infra")


def test_api_sees_infra_only_where_it_is_put_together() -> None:
    assert importers("infra", "api") == set(API_SEES_INFRA)


def test_the_application_sees_infra_only_at_its_desks() -> None:
    assert importers("infra", "application") <= set(APPLICATION_SEES_INFRA)


def test_eventsourcing_is_seen_in_few_places_outside_infra() -> None:
    above = [importers("eventsourcing", layer) for layer in LAYERS if layer != "infra"]
    assert set().union(*above) == set(SEES_EVENTSOURCING)


@pytest.mark.parametrize("name", NAMES)
def test_a_module_is_short_enough_to_read(name: str) -> None:
    path = ROOT / name
    aggregate = path.parent.name == "domain" and path.stem in AGGREGATES
    limit = AGGREGATE_LINES if aggregate else LONGER.get(name, LINES)
    assert len(path.read_text().splitlines()) <= limit
