"""Dashboards over HTTP: what readers are told, and that every figure leads to just its cases."""

import asyncio
from base64 import b64encode
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from unittest.mock import AsyncMock, MagicMock
from uuid import uuid4

import httpx
import psycopg
import pytest
from msgspec.structs import replace

from api.dashboard_months import Months
from api.dashboard_pages import MonthStep
from api.dashboard_telling import ON_TIME, WAITED, wanted
from api.dashboards import Asked, cases_behind
from application.access import Organisation
from application.caller import Caller, Role
from application.sight_of_fields import Needs
from domain.case import Actor, CaseKind
from domain.envelope import Recorded
from domain.personal_fields import WITHHELD, Field
from projections import READ_MODELS
from projections.figures import Figure, Period, Scope, months_of, quarter_of
from projections.figures_told import By, FigureCase, Frame, Narrowing, Sum, sums
from projections.groups import Group
from projections.occurrence import IN_STOCK
from projections.pages import Page
from tests.api.bodies import now, read
from tests.api.browsing import reading
from tests.api.serving import PEOPLE, Server, served, wait_until
from tests.desks import MASTER_KEY, migrated_database, new_desk
from tests.projections.histories import history, seeded
from tests.projections.logs import append

As = Callable[[str], httpx.Client]
_EXECUTOR = Actor(official="mammadov", unit="pensions", client="tests")
KEY = b64encode(MASTER_KEY).decode()
PAGES = ("leadership", "unit", "control", "reception", "media", "analyst")
WHOLE = {"from": "2026-03-01", "to": "2026-06-30", "on": "2026-05-04"}


@pytest.fixture(scope="module")
def server(postgres: str, server_dir: Path) -> Iterator[Server]:
    """Over random histories, with every read model at the end of the log."""
    with migrated_database(postgres) as conninfo:
        desk = new_desk(conninfo)
        append(desk, _log())
        desk.close()
        with served(server_dir / "dashboards", conninfo, master_key=KEY) as server:
            wait_until(lambda: _caught_up(server), 30, "the occurrences have the whole log")
            yield server


def _log() -> list[Recorded]:
    """Random cases of the kinds that count, as if they had come one after the other."""
    rng = seeded(11)
    cases = [history(rng, kind, events=16) for _ in range(11) for kind in IN_STOCK]
    return [recorded for case in cases for recorded in case.recorded]


def _caught_up(server: Server) -> bool:
    later = [model.name for model in READ_MODELS if model.group is Group.LATER]
    with psycopg.connect(server.conninfo) as conn:
        row = conn.execute(
            "SELECT count(*) FROM karguzar.read_model_builds b JOIN karguzar.register_tracking t"
            " ON t.application_name = b.name || '_' || b.build, karguzar.log_head"
            " WHERE b.name = ANY(%s) AND t.notification_id = position",
            (later,),
        ).fetchone()
    return row is not None and row[0] == len(later)


@pytest.fixture(scope="module")
def as_(server: Server) -> As:
    clients = {name: server.client(server.token(person)) for name, person in PEOPLE.items()}
    return clients.__getitem__


def told(client: httpx.Client, page: str, **query: str) -> dict[str, Any]:
    answer = client.get(f"/api/v1/dashboards/{page}", params=WHOLE | query)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def listed(client: httpx.Client, drill: str, limit: int = 200) -> list[dict[str, Any]]:
    """All pages of a figure's cases."""
    rows: list[dict[str, Any]] = []
    cursor = ""
    while True:
        answer = client.get(f"/api/v1/dashboards/cases?{drill}&limit={limit}{cursor}")
        assert answer.status_code == 200, answer.text
        page = answer.json()
        rows += page["rows"]
        if page["cursor"] is None:
            return rows
        cursor = f"&cursor={page['cursor']}"


def figures_in(part: Any) -> Iterator[tuple[str, int]]:
    """Every drill of a page and what it says it leads to."""
    if isinstance(part, dict):
        if part.get("drill"):
            yield part["drill"], part["value"] if "figure" in part else part["count"]
        for each in part.values():
            yield from figures_in(each)
    elif isinstance(part, list):
        for each in part:
            yield from figures_in(each)


