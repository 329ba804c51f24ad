from hashlib import sha256
from typing import Any

import httpx
import pytest

from projections.telling import LANGUAGES
from tests.api.bodies import appeal, begun, done, inquiry, on, read, reception
from tests.api.conftest import As
from tests.api.serving import PEOPLE, Server

REPLY = "Hörmətli Rəşad Həsənov, pensiyanız yenidən hesablanacaq."
DIGEST = sha256(REPLY.encode()).hexdigest()
FEWER = "Arayış: staj 32 il."


def duties(client: httpx.Client, case: str, position: int, whose: str = "mine") -> set[str]:
    found: set[str] = set()
    cursor = None
    while True:
        query = {"whose": whose, "wait_for": position, "limit": 200}
        page = read(client, "work", **query, **({"cursor": cursor} if cursor else {}))
        found |= {row["duty"].split(":")[0] for row in page["rows"] if row["case_id"] == case}
        cursor = page["cursor"]
        if not cursor:
            return found


def sentences(client: httpx.Client, case: str, language: str) -> list[str]:
    answer = client.get(f"/api/v1/cases/{case}/history", headers={"Accept-Language": language})
    assert answer.status_code == 200
    return [entry["sentence"] for entry in answer.json()["entries"]]


def test_an_appeal_lives_from_its_registration_to_its_closing(as_: As) -> None:
    registrar, head, executor = as_("registrar"), as_("head"), as_("executor")
    signatory, controller = as_("signatory"), as_("controller")

    case = begun(registrar, "appeals", appeal())
    path = f"appeals/{case}"
    view = read(registrar, path)
    person = view["began"]["applicant"]["person"]["id"]
    assert view["standing"]["stage"] == "registered"
    assert executor.get(f"/api/v1/{path}").status_code == 404, "not theirs yet"

    receipt = done(
        registrar, f"{path}/assign-appeal", {"unit": "pensions", "main_executor": "mammadov"}
    )
    assert receipt["events"] == ["appeal-assigned"]
    assert duties(head, case, receipt["position"], "unit") == {"accept-appeal"}
    row = _row(executor, case, receipt["position"])
    assert (row["state"], row["unit"], row["executors"]) == ("assigned", "pensions", ["mammadov"])
    assert (row["number"][0], row["open"], row["under_control"]) == ("A", True, False)

    receipt = done(executor, f"{path}/accept-appeal")
    assert duties(executor, case, receipt["position"]) == {"do-appeal"}
    done(controller, f"{path}/put-under-control", {"reason": "Rəhbərliyin göstərişi"})
    receipt = done(
        executor,
        f"{path}/ask-for-information",
        {"question": "Staj neçə ildir?", "due_on": on(5), "unit": "social"},
    )
    clocks = read(executor, f"cases/{case}/deadlines", wait_for=receipt["position"])["clocks"]
    rules = {clock["clock"].split(":")[0]: clock["rule"] for clock in clocks}
    assert rules == {
        "answer": "az-a-gen",
        "register": "az-a-reg",
        "forward": "az-a-fwd",
        "no-consideration": "az-a-nolook",
        "information": "chosen",
    }
    running = {clock["clock"].split(":")[0] for clock in clocks if clock["running"]}
    assert running == {"answer", "information"}
    (request,) = read(executor, path)["standing"]["requests"]
    done(
        executor,
        f"{path}/record-information",
        {"request_id": request["request_id"], "answer": FEWER, "received_on": on()},
    )

    draft = {"text": REPLY, "initials_by": ["huseynova"], "signatory": "director"}
    receipt = done(executor, f"{path}/draft-reply", draft)
    assert duties(head, case, receipt["position"]) == {"initial-reply"}
    receipt = done(head, f"{path}/initial-reply", {"digest": DIGEST})
    assert duties(head, case, receipt["position"]) == set()
    assert duties(signatory, case, receipt["position"]) == {"sign-reply"}
    done(signatory, f"{path}/sign-reply", {"digest": DIGEST})
    sent = {"letter_number": "7/15", "dispatched_on": on(), "way": "post"}
    receipt = done(registrar, f"{path}/dispatch-reply", sent)
    assert read(executor, path)["reply_text"] == REPLY
    assert duties(controller, case, receipt["position"]) == {"lift-control"}
    done(controller, f"{path}/take-off-control", {"reason": "Cavab göndərildi"})
    receipt = done(registrar, f"{path}/close-appeal", {"result": "satisfied"})

    for client in (registrar, executor, head, signatory, controller):
        assert duties(client, case, receipt["position"]) == set()
    row = _row(registrar, case, receipt["position"])
    assert (row["state"], row["result"], row["open"]) == ("closed", "satisfied", False)
    clocks = read(executor, f"cases/{case}/deadlines", wait_for=receipt["position"])["clocks"]
    assert not any(clock["running"] for clock in clocks)
    cases = read(registrar, f"persons/{person}/cases", wait_for=receipt["position"])["cases"]
    assert [(found["case"]["case_id"], found["parts"]) for found in cases] == [
        (case, ["applicant"])
    ]

    _told_in_every_language(executor, case)


