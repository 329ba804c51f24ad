"""Findings over HTTP: from what a case shows to the remedy, and who sees what waits for whom."""

import json
import os
import subprocess
from typing import Any

import httpx
import pytest

from tests.api.bodies import NOWHERE, appeal, assignment, begun, done, finding, on, read, refused
from tests.api.conftest import As
from tests.api.serving import PROGRAM, Server


def assigned_appeal(as_: As, **changes: Any) -> str:
    case = begun(as_("registrar"), "appeals", appeal(**changes))
    work = {"unit": "pensions", "main_executor": "mammadov"}
    done(as_("registrar"), f"appeals/{case}/assign-appeal", work)
    return case


def left_untold(as_: As, **changes: Any) -> str:
    """An appeal that was left unconsidered, its applicant not told."""
    case = assigned_appeal(as_, **changes)
    ground = {"ground": "insufficient-data", "reason": "Məlumat çatmır"}
    done(as_("head"), f"appeals/{case}/leave-unconsidered", ground)
    return case


def duties(client: httpx.Client, case: str, whose: str) -> set[str]:
    """The duties that somebody has in a case now."""
    position = read(client, "positions")["position"]
    found, cursor = [], None
    while True:
        query = {"whose": whose, "limit": 200, "wait_for": position}
        page = read(client, "work", **query, **({"cursor": cursor} if cursor else {}))
        found += [row["duty"].partition(":")[0] for row in page["rows"] if row["case_id"] == case]
        cursor = page["cursor"]
        if cursor is None:
            return set(found)


def test_a_broken_rule_becomes_a_finding_that_is_answered_remedied_and_closed(as_: As) -> None:
    auditor, head = as_("auditor"), as_("head")
    case = left_untold(as_)
    (broken,) = read(auditor, f"cases/{case}/conformance")["broken"]
    assert (broken["rule"], broken["unit"]) == ("left-untold", "pensions")
    assert [event["version"] for event in broken["events"]] == [3]
    body = {**broken["finding"], "text": "Müraciət edənə yazılmayıb", "answer_due_on": on(5)}
    found = begun(auditor, "findings", body)
    assert duties(head, found, "unit") == {"answer-finding"}

    done(head, f"findings/{found}/answer-finding", {"text": "Yazılacaq"})
    assert duties(auditor, found, "mine") == {"judge-answer"}
    again = {"reason": "Nə vaxt?", "answer_due_on": on(3)}
    done(auditor, f"findings/{found}/reject-answer", again)
    done(head, f"findings/{found}/answer-finding", {"text": "Bu gün"})
    done(auditor, f"findings/{found}/propose-remedy", {"text": "Nümunə məktub", "due_on": on(9)})
    done(auditor, f"findings/{found}/accept-answer")
    assert duties(head, found, "unit") == {"remedy"}
    refused(
        auditor.post(f"/api/v1/findings/{found}/close-finding", json={}),
        409,
        "remedies-outstanding",
    )
    history = read(auditor, f"cases/{found}/history")["entries"]
    (remedy,) = [e["details"]["remedy_id"] for e in history if e["event"] == "remedy-proposed"]
    report = {"remedy_id": remedy, "carried_out_on": on()}
    done(head, f"findings/{found}/report-remedy", report)
    assert duties(auditor, found, "mine") == {"close-finding"}
    done(auditor, f"findings/{found}/close-finding")
    assert read(auditor, f"findings/{found}")["standing"]["stage"] == "closed"

    thread = read(auditor, f"cases/{case}/thread", wait_for=read(auditor, "positions")["position"])
    told = [e["sentence"] for e in thread["entries"] if e["case_id"] == found]
    assert told[0].startswith("Monitorinqdə aşkar edilmiş nöqsan")
    assert thread["entries"][0]["case_id"] == case


def test_evidence_is_an_event_of_the_log(as_: As) -> None:
    auditor, case = as_("auditor"), assigned_appeal(as_)
    for evidence in ({"case_id": case, "version": 3}, {"case_id": NOWHERE, "version": 1}):
        answer = auditor.post("/api/v1/findings", json=finding(evidence=[evidence]))
        name = "evidence-missing" if evidence["case_id"] == case else "named-case-missing"
        refused(answer, 422, name)
    begun(auditor, "findings", finding(evidence=[{"case_id": case, "version": 2}]))
    refused(
        auditor.post("/api/v1/findings", json=finding(source_case=NOWHERE)),
        422,
        "named-case-missing",
    )