@pytest.mark.parametrize(
    ("reader", "page"),
    [
        ("leader", "leadership"),
        ("auditor", "control"),
        ("auditor", "reception"),
        ("auditor", "media"),
        ("head", "unit"),
        ("controller", "analyst"),
    ],
)
def test_every_figure_leads_to_as_many_cases_as_it_says(as_: As, reader: str, page: str) -> None:
    client = as_(reader)
    drills = dict(figures_in(told(client, page)))
    assert {drill: len(listed(client, drill)) for drill in drills} == drills
    assert sum(drills.values()) > 10


def test_a_unit_is_told_what_came_from_others_and_went_to_them(as_: As) -> None:
    found = told(as_("head"), "unit")
    came = listed(as_("head"), found["came"]["drill"])
    assert 0 < found["came"]["value"] == len(came)
    assert found["left"]["value"] == len(listed(as_("head"), found["left"]["drill"]))


def test_figures_far_behind_the_log_say_so_and_no_report_is_made_of_them(
    server: Server, as_: As
) -> None:
    leader = as_("leader")
    assert told(leader, "leadership")["about"]["behind"] == 0
    page = reading(server, PEOPLE["leader"])
    assert "figures-behind" not in page.get("/pages/leadership").text
    with psycopg.connect(server.conninfo, autocommit=True) as conn:
        conn.execute("UPDATE karguzar.log_head SET position = position + 5000")
        try:
            assert told(leader, "leadership")["about"]["behind"] == 5000
            assert 'id="figures-behind"' in page.get("/pages/leadership").text
            answer = leader.get("/api/v1/reports/annual", params={"period": "2026"})
        finally:
            conn.execute("UPDATE karguzar.log_head SET position = position - 5000")
    assert answer.status_code == 503
    assert answer.json()["type"] == "/problems/figures-behind"


def test_the_pages_of_a_list_are_the_list(as_: As) -> None:
    client = as_("auditor")
    for drill in ("figure=open", "figure=entries-corrected&from=2026-03-01&to=2026-06-30"):
        whole = listed(client, drill)
        assert len(whole) > 7
        assert all(row["workers"] for row in whole)
        assert listed(client, drill, limit=3) == whole
        days = [row["on_day"] or "9999" for row in whole]
        assert days == sorted(days)


def test_what_is_open_by_kind_and_by_unit_is_what_is_open(as_: As) -> None:
    page = told(as_("leader"), "leadership")
    for figure in ("open", "overdue", "due_this_week", "received", "closed"):
        whole = page[figure]["value"]
        assert sum(row[figure]["value"] for row in page["by_kind"]) == whole
        assert sum(row[figure]["value"] for row in page["by_unit"]) == whole
    held = sum(row["standing"]["value"] for row in page["holders"])
    assert held == page["open"]["value"] > 0
    course = page["course"]
    assert course["grain"] == "month"
    assert sum(step["received"] for step in course["steps"]) == page["received"]["value"] > 0


def test_what_is_summed_by_the_month_is_what_each_month_comes_to(server: Server) -> None:
    whole = Period(since=date(2025, 1, 1), until=date(2026, 12, 31), on=date(2026, 12, 31))
    scope = Scope(units=None, confidential=True)
    each = wanted([Figure.RECEIVED, Figure.ENTRIES_CORRECTED, Figure.VISITS_REGISTERED])

    async def read() -> tuple[dict[tuple[str, str], Sum], dict[tuple[str, str], Sum]]:
        async with await psycopg.AsyncConnection.connect(server.conninfo) as conn:
            by_month = await sums(conn, Frame(scope=scope, period=whole), each, By.MONTH)
            alone: dict[tuple[str, str], Sum] = {}
            for month in whole.steps("month"):
                first, last = months_of(Period(since=month, until=month, on=month))
                period = Period(since=first, until=last, on=last)
                found = await sums(conn, Frame(scope=scope, period=period), each)
                alone |= {(name, month.isoformat()): summed for (name, _), summed in found.items()}
            return by_month, alone

    by_month, alone = asyncio.run(read())
    assert by_month == alone
    assert by_month


