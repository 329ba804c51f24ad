"""Returns and causes over HTTP: what leadership asks, drilled down, and kept from whom."""

from datetime import timedelta
from typing import Any

import httpx
import pytest

from tests.api.bodies import NOWHERE, appeal, begun, cause, done, now, on, read, refused
from tests.api.conftest import As

TOPIC = "roads"


def answered(as_: As, days_ago: int, **changes: Any) -> str:
    """An appeal of an older register, answered two days after it came."""
    received = (now() - timedelta(days=days_ago)).isoformat()
    body = appeal(
        received_at=received,
        registered_on=on(-days_ago),
        legacy_number=f"Y-{days_ago}",
        **{"topic": TOPIC, **changes},
    )
    case = begun(as_("registrar"), "appeals", body)
    outcome = {"ended_on": on(2 - days_ago), "result": "explained", "due_on": on(10 - days_ago)}
    done(as_("registrar"), f"appeals/{case}/record-legacy-outcome", outcome)
    return case


def confirmed(as_: As, later: str, earlier: str) -> int:
    answer = done(as_("registrar"), f"appeals/{later}/confirm-repeat", {"earlier": earlier})
    return int(answer["position"])


@pytest.fixture(scope="module")
def came_back(as_: As) -> dict[str, Any]:
    """Six answers on one topic: the second and third appeal repeat the first, 20 and 40 days on."""
    first, second, third = (answered(as_, days) for days in (200, 178, 136))
    others = [answered(as_, days) for days in (150, 140, 20)]
    confirmed(as_, second, first)
    before = confirmed(as_, third, second)
    return {"cases": [first, second, third, *others], "position": before}


def asked(client: httpx.Client, path: str, came_back: dict[str, Any], **query: Any) -> Any:
    return read(client, path, topic=TOPIC, wait_for=came_back["position"], **query)


def test_returns_are_counted_by_unit_with_those_that_had_time(
    as_: As, came_back: dict[str, Any]
) -> None:
    told = asked(as_("auditor"), "repeats/returns", came_back, by="unit", within=30)
    (row,) = told["rows"]
    assert row["group"] == {"unit": "records"}
    assert (row["answers"], row["had_time"], row["returned_so_far"]) == (6, 5, 2)
    assert (row["returned"]["count"], row["returned"]["of"]) == (1, 5)
    assert row["returned"]["low"] < row["returned"]["share"] < row["returned"]["high"]
    assert row["on_time_returned"]["count"] == 1
    assert (row["first_time_right"]["count"], row["first_time_right"]["of"]) == (2, 3)
    assert told["total"]["answers"] == 6
    assert told["as_of"]["on"] == on()


def test_the_cases_behind_a_figure_are_listed_with_what_came_back(
    as_: As, came_back: dict[str, Any]
) -> None:
    first, second, third = came_back["cases"][:3]
    query = {"figure": "returned-so-far", "within": 30, "limit": 1}
    rows, cursor = [], None
    while True:
        more: dict[str, Any] = {"cursor": cursor} if cursor else {}
        page = asked(as_("auditor"), "repeats/returns/answers", came_back, **query, **more)
        rows += page["rows"]
        cursor = page["cursor"]
        if cursor is None:
            break
    assert [(row["case_id"], row["back"], row["days"]) for row in rows] == [
        (second, third, 40),
        (first, second, 20),
    ]
    assert all(row["number"].startswith("A-") and row["back_number"] for row in rows)


def test_as_of_a_position_before_the_decision_nobody_had_come_back(
    as_: As, came_back: dict[str, Any]
) -> None:
    before = came_back["position"] - 1
    told = read(as_("auditor"), "repeats/returns", topic=TOPIC, as_of=before, within=90)
    assert (told["total"]["returned"]["count"], told["position"]) == (1, before)
    told = asked(as_("auditor"), "repeats/returns", came_back, within=90)
    assert told["total"]["returned"]["count"] == 2


def test_time_to_return_is_a_curve_with_its_bounds(as_: As, came_back: dict[str, Any]) -> None:
    told = asked(as_("auditor"), "repeats/time-to-return", came_back, by="unit")
    (curve,) = told["curves"]
    assert (curve["answers"], curve["returned"], curve["median_days"]) == (6, 2, None)
    back = {point["day"]: point for point in curve["points"] if point["back"]}
    assert set(back) == {20, 40}
    assert back[20]["low"] < back[20]["away"] < back[20]["high"]


def test_matters_tell_the_change_against_the_period_before(
    as_: As, came_back: dict[str, Any]
) -> None:
    period = {"from": on(-150), "to": on(-121)}
    told = asked(as_("auditor"), "repeats/matters", came_back, **period)
    (row,) = told["rows"]
    assert (row["group"], row["repeats"], row["before"]) == (TOPIC, 1, 1)
    assert (told["before"]["since"], told["before"]["until"]) == (on(-180), on(-151))
    listed = asked(as_("auditor"), "repeats/matters/appeals", came_back, **period)
    assert [each["case_id"] for each in listed["rows"]] == [came_back["cases"][2]]
    groups = asked(as_("auditor"), "repeats/matters/groups", came_back, **period)
    assert [row["group"]["appeal"] for row in groups["rows"]] == [came_back["cases"][0]]
    year = asked(as_("auditor"), "repeats/matters", came_back, against="year-before", **period)
    assert year["rows"][0]["before"] == 0