def test_only_auditors_open_and_only_the_unit_answers(as_: As) -> None:
    found = begun(as_("auditor"), "findings", finding())
    path = f"/api/v1/findings/{found}/answer-finding"
    for name in ("registrar", "executor", "head", "controller", "leader"):
        refused(as_(name).post("/api/v1/findings", json=finding()), 403, "forbidden")
    answer = {"text": "Bizim deyil"}
    refused(as_("signatory").post(path, json=answer), 409, "not-the-concerned-unit")
    refused(as_("ganja").post(path, json=answer), 404, "no-such-case")
    refused(as_("auditor").post(path, json=answer), 403, "forbidden")


def test_a_finding_on_a_confidential_case_is_seen_by_those_it_names(as_: As) -> None:
    auditor = as_("auditor")
    case = assigned_appeal(as_, confidential=True)
    refused(
        auditor.post("/api/v1/findings", json=finding(source_case=case)), 422, "answerer-needed"
    )
    found = begun(auditor, "findings", finding(source_case=case, answerer="huseynova"))
    assert read(auditor, f"findings/{found}")["standing"]["confidential"] is True
    refused(as_("executor").get(f"/api/v1/findings/{found}"), 404, "no-such-case")
    refused(as_("leader").get(f"/api/v1/findings/{found}"), 404, "no-such-case")
    done(as_("head"), f"findings/{found}/answer-finding", {"text": "Aydındır"})


def test_an_executor_who_is_named_answers_and_another_of_the_unit_does_not(as_: As) -> None:
    executor, answer = as_("executor"), {"text": "Aydındır"}
    named = begun(as_("auditor"), "findings", finding(answerer="mammadov"))
    path = "/api/v1/findings/{}/answer-finding"
    refused(as_("head").post(path.format(named), json=answer), 409, "not-the-concerned-unit")
    done(executor, f"findings/{named}/answer-finding", answer)
    of_the_unit = begun(as_("auditor"), "findings", finding())
    refused(executor.post(path.format(of_the_unit), json=answer), 409, "head-answers")


def test_who_answers_is_named_afterwards_and_the_clock_runs_for_them(as_: As) -> None:
    auditor = as_("auditor")
    body = {"kind": "late", "unit": "pensions", "text": "Gecikib", "answer_due_on": on(days=10)}
    finding = begun(auditor, "findings", body)
    hide = {"entry": "confidential", "value": "true", "approved_by": "director", "reason": "M"}
    answer = auditor.post(f"/api/v1/findings/{finding}/correct-entry", json=hide)
    refused(answer, 409, "nobody-named-to-answer")
    done(auditor, f"findings/{finding}/name-answerer", {"answerer": "mammadov"})
    done(auditor, f"findings/{finding}/correct-entry", hide)
    clocks = read(auditor, f"cases/{finding}/deadlines")["clocks"]
    assert [(each["clock"], each["running"]) for each in clocks] == [("finding-answer", True)]
    history = read(auditor, f"cases/{finding}/history")["entries"]
    assert "answerer-named" in {entry["event"] for entry in history}


def test_an_answer_shows_nobody_a_case_that_is_hidden_from_them(as_: As) -> None:
    case = assigned_appeal(as_, confidential=True)
    found = begun(as_("auditor"), "findings", finding(answerer="mammadov"))
    answer = {"text": "Belə deyil", "evidence": [{"case_id": case, "version": 1}]}
    path = f"/api/v1/findings/{found}/answer-finding"
    refused(as_("executor").post(path, json=answer), 422, "confidential-evidence")


def test_a_finding_is_hidden_after_its_case(as_: As) -> None:
    auditor, leader = as_("auditor"), as_("leader")
    case = assigned_appeal(as_)
    about = finding(source_case=case, answerer="huseynova")
    found = begun(auditor, "findings", about)
    hide = {"entry": "confidential", "value": "true", "reason": "Məxfidir"}
    done(as_("registrar"), f"appeals/{case}/correct-entry", {**hide, "approved_by": "minister"})
    assert leader.get(f"/api/v1/findings/{found}").status_code == 200
    path = f"findings/{found}/correct-entry"
    refused(
        as_("head").post(f"/api/v1/{path}", json={**hide, "approved_by": "minister"}),
        403,
        "forbidden",
    )
    done(auditor, path, {**hide, "approved_by": "minister"})
    refused(leader.get(f"/api/v1/findings/{found}"), 404, "no-such-case")
    refused(leader.get(f"/api/v1/cases/{found}/history"), 404, "no-such-case")
    position = read(auditor, "positions")["position"]
    listed = read(leader, "findings", limit=200, wait_for=position)["rows"]
    assert found not in {row["case_id"] for row in listed}
    assert read(as_("head"), f"findings/{found}")["standing"]["confidential"] is True


