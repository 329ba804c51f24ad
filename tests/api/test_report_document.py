"""A report's figures as tables, and what is said where they don't close."""

from datetime import UTC, date, datetime
from typing import Any

import pytest

from api.report_document import MadeReport, report_document
from domain.report_definition import DEFINITION_VERSION, FigureKey
from domain.report_period import PeriodKind, ReportPeriod
from infra.code_names import CodeNames
from infra.reports.document import ReportDocument, Table
from infra.reports.words import words
from projections.known_organisation import KnownOrganisation
from projections.report_figures import Mismatch, Number, ReportFigures

MONTH = ReportPeriod.of(PeriodKind.MONTHLY, "2026-10")
SAID = words("en")
RECEIVED = "appeal.received"


def figures(period: ReportPeriod, **changes: Any) -> ReportFigures:
    told: dict[FigureKey, Number] = {
        FigureKey(RECEIVED): 30,
        FigureKey(RECEIVED, "region", "baku"): 20,
        FigureKey(RECEIVED, "region", "ganja"): 10,
        FigureKey("appeal.held-minutes"): 90,
        FigureKey("appeal.held-minutes", "outcome", "unit"): 90,
    }
    given: dict[str, Any] = {
        "period": period,
        "definition": DEFINITION_VERSION,
        "units": None,
        "confidential": False,
        "position": 17,
        "known_at": datetime(2026, 10, 20, tzinfo=UTC),
        "ended_at": 17,
        "overdue_on": date(2026, 11, 1),
        "figures": told,
        "mismatches": [],
    }
    return ReportFigures(**(given | changes))


def document(now: ReportFigures, **changes: Any) -> ReportDocument:
    given: dict[str, Any] = {
        "now": now,
        "before": figures(MONTH.year_before, figures={FigureKey(RECEIVED): 40}),
        "unit": None,
        "organisation": KnownOrganisation({}, {"pensions": "Pensions department"}, {}),
        "zone": UTC,
    }
    made = MadeReport(**(given | changes))
    return report_document(made, "en")


def table(of: ReportDocument, name: str) -> Table:
    [found] = [each for section in of.sections for each in section.tables if each.id == name]
    return found


def test_last_year_stands_beside_the_period_with_the_change() -> None:
    rows = table(document(figures(MONTH)), "received-in-all").rows
    assert rows[0] == (SAID.metrics["received"], 30, 40, -10, -25.0)


def test_rates_are_told_where_the_people_of_a_region_are_known() -> None:
    without = table(document(figures(MONTH)), "appeal-received-by-region")
    known = document(figures(MONTH), people={"baku": 4000}, people_source="Yearbook")
    rates = table(known, "appeal-received-by-region")
    assert SAID.columns["thousand"] not in [column.heading for column in without.columns]
    assert [(row[0], row[-2], row[-1]) for row in rates.rows] == [
        ("baku", 20 / 30, 5.0),
        ("ganja", 10 / 30, None),
    ]
    assert any("Yearbook" in note for note in known.notes)


def test_regions_are_called_by_their_names_and_else_by_their_codes() -> None:
    named = document(figures(MONTH), codes=CodeNames(region={"baku": {"en": "Baku"}}))
    rows = table(named, "appeal-received-by-region").rows
    assert [row[0] for row in rows] == ["Baku", "ganja"]


def test_what_is_kept_back_is_marked() -> None:
    unseen = frozenset({FigureKey(RECEIVED, "region", "ganja")})
    kept = document(figures(MONTH), kept_back=unseen, small_told=False)
    rows = table(kept, "appeal-received-by-region").rows
    assert rows[0] == ("baku", 20, 0, 20, None, 20 / 30)
    assert rows[-1] == ("ganja", SAID.kept_back, 0, None, None, None)
    assert any(SAID.kept_back in note for note in kept.notes)


@pytest.mark.parametrize("unseen", ["appeal.held-now", "appeal.held-minutes"])
def test_who_holds_the_cases_is_drawn_as_shares_where_no_count_is_kept_back(unseen: str) -> None:
    now = FigureKey("appeal.held-now", "outcome", "unit")
    held = figures(MONTH, figures={now: 9, FigureKey(now.metric): 9})
    assert table(document(held), "appeal-held-now-by-outcome").shares
    of_holder = frozenset({FigureKey(unseen, "outcome", "signatory")})
    kept = document(held, kept_back=of_holder, small_told=False)
    assert table(kept, "appeal-held-now-by-outcome").shares is None


def test_the_course_of_a_month_stands_beside_last_years_day_by_day() -> None:
    day = FigureKey(RECEIVED, "day", "03")
    now = figures(MONTH, figures={day: 2, FigureKey(RECEIVED, "day", "05"): 28})
    before = figures(MONTH.year_before, figures={day: 40})
    rows = table(document(now, before=before), "appeal-over-time").rows
    assert len(rows) == 31
    assert rows[2] == ("3 Oct", 2, 40, 0, 0)
    assert rows[4][:3] == ("5 Oct", 28, 0)
    assert rows[-1] == ("31 Oct", None, 0, None, 0), "the register was on 20 October"


def test_a_leap_day_has_a_row_in_both_years() -> None:
    leap, plain = (ReportPeriod.of(PeriodKind.MONTHLY, f"{year}-02") for year in (2024, 2025))
    days = {FigureKey(RECEIVED, "day", "28"): 1, FigureKey(RECEIVED, "day", "29"): 3}
    last = {}
    for now, before in ((leap, plain.year_before.year_before), (plain, leap)):
        told = document(figures(now, figures=days), before=figures(before, figures=days))
        course = table(told, "appeal-over-time")
        assert course.course
        last[now.year] = (course.rows[-1][:3], course.course.on[-1])
    assert last[2025] == (("29 Feb", None, 3), None)
    assert last[2024] == (("29 Feb", 3, None), date(2024, 2, 29))


def test_a_balance_that_does_not_close_is_named_on_the_first_page() -> None:
    wrong = Mismatch(kind="appeal", unit="pensions", reckoned=12, counted=11)
    told = document(figures(MONTH, mismatches=[wrong]))
    [sentence] = told.differs
    assert {"Appeals", "department:", "12", "11"} <= set(sentence.replace(",", "").split())
    assert told.closes == ""
    assert table(told, "balance-by-kind").rows[0][-1] == SAID.no
    assert document(figures(MONTH)).closes == SAID.notes["reconciles"]


def test_minutes_are_told_in_hours() -> None:
    held = table(document(figures(MONTH)), "appeal-held-minutes-by-outcome")
    assert held.rows[0][:2] == (SAID.values["unit"], 2)


def test_a_period_under_way_says_so() -> None:
    running = document(figures(MONTH, overdue_on=date(2026, 10, 20)))
    assert SAID.notes["part"] in running.notes
    assert SAID.notes["part"] not in document(figures(MONTH)).notes
