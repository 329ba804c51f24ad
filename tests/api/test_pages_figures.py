"""What the pages draw of figures: charts as specifications, bars, and comparisons in words."""

from datetime import date, timedelta
from typing import Any

import pytest
import vl_convert
from hypothesis import given, settings
from hypothesis import strategies as st
from markupsafe import Markup
from msgspec import json

from api.dashboard_pages import Rate, Told, UnitRow
from api.pages.charts import Bar, Part, Point, over_time, split
from api.pages.figures import Drawing, as_json, change_told, periods, unit_lines, value_name
from api.pages.words import LANGUAGES, Words
from projections.figures import Figure
from projections.telling import Names
from tests.domain.spec import BAKU

ENGLISH = Words("en", BAKU)
NAMES = Names({"aliyev": "Aliyev"}, {"a": "Arxiv", "ç": "Çağrı"}, BAKU)
MONTHS = {
    "az": ("yan", "fev"),
    "tr": ("Oca", "Şub"),
    "ka": ("იან", "თებ"),
    "en": ("Jan", "Feb"),
    "ru": ("янв.", "февр."),
}
DAYS = [Point(on=date(2026, 10, day), count=day, url=f"/pages/list?day={day}") for day in (1, 2, 3)]


def told(figure: Figure, value: int) -> Told:
    return Told(figure=figure, value=value, drill=f"figure={figure}")


def unit_row(unit: str, open_: int, overdue: int, soon: int) -> UnitRow:
    none = told(Figure.RECEIVED, 0)
    return UnitRow(
        unit=unit,
        open=told(Figure.OPEN, open_),
        overdue=told(Figure.OVERDUE, overdue),
        due_this_week=told(Figure.DUE_THIS_WEEK, soon),
        received=none,
        closed=none,
        on_time=Rate(part=none, whole=none, share=None),
    )


def drawn(spec: dict[str, Any]) -> str:
    return str(vl_convert.vegalite_to_svg({**spec, "width": 400}, allowed_base_urls=[]))


def test_a_course_is_drawn_with_the_year_before_as_a_broken_line() -> None:
    spec = over_time(DAYS, DAYS, ("This period", "A year earlier"), "en")
    svg = drawn(spec)
    assert svg.count("stroke-dasharray") >= 1
    for text in ("This period", "A year earlier", "1 Oct", "3 Oct"):
        assert f">{text}<" in svg
    assert "/pages/list?day=2" in svg


def test_bars_are_split_into_the_shares_of_their_parts() -> None:
    parts = [Part(part=each, name=each, colour="--chart-1") for each in ("mine", "yours")]
    rows = [Bar(name="Open", part="mine", count=3), Bar(name="Open", part="yours", count=1)]
    compiled = vl_convert.vegalite_to_vega(split(rows, parts, "en"))
    assert any(
        transform.get("offset") == "normalize"
        for source in compiled["data"]
        for transform in source.get("transform", [])
    )
    assert ">100%<" in drawn(split(rows, parts, "en"))


@pytest.mark.parametrize("language", [*LANGUAGES, *reversed(LANGUAGES)])
def test_a_chart_names_months_in_its_own_language_whatever_was_read_before(language: str) -> None:
    spec = over_time(DAYS, DAYS, ("a", "b"), language)
    assert tuple(spec["config"]["locale"]["time"]["shortMonths"][:2]) == MONTHS[language]


def test_months_are_named_alone_where_a_language_has_a_form_for_that() -> None:
    months = [Point(on=date(2026, 5, 1), count=1)]
    spec = over_time(months, months, ("a", "b"), "ru")
    assert spec["config"]["locale"]["time"]["shortMonths"][4] == "май"


@settings(max_examples=40, deadline=None)
@given(
    st.lists(
        st.tuples(st.integers(0, 500), st.integers(0, 500), st.integers(0, 500)),
        min_size=1,
        max_size=6,
    )
)
def test_bars_of_units_never_leave_their_scale(counts: list[tuple[int, int, int]]) -> None:
    rows = [
        unit_row(str(place), overdue + soon + later, overdue, soon)
        for place, (overdue, soon, later) in enumerate(counts)
    ]
    lines = unit_lines(rows, NAMES, ENGLISH)
    assert [line.row.overdue.value for line in lines] == sorted(
        (overdue for overdue, _, _ in counts), reverse=True
    )
    for line in lines:
        at = 0.0
        for share in line.shares:
            assert share.at == pytest.approx(at, abs=0.05)
            at += share.width
        assert at <= 100.05


def test_units_alike_stand_in_the_order_of_the_readers_alphabet() -> None:
    rows = [unit_row("ç", 1, 0, 0), unit_row("a", 1, 0, 0)]
    names = [line.name for line in unit_lines(rows, NAMES, Words("az", BAKU))]
    assert names == ["Arxiv", "Çağrı"]


@pytest.mark.parametrize(
    ("now", "before", "says"),
    [
        (120, 100, "20% more than a year earlier"),
        (90, 100, "10% less than a year earlier"),
        (100, 100, "as many as a year earlier"),
        (5, 0, None),
        (None, 100, None),
        (100, None, None),
    ],
)
def test_a_count_is_compared_with_the_year_before_where_there_was_one(
    now: int | None, before: int | None, says: str | None
) -> None:
    assert change_told(now, before, ENGLISH) == says


def test_a_sentence_takes_markup_for_its_numbers_and_escapes_all_else() -> None:
    drawing = Drawing(ENGLISH, NAMES)
    part, whole = Markup("<a>1</a>"), Markup("<a>2</a>")
    said = drawing.sentence("figures.notes.on_time", part=part, whole=whole)
    assert said == "<a>1</a> of <a>2</a> answers were given within the term of the law."


def test_a_code_without_words_is_shown_as_it_is() -> None:
    assert value_name("topic", "pension", ENGLISH, NAMES) == "Pensions"
    assert value_name("topic", "our-own", ENGLISH, NAMES) == "our-own"
    assert value_name("official", "aliyev", ENGLISH, NAMES) == "Aliyev"
    assert value_name("region", "", ENGLISH, NAMES) == "not told"


@given(st.dates(date(2000, 1, 1), date(2100, 12, 31)))
def test_the_periods_offered_end_today_but_for_the_last_month(on: date) -> None:
    found = {name: (since, until) for name, since, until in periods(on)}
    last = found.pop("last_month")
    assert last[0].day == 1
    assert last[1] + timedelta(days=1) == on.replace(day=1)
    assert all(since <= until == on for since, until in found.values())
    assert found["this_quarter"][0].month in (1, 4, 7, 10)


def test_nothing_in_a_specification_ends_its_element() -> None:
    text = as_json({"name": "</script><script>"})
    assert "<" not in text
    assert json.decode(text) == {"name": "</script><script>"}