def test_analysts_are_told_no_small_count(as_: As, came_back: dict[str, Any]) -> None:
    analyst = as_("analyst")
    told = asked(analyst, "repeats/returns", came_back, by="unit", within=30)
    (row,) = told["rows"]
    assert (row["answers"], row["returned"], row["had_time"]) == (6, None, None)
    assert row["first_time_right"] is row["on_time_returned"] is None
    assert told["total"]["returned"] is told["without_answer"] is None
    (curve,) = asked(analyst, "repeats/time-to-return", came_back)["curves"]
    assert (curve["returned"], curve["points"]) == (None, [])
    matters = asked(analyst, "repeats/matters", came_back, **{"from": on(-150), "to": on(-121)})
    assert [row["repeats"] for row in matters["rows"]] == [None]
    for listed in ("matters/groups", "matters/appeals", "returns/answers"):
        refused(analyst.get(f"/api/v1/repeats/{listed}"), 403, "forbidden")


@pytest.mark.parametrize("asked_for", [{"on_time": True}, {"within": 89}])
def test_analysts_put_no_question_whose_difference_is_a_small_count(
    as_: As, asked_for: dict[str, Any]
) -> None:
    for path in ("returns", "time-to-return"):
        url = f"/api/v1/repeats/{path}"
        refused(as_("analyst").get(url, params=asked_for), 403, "forbidden")
        assert as_("auditor").get(url, params=asked_for).status_code == 200
    assert as_("analyst").get("/api/v1/repeats/returns", params={"within": 90}).status_code == 200


def test_whoever_may_not_see_the_cases_counts_none(as_: As, came_back: dict[str, Any]) -> None:
    told = asked(as_("ganja"), "repeats/returns", came_back)
    assert told["total"]["answers"] == 0
    refused(as_("administrator").get("/api/v1/repeats/returns"), 403, "forbidden")


def test_a_period_that_ends_before_it_begins_is_refused(as_: As) -> None:
    for path in ("repeats/returns", "repeats/matters"):
        query = {"from": on(), "to": on(-1)}
        refused(as_("auditor").get(f"/api/v1/{path}", params=query), 422, "period-inverted")


def test_a_cause_is_named_its_removal_adopted_and_its_effect_told_in_time(
    as_: As, came_back: dict[str, Any]
) -> None:
    controller, leader, head = as_("controller"), as_("signatory"), as_("head")
    body = cause(topics=[TOPIC], units=[], cases=came_back["cases"][:2])
    named = begun(as_("auditor"), "causes", body)
    refused(controller.get(f"/api/v1/causes/{NOWHERE}/effect"), 404, "no-such-case")
    refused(as_("auditor").get(f"/api/v1/causes/{named}/effect"), 409, "not-removed-yet")
    proposal = {"text": "Nümunə hazırlansın", "unit": "pensions", "due_on": on(20)}
    done(as_("auditor"), f"causes/{named}/propose-removal", proposal)
    told = read(as_("auditor"), f"cases/{named}/history")["entries"]
    removal = told[1]["details"]["removal_id"]
    refused(
        as_("registrar").post(
            f"/api/v1/causes/{named}/adopt-removal", json={"removal_id": removal}
        ),
        403,
        "forbidden",
    )
    done(leader, f"causes/{named}/adopt-removal", {"removal_id": removal})
    report = {"removal_id": removal, "carried_out_on": on()}
    position = done(head, f"causes/{named}/report-removal", report)["position"]
    effect = read(as_("auditor"), f"causes/{named}/effect", wait_for=position, window=180)
    assert effect["too_early"]
    assert (effect["removed_on"], effect["over_on"]) == (on(), on(180))
    assert effect["received"] is effect["repeats"] is None
    assert (effect["before"]["received"], effect["before"]["repeats"]) == (5, 2)
    later = read(as_("auditor"), f"causes/{named}/effect", window=180, on=on(180))
    assert not later["too_early"]
    assert (later["received"]["ratio"], later["repeats"]["ratio"]) == (0.0, 0.0)
    assert later["received"]["high"] < 1
    history = read(as_("auditor"), f"cases/{named}/history")["entries"]
    assert "A-" in history[0]["sentence"]
    (due,) = [
        row
        for row in read(head, "deadlines", wait_for=position, running=False, limit=200)["rows"]
        if row["due"]["case_id"] == named
    ]
    assert (due["due"]["clock"], due["due"]["met_on"]) == (f"removal:{removal}", on())


def test_an_appeal_out_of_sight_is_not_even_named_by_its_id_in_a_cause(
    as_: As, came_back: dict[str, Any]
) -> None:
    shown = came_back["cases"][0]
    named = begun(
        as_("auditor"), "causes", cause(topics=[TOPIC], units=["pensions"], cases=[shown])
    )
    assert read(as_("auditor"), f"causes/{named}")["standing"]["cases"] == [shown]
    head = as_("head")
    refused(head.get(f"/api/v1/appeals/{shown}"), 404, "no-such-case")
    for path in (f"causes/{named}", f"cases/{named}/history"):
        assert shown not in head.get(f"/api/v1/{path}").raise_for_status().text
    take_out = {"cases": [shown], "reason": "Başqa səbəb"}
    done(as_("auditor"), f"causes/{named}/withdraw-cause-evidence", take_out)
    assert read(as_("auditor"), f"causes/{named}")["standing"]["cases"] == []