def _told_in_every_language(executor: httpx.Client, case: str) -> None:
    history = read(executor, f"cases/{case}/history")["entries"]
    assert [entry["event"] for entry in history] == [
        "appeal-registered",
        "appeal-assigned",
        "appeal-accepted",
        "control-established",
        "information-asked",
        "information-received",
        "reply-drafted",
        "reply-initialled",
        "reply-signed",
        "appeal-reply-dispatched",
        "control-lifted",
        "appeal-closed",
    ]
    assert history[3]["reason"] == "Rəhbərliyin göstərişi"
    assert (history[1]["who"]["name"], history[1]["client"]) == ("Aliyev", "tests")
    told = {code: sentences(executor, case, code) for code in LANGUAGES}
    assert {len(each) for each in told.values()} == {12}
    assert len({sentence for each in told.values() for sentence in each}) == 12 * len(LANGUAGES)
    assert sentences(executor, case, "fr, ru;q=0.8, en;q=0.5") == told["ru"]
    assert sentences(executor, case, "fr") == told["az"]
    assert FEWER in told["az"][5] + str(history[5]["details"])


def test_a_visit_its_assignment_and_its_written_appeal_are_told_as_one_thread(as_: As) -> None:
    clerk = as_("clerk")
    session = begun(clerk, "receptions", reception())
    path = f"receptions/{session}"
    done(clerk, f"{path}/open-reception")
    visitor = {"surname": "Məmmədova", "name": "Leyla"}
    registered = done(
        clerk,
        f"{path}/register-visit",
        {"visitor": visitor, "matter": "Torpaq sahəsi", "topic": "land"},
    )
    told = read(clerk, f"cases/{session}/history")["entries"]
    (visit,) = (e["details"] for e in told if e["position"] == registered["position"])
    at_visit = {"visit_id": visit["visit_id"]}
    done(clerk, f"{path}/call-visitor", at_visit)
    done(clerk, f"{path}/start-hearing", at_visit)
    instruction = {"text": "Sənədləri yoxlayın", "unit": "pensions", "main_executor": "mammadov"}
    done(
        clerk,
        f"{path}/give-assignment-at-hearing",
        {**at_visit, **instruction, "due_on": on(10), "under_control": True},
    )
    done(
        clerk,
        f"{path}/take-in-written-appeal",
        {
            **at_visit,
            "applicant": {"id": visit["person_id"], **visitor},
            "kind": "complaint",
            "topic": "land",
            "subject": "Torpaq sahəsi",
        },
    )
    done(clerk, f"{path}/complete-visit", at_visit)

    auditor = as_("auditor")
    thread = _thread_with(auditor, visit["visit_id"], {"appeal", "assignment", "reception"})
    events = [entry["event"] for entry in thread]
    assert events[0] == "visit-registered"
    assert {"assignment-given", "appeal-registered", "written-appeal-handed-over"} <= set(events)
    assert {entry["correlation_id"] for entry in thread} == {visit["visit_id"]}
    given = next(e for e in thread if e["event"] == "assignment-given")
    assert given["on_behalf_of"]["id"] == "director", "the official who received gave it"
    of_the_person = read(
        auditor, f"persons/{visit['person_id']}/cases", wait_for=thread[-1]["position"]
    )
    kinds = {found["case"]["kind"] for found in of_the_person["cases"]}
    assert kinds == {"reception", "appeal", "assignment"}
    assert done(clerk, f"{path}/close-reception")["events"] == ["reception-closed"]