def test_months_stand_beside_the_same_months_of_the_year_before() -> None:
    part, whole = ON_TIME
    found = {
        (part, "2026-02-01"): Sum(3),
        (whole, "2026-02-01"): Sum(4),
        (part, "2025-02-01"): Sum(1),
        (whole, "2025-02-01"): Sum(2),
        (WAITED, "2026-03-01"): Sum(2, 30),
    }
    period = Period(since=date(2026, 2, 1), until=date(2026, 3, 9), on=date(2026, 3, 9))
    months = Months(found=found, period=period)
    february, march = date(2026, 2, 1), date(2026, 3, 1)
    assert months.share(part, whole) == [
        MonthStep(starts_on=february, value=0.75, of=4, year_ago=0.5),
        MonthStep(starts_on=march, value=None, of=0, year_ago=None),
    ]
    assert months.mean(WAITED)[1] == MonthStep(starts_on=march, value=15, of=2, year_ago=None)


def test_courses_by_the_month_are_of_the_year_to_the_last_month(as_: As) -> None:
    for reader, page, name in (
        ("leader", "leadership", "on_time"),
        ("leader", "leadership", "hearing"),
        ("head", "unit", "on_time"),
        ("auditor", "reception", "waiting"),
    ):
        steps = told(as_(reader), page)[f"{name}_by_month"]
        assert [steps[0]["starts_on"], steps[-1]["starts_on"]] == ["2025-07-01", "2026-06-01"]
        assert len(steps) == 12
    assert not any("by_month" in name for name in told(as_("controller"), "analyst"))


def test_a_breakdown_and_what_has_no_value_are_the_whole_figure(as_: As) -> None:
    page = told(as_("controller"), "analyst")
    for name, figure in (("regions", "received"), ("topics", "received"), ("results", "closed")):
        found = page[name]
        assert found["whole"] == page[figure]["value"] > 0
        counted = sum(row["count"] for row in found["rows"])
        assert counted + found["not_given"] == found["whole"]
        assert found["not_given"] >= 0


def test_a_list_shows_subjects_by_the_readers_need(monkeypatch: pytest.MonkeyPatch) -> None:
    case = FigureCase(
        uuid4(), "1", "appeal", "open", "pensions", None, None, "Mövzu", None, None, 0, False, []
    )
    rows = [case, replace(case, workers=["mammadov"])]
    needs = {Role.EXECUTOR: Needs(frozenset(), frozenset({Field.TEXT}))}
    monkeypatch.setattr("application.sight_of_fields.NEEDS", {CaseKind.APPEAL: needs})
    monkeypatch.setattr("api.dashboards.figure_cases", AsyncMock(return_value=Page(rows, None, 1)))
    register = MagicMock()
    register.organisation.return_value = Organisation.of({})
    register.settings.time_zone = "Asia/Baku"
    caller = Caller(_EXECUTOR, frozenset({Role.EXECUTOR}))
    found = asyncio.run(
        cases_behind(
            register,
            caller,
            Figure.OPEN,
            Asked(),
            narrowed=Narrowing(),
            cursor=None,
            limit=50,
        )
    )
    assert [row.subject for row in found.rows] == [WITHHELD, "Mövzu"]


def test_the_open_cases_of_a_page_are_those_that_the_lists_have(as_: As) -> None:
    leader = as_("leader")
    for row in told(leader, "leadership")["by_kind"]:
        query = {"kind": row["kind"], "open": "true", "confidential": "false", "limit": "200"}
        cases = leader.get("/api/v1/cases", params=query).json()["rows"]
        assert len(cases) == row["open"]["value"]


def test_a_page_says_for_what_it_is_true(as_: As, server: Server) -> None:
    position = server.log_position()
    about = told(as_("leader"), "leadership", wait_for=str(position))["about"]
    assert about["position"] >= position
    assert about["known_at"].endswith("Z")
    assert (about["since"], about["until"]) == ("2026-03-01", "2026-06-30")
    assert (about["year_ago_since"], about["year_ago_until"]) == ("2025-03-01", "2025-06-30")
    assert (about["on"], about["week_ends"]) == ("2026-05-04", "2026-05-10")


def test_leaders_are_told_of_all_but_what_is_confidential_and_auditors_of_that_too(
    as_: As,
) -> None:
    leader, auditor = (told(as_(name), "leadership") for name in ("leader", "auditor"))
    assert leader["about"]["left_out"] == ["confidential"]
    assert auditor["about"]["left_out"] == []
    assert leader["about"]["units"] is auditor["about"]["units"] is None
    assert leader["received"]["value"] < auditor["received"]["value"]
    drill = "figure=received&from=2026-03-01&to=2026-06-30"
    assert not any(row["confidential"] for row in listed(as_("leader"), drill))
    assert any(row["confidential"] for row in listed(as_("auditor"), drill))


