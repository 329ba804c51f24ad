"""What the pages draw of figures: charts as specifications, bars, and comparisons in words."""

from collections.abc import Callable
from datetime import date, timedelta

import pytest
import vl_convert
from hypothesis import given, settings
from hypothesis import strategies as st
from litestar.testing import RequestFactory
from markupsafe import Markup
from msgspec import json, toml

from api.dashboard_pages import (
    About,
    Breakdown,
    DashboardPage,
    MonthStep,
    Rate,
    Told,
    UnitRow,
)
from api.dashboard_telling import MOST_VALUES, Teller, Telling
from api.pages.figures import (
    Drawing,
    as_json,
    change_told,
    periods,
    unit_lines,
    value_lines,
    value_name,
)
from api.pages.months import minutes_drawn, shares_drawn
from api.pages.shell import ASSETS, here, template_config
from api.pages.words import LANGUAGES, NOTHING, Words
from infra.charts.drawn import VEGA_LITE
from infra.charts.specification import (
    SHARE,
    Bar,
    Part,
    Point,
    Spec,
    bars,
    over_time,
    split,
)
from infra.charts.theme import PAGE, PRINT, Theme
from infra.code_names import read_code_names
from projections.figures import Figure, Period
from projections.figures_told import Dimension
from projections.telling import Names
from tests.api.drawn_charts import drawn, marks
from tests.domain.spec import BAKU

ENGLISH = Words("en", BAKU)
NAMES = Names({"aliyev": "Aliyev"}, {"a": "Arxiv", "ç": "Çağrı"}, BAKU, read_code_names())
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


HOLDERS = [Part(part=each, name=each.title()) for each in ("mine", "yours")]
HELD = [
    Bar(name=name, part=part.part, count=count)
    for name in ("Open", "Held")
    for part, count in zip(HOLDERS, (3, 1), strict=True)
]
SHARES = [Point(on=date(2026, month, 1), count=month / 10) for month in (4, 5)]
NAMED = ("This period", "A year earlier")


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(
    ("spec", "shapes"),
    [
        (lambda language, theme: over_time(DAYS, DAYS[:2], NAMED, language, theme), 2 + 5),
        (lambda language, theme: over_time(SHARES, [], NAMED, language, theme, SHARE), 1 + 2),
        (lambda language, theme: split(HELD, HOLDERS, language, theme), 4),
        (lambda language, theme: bars(HELD, HOLDERS, language, theme), 4),
    ],
    ids=["over-time", "shares", "split", "bars"],
)
def test_a_chart_has_the_same_marks_and_texts_on_a_page_and_in_print(
    spec: Callable[[str, Theme], Spec], shapes: int, language: str
) -> None:
    on_page, in_print = (marks(drawn(spec(language, theme))) for theme in (PAGE, PRINT))
    assert on_page == in_print
    assert on_page[0] == shapes
    assert len(on_page[1]) > 4


def test_print_has_no_colour_of_a_style_sheet_and_leads_nowhere() -> None:
    svg = drawn(over_time(DAYS, DAYS, NAMED, "en", PRINT))
    assert "var(" not in svg
    assert "href" not in svg
    assert all(colour in svg for colour in PRINT.colours[:2])


def test_print_is_drawn_by_the_version_that_pages_draw_by() -> None:
    shipped = toml.decode((ASSETS / "vendor" / "VERSIONS.toml").read_bytes())
    assert shipped["vega-lite.min.js"]["version"].startswith(f"{VEGA_LITE}.")


def test_a_course_is_drawn_with_the_year_before_as_a_broken_line() -> None:
    spec = over_time(DAYS, DAYS, NAMED, "en", PAGE)
    svg = drawn(spec)
    assert svg.count("stroke-dasharray") >= 1
    for text in ("This period", "A year earlier", "1 Oct", "3 Oct"):
        assert f">{text}<" in svg
    assert "/pages/list?day=2" in svg


def test_bars_are_split_into_the_shares_of_their_parts() -> None:
    spec = split(HELD, HOLDERS, "en", PAGE)
    compiled = vl_convert.vegalite_to_vega(spec)
    assert any(
        transform.get("offset") == "normalize"
        for source in compiled["data"]
        for transform in source.get("transform", [])
    )
    assert ">100%<" in drawn(spec)


@pytest.mark.parametrize("language", [*LANGUAGES, *reversed(LANGUAGES)])
def test_a_chart_names_months_in_its_own_language_whatever_was_read_before(language: str) -> None:
    spec = over_time(DAYS, DAYS, ("a", "b"), language, PAGE)
    assert tuple(spec["config"]["locale"]["time"]["shortMonths"][:2]) == MONTHS[language]