@pytest.fixture(scope="module")
def reported(as_: As) -> str:
    """A case that broke one rule."""
    return left_untold(as_)


def report(client: httpx.Client, **query: Any) -> dict[str, Any]:
    position = read(client, "positions")["position"]
    return read(client, "audit/conformance", wait_for=position, **query)


def test_the_report_names_the_cases_with_their_events(as_: As, reported: str) -> None:
    page = report(as_("auditor"), rule="left-untold", unit="pensions", limit=200)
    (row,) = [row for row in page["rows"] if row["case_id"] == reported]
    assert row["sentence"].startswith("Müraciət müraciət edənə məlumat verilmədən")
    assert row["number"].startswith("A-")
    assert row["imported"] is False
    assert row["finding"]["evidence"] == [{"case_id": reported, "version": 3}]
    (total,) = page["totals"]
    assert (total["rule"], total["unit"]) == ("left-untold", "pensions")
    assert total["cases"] == len(page["rows"])
    assert report(as_("auditor"), rule="left-untold", unit="press")["totals"] == []
    assert report(as_("auditor"), to="2020-01-01T00:00:00+04:00")["rows"] == []
    of_one = read(as_("head"), f"cases/{reported}/conformance")
    assert [each["rule"] for each in of_one["broken"]] == ["left-untold"]


def test_the_report_goes_on_page_by_page(as_: As, reported: str) -> None:
    auditor = as_("auditor")
    left_untold(as_)
    whole = report(auditor, limit=200)["rows"]
    paged, cursor = [], None
    while True:
        page = read(auditor, "audit/conformance", limit=1, **({"cursor": cursor} if cursor else {}))
        assert (page["totals"] is None) == (cursor is not None)
        paged += page["rows"]
        cursor = page["cursor"]
        if cursor is None:
            break
    assert paged == whole
    assert reported in {row["case_id"] for row in whole}
    forged = auditor.get("/api/v1/audit/conformance?cursor=WyJ4Il0")
    refused(forged, 400, "cursor-invalid")


def test_the_command_line_tells_the_same(as_: As, server: Server, reported: str) -> None:
    page = report(as_("auditor"), rule="left-untold", limit=200)
    asked = [str(PROGRAM), "audit", "conformance", "--rule", "left-untold", "--cases", "--json"]
    env = {"PATH": os.environ["PATH"], **server.environ}
    told = json.loads(subprocess.run(asked, env=env, capture_output=True, check=True).stdout)
    assert told["totals"] == page["totals"]
    assert [row["case_id"] for row in told["rows"]] == [row["case_id"] for row in page["rows"]]
    assert reported in {row["case_id"] for row in told["rows"]}


def test_leaders_get_the_totals_without_the_cases_and_others_nothing(
    as_: As, reported: str
) -> None:
    page = report(as_("leader"), limit=1)
    assert page["totals"]
    assert page["rows"] == []
    assert page["cursor"] is None
    assert reported not in str(page)
    for name in ("registrar", "executor", "head", "controller", "analyst", "administrator"):
        refused(as_(name).get("/api/v1/audit/conformance"), 403, "forbidden")


def test_leaders_are_told_of_confidential_cases_in_no_total(as_: As) -> None:
    asked = {"rule": "complained-of-unnamed"}
    before = report(as_("leader"), **asked)["totals"]
    seen = sum(total["cases"] for total in report(as_("auditor"), **asked)["totals"])
    begun(as_("registrar"), "appeals", appeal(kind="complaint", confidential=True))
    assert report(as_("leader"), **asked)["totals"] == before
    assert sum(total["cases"] for total in report(as_("auditor"), **asked)["totals"]) == seen + 1


def test_a_case_of_another_unit_shows_nothing_of_its_conformance(as_: As, reported: str) -> None:
    refused(as_("ganja").get(f"/api/v1/cases/{reported}/conformance"), 404, "no-such-case")


def test_an_auditor_who_worked_on_the_case_opens_no_finding_on_it(as_: As) -> None:
    body = assignment(main_executor="auditor", unit="agency")
    case = begun(as_("controller"), "assignments", body)
    answer = as_("auditor").post("/api/v1/findings", json=finding(source_case=case))
    refused(answer, 409, "own-work")
