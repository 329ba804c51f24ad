from datetime import date, timedelta
from itertools import pairwise
from typing import Any

import httpx
import pytest

from projections.deadline_telling import LANGUAGES
from tests.api.bodies import NOWHERE, appeal, assignment, begun, done, inquiry, now, on, refused
from tests.api.conftest import As

COMPUTE = "/api/v1/deadlines/compute"


def clocks(client: httpx.Client, case: str, language: str = "az") -> dict[str, dict[str, Any]]:
    answer = client.get(f"/api/v1/cases/{case}/deadlines", headers={"Accept-Language": language})
    assert answer.status_code == 200, answer.text
    return {clock["clock"]: clock for clock in answer.json()["clocks"]}


def computed(client: httpx.Client, language: str = "az", **query: Any) -> dict[str, Any]:
    query["from"] = query.pop("start")
    answer = client.get(COMPUTE, params=query, headers={"Accept-Language": language})
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def test_each_clock_of_a_case_says_why_it_is_due_on_that_day(as_: As) -> None:
    registrar = as_("registrar")
    case = begun(registrar, "appeals", appeal())
    found = clocks(registrar, case)
    assert set(found) == {"answer", "register", "forward", "no-consideration"}
    answer = found["answer"]
    assert answer["running"]
    assert (answer["rule"], answer["certainty"]) == ("az-a-gen", "S")
    assert answer["source"] == "Law 1308-IVQ Art. 10.1"
    assert answer["notify"] == ["applicant"]
    assert answer["calendar_known"]
    assert answer["calendar_version"].startswith("az-")
    assert answer["due_at"] == f"{answer['due']}T23:59:59+04:00"
    assert [step["kind"] for step in answer["steps"]][:2] == ["started", "rule"]
    assert all(step["text"] for step in answer["steps"])
    assert not found["register"]["running"]
    assert found["register"]["met_on"] == on()


def test_the_days_counted_in_a_working_add_up_to_the_term(as_: As) -> None:
    registrar = as_("registrar")
    case = begun(registrar, "appeals", appeal())
    answer = clocks(registrar, case)["answer"]
    counted = [step for step in answer["steps"] if step["kind"] == "counted"]
    assert sum(step["count"] for step in counted) == 15
    assert counted[-1]["last"] == answer["due"]
    told = [step for step in answer["steps"] if step["kind"] in {"counted", "skipped"}]
    days = [(step.get("first") or step["on"], step.get("last") or step["on"]) for step in told]
    for (_, before), (after, _) in pairwise(days):
        assert date.fromisoformat(after) - date.fromisoformat(before) == timedelta(days=1)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_working_is_told_in_the_readers_language(as_: As, language: str) -> None:
    registrar = as_("registrar")
    case = begun(registrar, "appeals", appeal())
    answer = clocks(registrar, case, language)["answer"]
    units = {
        "az": "15 iş günü",
        "tr": "15 iş günü",
        "ka": "15 სამუშაო დღე",
        "en": "15 working days",
        "ru": "15 рабочих дней",
    }
    assert units[language] in answer["steps"][1]["text"]


def test_a_language_we_do_not_speak_is_answered_in_azerbaijani(as_: As) -> None:
    query = {"rule": "az-a-fwd", "start": "2025-03-07"}
    assert computed(as_("registrar"), "fr", **query) == computed(as_("registrar"), "az", **query)


def test_an_extension_is_part_of_the_working(as_: As) -> None:
    registrar, executor = as_("registrar"), as_("executor")
    case = begun(registrar, "appeals", appeal())
    done(
        registrar,
        f"appeals/{case}/assign-appeal",
        {"unit": "pensions", "main_executor": "mammadov"},
    )
    before = clocks(executor, case)["answer"]
    done(
        as_("head"),
        f"appeals/{case}/extend-term",
        {"reason": "Əlavə sorğu", "applicant_notified_on": on(), "length": 10},
    )
    after = clocks(executor, case)["answer"]
    assert after["due"] > before["due"]
    assert after["extensions"] == [{"length": 10, "decided_on": on()}]
    [step] = [step for step in after["steps"] if step["kind"] == "extended"]
    assert (step["first"], step["last"], step["count"]) == (before["due"], after["due"], 10)


def test_dates_that_somebody_set_have_no_working_but_are_there(as_: As) -> None:
    case = begun(as_("controller"), "assignments", assignment())
    found = clocks(as_("executor"), case)["assignment"]
    assert (found["rule"], found["steps"], found["calendar_known"]) == ("chosen", [], True)
    assert (found["due"], found["due_at"]) == (on(10), f"{on(10)}T23:59:59+04:00")
    assert found["text"]


def test_the_outlets_own_hour_is_its_due_instant(as_: As) -> None:
    wish = (now() + timedelta(hours=5)).replace(microsecond=0)
    press = as_("press")
    case = begun(press, "media-inquiries", inquiry(outlet_deadline=wish.isoformat()))
    found = clocks(press, case)
    assert found["outlet-deadline"]["due_at"] == wish.isoformat()
    assert found["outlet-deadline"]["rule"] is None
    assert found["answer"]["rule"] == "az-m-inq"


def test_a_clock_that_was_met_keeps_its_working(as_: As) -> None:
    registrar = as_("registrar")
    case = begun(registrar, "appeals", appeal())
    before = clocks(registrar, case)["answer"]
    done(registrar, f"appeals/{case}/withdraw-appeal", {"asked_on": on()})
    after = clocks(registrar, case)["answer"]
    assert not after["running"]
    assert (after["due"], after["steps"]) == (before["due"], before["steps"])