def test_a_share_by_the_month_is_drawn_up_to_all_and_told_in_words_and_lines() -> None:
    steps = [
        MonthStep(starts_on=date(2026, month, 1), value=value, of=4, year_ago=before)
        for month, value, before in ((4, 0.5, None), (5, None, 0.25), (6, 0.75, 1.0))
    ]
    found = shares_drawn("on_time", steps, ENGLISH)
    assert found
    assert ">100%<" in drawn(found.spec)
    assert [(line.value, line.of, line.year_ago) for line in found.lines] == [
        ("50%", "4", NOTHING),
        (NOTHING, "4", "25%"),
        ("75%", "4", "100%"),
    ]
    assert found.told.endswith("June 2026: 75%. The same month a year earlier: 100%.")


def test_minutes_of_one_month_alone_are_no_course() -> None:
    steps = [
        MonthStep(starts_on=date(2026, month, 1), value=value, of=1, year_ago=None)
        for month, value in ((4, None), (5, 95.0))
    ]
    assert minutes_drawn("waiting", steps, ENGLISH) is None
    assert minutes_drawn("waiting", [*steps, steps[1]], ENGLISH) is not None


def test_months_are_named_alone_where_a_language_has_a_form_for_that() -> None:
    months = [Point(on=date(2026, 5, 1), count=1)]
    spec = over_time(months, months, ("a", "b"), "ru", PAGE)
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


LEAP_DAY = Period(since=date(2028, 2, 28), until=date(2028, 3, 1), on=date(2028, 3, 1))


def teller(period: Period, *, small_told: bool = True) -> Teller:
    telling = Telling(unit=None, alone=False, small_told=small_told)
    return Teller(found={}, period=period, telling=telling)


def test_the_29th_of_february_is_compared_with_no_day_and_no_day_counts_twice() -> None:
    before = {(date(2027, 2, 28), "received"): 3, (date(2027, 3, 1), "received"): 1}
    course = teller(LEAP_DAY).course("day", {}, before)
    assert [step.received_year_ago for step in course.steps] == [3, None, 1]
    total = Told(figure=Figure.RECEIVED, value=0, drill="figure=received&dimension=topic&value=")
    (drawn_,) = Drawing(ENGLISH, NAMES).course(
        About.of(DashboardPage.LEADERSHIP, LEAP_DAY, 1), course, total
    )
    assert drawn_.year_ago == course.received_year_ago == 4
    assert [line.compared for line in drawn_.lines] == [True, False, True]
    assert all("value=&" in (line.href or "") for line in drawn_.lines)


def test_the_total_of_the_year_before_has_its_29th_of_february() -> None:
    period = Period(since=date(2029, 2, 1), until=date(2029, 2, 28), on=date(2029, 3, 1))
    before = {(date(2028, 2, 28), "closed"): 3, (date(2028, 2, 29), "closed"): 2}
    assert teller(period).course("day", {}, before).closed_year_ago == 5


def test_an_address_keeps_its_blank_values() -> None:
    request = RequestFactory().get("/pages/list", query_params={"value": "", "cursor": "x"})
    assert here(request, cursor=None) == "/pages/list?value="


def by_topic(counts: dict[str, int], whole: int, *, small_told: bool = True) -> Breakdown:
    tell = teller(LEAP_DAY, small_told=small_told)
    return tell.breakdown(Figure.RECEIVED, Dimension.TOPIC, counts, whole)


def notes(breakdown: Breakdown) -> str:
    engine = template_config().engine_instance.engine
    page = engine.from_string(
        '{% import "figures/parts.html" as f with context %}{{ f.values("topics", found, "") }}'
    )
    return str(page.render(words=ENGLISH, drawing=Drawing(ENGLISH, NAMES), found=breakdown))


def test_shares_are_of_the_whole_and_what_is_left_out_is_said() -> None:
    found = by_topic({f"own-{n:02}": 10 for n in range(MOST_VALUES + 3)}, 1060)
    assert (len(found.rows), found.more) == (MOST_VALUES, 3)
    assert (found.whole, found.not_given) == (1060, 530)
    assert {line.share for line in value_lines(found, ENGLISH, NAMES)} == {10 / 1060}
    html = notes(found)
    assert "Other values that are not shown: 3." in html
    assert "Not given: 530 of 1,060." in html


def test_a_breakdown_that_has_all_says_nothing_of_what_is_left_out() -> None:
    html = notes(by_topic({"pension": 4}, 4))
    assert "Not given" not in html
    assert "Other values" not in html
    assert "Nothing is counted" in notes(by_topic({}, 0))
    assert "Not given: 2 of 2." in notes(by_topic({}, 2))


def test_how_many_gave_none_is_kept_where_the_whole_would_give_it_away() -> None:
    found = by_topic({"pension": 30, "housing": 20}, 52, small_told=False)
    assert (found.whole, found.not_given) == (52, None)
    assert {row.value: row.count for row in found.rows} == {"pension": 30, "housing": None}
    assert "Not given: not told of 52." in notes(found)
    assert by_topic({}, 3, small_told=False).whole is None