def test_a_unit_is_told_of_itself_and_those_below_and_of_no_other(as_: As) -> None:
    head = as_("ganja")
    assert told(head, "unit")["about"]["units"] == ["region-ganja"]
    assert told(as_("controller"), "unit")["about"]["units"] == sorted(
        ["agency", "records", "social", "pensions", "press", "reception", "region-ganja"]
    )
    other = head.get("/api/v1/dashboards/unit", params={"unit": "pensions"})
    assert other.status_code == 403
    cases = head.get("/api/v1/dashboards/cases", params={"figure": "open", "unit": "pensions"})
    assert cases.status_code == 403


def test_a_unit_alone_is_told_without_those_below_it(as_: As) -> None:
    leader = as_("leader")
    whole = told(leader, "unit", unit="agency")
    alone = told(leader, "unit", unit="agency", alone="true")
    assert whole["about"]["units"] != ["agency"] == alone["about"]["units"]
    assert alone["received"]["value"] < whole["received"]["value"]
    assert "alone=true" in alone["open"]["drill"]


def test_analysts_have_a_page_of_ended_quarters_without_cases_and_small_counts(as_: As) -> None:
    analyst = as_("analyst")
    page = told(analyst, "analyst")
    about = page["about"]
    assert about["left_out"] == ["confidential", "small-counts"]
    assert (about["since"], about["until"]) == ("2026-04-01", "2026-06-30")
    running, _ = quarter_of(now().date())
    ended = quarter_of(running - timedelta(days=1))
    for query in ({}, {"to": str(running)}, {"on": "2100-01-01"}):
        about_it = read(analyst, "dashboards/analyst", **query)["about"]
        assert (about_it["since"], about_it["until"]) == tuple(map(str, ended))
    assert list(figures_in(page)) == []
    counts = [row["count"] for part in ("kinds", "topics") for row in page[part]["rows"]]
    assert counts
    assert not any(count is not None and 0 < count < 5 for count in counts)
    for path in ("leadership", "unit", "cases?figure=open", "analyst?unit=social"):
        assert analyst.get(f"/api/v1/dashboards/{path}").status_code == 403


def test_administrators_are_told_nothing(as_: As) -> None:
    for page in PAGES:
        assert as_("administrator").get(f"/api/v1/dashboards/{page}").status_code == 403


@pytest.mark.parametrize(
    ("query", "status", "problem"),
    [
        ("leadership?from=2026-05-01&to=2026-04-01", 422, "period-inverted"),
        ("leadership?from=0001-01-01&to=2026-04-01", 422, "period-out-of-reach"),
        ("leadership?on=9999-12-31", 422, "period-out-of-reach"),
        ("leadership?from=2010-01-01&to=2026-04-01", 422, "period-out-of-reach"),
        ("cases?figure=nothing", 422, "not-valid"),
        ("cases?figure=open&dimension=topic", 422, "value-of-nothing"),
        ("cases?figure=open&cursor=xyz", 400, "cursor-invalid"),
        ("nothing", 422, "not-valid"),
    ],
)
def test_what_makes_no_sense_is_refused_by_name(
    as_: As, query: str, status: int, problem: str
) -> None:
    answer = as_("leader").get(f"/api/v1/dashboards/{query}")
    assert (answer.status_code, answer.json()["type"]) == (status, f"/problems/{problem}")


def test_what_was_told_and_listed_is_on_record(as_: As, server: Server) -> None:
    told(as_("leader"), "media")
    listed(as_("leader"), "figure=media-open")
    with psycopg.connect(server.conninfo) as conn:
        rows = conn.execute(
            "SELECT operation, query FROM karguzar.accesses"
            " WHERE official = 'minister' AND operation LIKE 'dashboards.%' AND query IS NOT NULL"
        ).fetchall()
    assert ("dashboards.read", "media") in [(name, query.get("page")) for name, query in rows]
    assert ("dashboards.cases", "media-open") in [
        (name, query.get("figure")) for name, query in rows
    ]