def test_a_media_inquiry_is_answered_and_its_coverage_linked(as_: As) -> None:
    press, head, signatory = as_("press"), as_("head"), as_("signatory")
    case = begun(press, "media-inquiries", inquiry())
    path = f"media-inquiries/{case}"
    done(press, f"{path}/acknowledge-media-inquiry", {"way": "email"})
    done(
        press,
        f"{path}/route-to-section",
        {"section": "broadcast", "unit": "press", "responsible": "ismayilova"},
    )
    draft = {"text": REPLY, "initials_by": ["huseynova"], "signatory": "director"}
    done(press, f"{path}/draft-reply", draft)
    done(head, f"{path}/initial-reply", {"digest": DIGEST})
    done(signatory, f"{path}/sign-reply", {"digest": DIGEST})
    done(press, f"{path}/answer-media-inquiry", {"way": "email"})
    done(
        press,
        f"{path}/link-coverage",
        {
            "outlet": "Xəbər TV",
            "published_on": on(),
            "tone": "neutral",
            "url": "https://xeber.example/1",
        },
    )
    receipt = done(press, f"{path}/close-media-inquiry", {"resolution": "answered"})
    row = _row(press, case, receipt["position"])
    assert (row["kind"], row["state"], row["subkind"]) == ("media-inquiry", "closed", "tv")


@pytest.mark.parametrize("content", [b"%PDF-1.7 \x00\xff", b"x" * 200_000], ids=["small", "large"])
def test_a_document_is_stored_attached_and_read_back(as_: As, content: bytes) -> None:
    registrar = as_("registrar")
    case = begun(registrar, "appeals", appeal())
    digest = sha256(content).hexdigest()
    document = f"/api/v1/cases/{case}/documents/{digest}"
    for _ in range(2):
        stored = registrar.put(
            document, content=content, headers={"Content-Type": "application/pdf"}
        )
        assert stored.status_code == 204, stored.text
    described = {
        "name": "Arayış.pdf",
        "media_type": "application/pdf",
        "size": len(content),
        "sha256": digest,
    }
    receipt = done(registrar, f"appeals/{case}/attach-document", {"document": described})
    assert receipt["events"] == ["document-attached"]
    answer = registrar.get(document)
    assert answer.content == content
    assert answer.headers["content-type"] == "application/pdf"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert as_("ganja").get(document).status_code == 404


def test_a_deputy_acts_for_the_official_their_token_names(as_: As, server: Server) -> None:
    token = server.token(PEOPLE["registrar"], may_act_for=["director"])
    deputy = server.client(token)
    case = begun(deputy, "appeals", appeal())
    for official, status in (("director", 200), ("huseynova", 403)):
        answer = deputy.post(
            f"/api/v1/appeals/{case}/add-note",
            json={"text": "Zəng edildi"},
            headers={"On-Behalf-Of": official},
        )
        assert answer.status_code == status
    note = read(as_("auditor"), f"cases/{case}/history")["entries"][-1]
    assert (note["who"]["id"], note["on_behalf_of"]["id"]) == ("aliyev", "director")


def _row(client: httpx.Client, case: str, position: int) -> dict[str, Any]:
    page = read(client, "cases", wait_for=position, limit=200)
    (row,) = (row for row in page["rows"] if row["case_id"] == case)
    return dict(row)


def _thread_with(client: httpx.Client, thread: str, kinds: set[str]) -> list[dict[str, Any]]:
    """The thread once the policies have brought all these kinds of case into it."""
    entries: list[dict[str, Any]] = []
    for _ in range(100):
        position = read(client, "positions")["position"]
        entries = read(client, f"threads/{thread}", wait_for=position)["entries"]
        if {entry["kind"] for entry in entries} == kinds and any(
            entry["event"] == "written-appeal-handed-over" for entry in entries
        ):
            return entries
    raise AssertionError(f"only {[(e['kind'], e['event']) for e in entries]}")