@pytest.mark.parametrize(
    ("who", "status"), [("auditor", 200), ("executor", 200), ("press", 404), ("analyst", 404)]
)
def test_only_those_who_see_the_case_see_its_clocks(as_: As, who: str, status: int) -> None:
    case = begun(as_("registrar"), "appeals", appeal())
    done(
        as_("registrar"),
        f"appeals/{case}/assign-appeal",
        {"unit": "pensions", "main_executor": "mammadov"},
    )
    assert as_(who).get(f"/api/v1/cases/{case}/deadlines").status_code == status


def test_clocks_of_no_case_are_not_found(as_: As) -> None:
    refused(as_("registrar").get(f"/api/v1/cases/{NOWHERE}/deadlines"), 404, "no-such-case")


def test_a_due_date_is_computed_without_a_case(as_: As) -> None:
    found = computed(as_("executor"), rule="az-a-gen", start="2025-06-02", extend=30)
    assert (found["due"], found["due_at"]) == ("2025-08-08", "2025-08-08T23:59:59+04:00")
    assert found["extensions"] == [{"length": 30, "decided_on": "2025-06-02"}]
    assert found["rule_version"] == "2016"


def test_a_due_date_is_computed_as_it_was_known(as_: As) -> None:
    query = {"rule": "az-a-study", "start": "2025-02-05"}
    assert computed(as_("executor"), **query, as_known_on="2025-02-14")["due"] == "2025-03-27"
    assert computed(as_("executor"), **query, as_known_on="2025-02-15")["due"] == "2025-03-19"


def test_an_instant_counts_where_the_department_sits(as_: As) -> None:
    found = computed(as_("executor"), rule="az-a-reg", start="2025-12-30T20:30:00Z")
    assert found["due"] == "2026-01-05"
    lost = as_("executor").get(f"{COMPUTE}?rule=az-i-life&from=2025-01-17T16:00:00+04:00")
    assert lost.json()["due_at"] == "2025-01-22T16:00:00+04:00", "the plus sign became a blank"
    local = computed(as_("executor"), rule="az-i-life", start="2025-01-17T16:00")
    assert local["due_at"] == "2025-01-22T16:00:00+04:00"


def test_an_information_request_that_is_corrected_starts_anew(as_: As) -> None:
    query = {"rule": "az-i-gen", "start": "2025-06-02"}
    anew = computed(as_("executor"), **query, pause="request-corrected:2025-06-05:2025-06-09")
    assert anew["restarts"] == [{"on": "2025-06-09", "ground": "request-corrected"}]
    assert anew["due"] > computed(as_("executor"), **query)["due"]


@pytest.mark.parametrize(
    ("query", "status", "slug"),
    [
        ({"rule": "az-a-ge", "from": "2025-06-02"}, 422, "unknown-rule"),
        ({"rule": "az-a-ext-bar", "from": "2025-06-02"}, 422, "rule-without-term"),
        ({"rule": "az-a-gen", "from": "1999-06-02"}, 422, "rule-not-in-force"),
        ({"rule": "az-a-gen", "from": "2.6.2025"}, 422, "start-not-readable"),
        ({"rule": "az-a-gen", "from": "2025-02-30"}, 422, "start-not-readable"),
        ({"rule": "az-a-gen", "from": "2099-02-03"}, 422, "calendar-missing"),
        ({"rule": "az-i-life", "from": "2025-06-02"}, 422, "moment-needed"),
        ({"rule": "az-a-gen", "from": "2025-06-02", "org": "nobody"}, 422, "unknown-organisation"),
        ({"rule": "az-a-gen", "from": "2025-06-02", "pause": "x"}, 422, "pause-not-readable"),
        (
            {"rule": "az-a-gen", "from": "2025-06-02", "pause": "illness:2025-06-03:2025-06-05"},
            409,
            "ground-unknown",
        ),
        (
            {"rule": "az-a-mil", "from": "2025-06-02", "extend": "5"},
            409,
            "extension-barred",
        ),
        (
            {
                "rule": "az-a-gen",
                "from": "2025-06-02",
                "extend": "30",
                "decided_on": "2025-06-26",
            },
            409,
            "extension-too-late",
        ),
        ({"rule": "az-a-gen", "from": "2025-06-02", "extend": "many"}, 422, "not-valid"),
        ({"rule": "az-a-gen", "from": "2025-06-02", "as_known_on": "soon"}, 422, "not-valid"),
        ({"rule": "az-a-gen"}, 422, "not-valid"),
        ({"rule": "az-a-gen", "from": "2025-06-02", "org_": "x"}, 400, "unknown-parameter"),
    ],
)
@pytest.mark.usefixtures("unchanged")
def test_what_can_not_be_computed_is_refused_by_name(
    as_: As, query: dict[str, str], status: int, slug: str
) -> None:
    refused(as_("executor").get(COMPUTE, params=query), status, slug)


def test_a_misspelt_rule_is_told_its_neighbours(as_: As) -> None:
    answer = as_("executor").get(COMPUTE, params={"rule": "az-a-ge", "from": "2025-06-02"})
    assert "az-a-gen" in answer.json()["detail"]


@pytest.mark.parametrize("who", ["analyst", "administrator"])
def test_those_who_see_no_case_compute_nothing(as_: As, who: str) -> None:
    query = {"rule": "az-a-gen", "from": "2025-06-02"}
    refused(as_(who).get(COMPUTE, params=query), 403, "forbidden")


def test_both_answers_are_documented_with_an_example(as_: As) -> None:
    paths = as_("registrar").get("/schema/openapi.json").json()["paths"]
    for path in ("/api/v1/cases/{case_id}/deadlines", COMPUTE):
        good = paths[path]["get"]["responses"]["200"]["content"]["application/json"]
        assert good["examples"], path
