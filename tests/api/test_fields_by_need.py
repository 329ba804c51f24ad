"""Each role sees the personal fields that it needs; a look at the others is on record."""

from hashlib import sha256
from typing import Any
from urllib.parse import quote

import httpx
import psycopg
import pytest

from application.caller import Role
from application.sight_of_fields import NEEDS
from domain.case import CaseKind
from domain.kinds import EVENTS
from domain.personal_fields import OF_STRUCTS, WITHHELD, Field, holders, marked_fields
from tests.api.bodies import appeal, begun, done, inquiry, read, refused
from tests.api.conftest import As
from tests.api.serving import Person, Server

PERSON = {
    "surname": "Tanınmaz",
    "name": "Şəfiqə",
    "phone": "+994557654321",
    "email": "tanınmaz@example.com",
    "address": "Gəncə küçəsi 7",
    "fin": "5XQ7W1Z",
    "birth_date": "1961-02-03",
}
CONTACT = ("phone", "email", "address", "fin", "birth_date")
SUBJECT, NAME = "Görünən mövzu", "skan-Tanınmaz.pdf"
CONTENT = b"bir"
DIGEST = sha256(CONTENT).hexdigest()
REASON = "Şikayətin yoxlanılması, əmr 15"


@pytest.fixture(scope="module")
def case(as_: As) -> str:
    """An appeal in the hands of pensions, corrected, with a document."""
    registrar = as_("registrar")
    applicant = {"type": "individual", "person": PERSON}
    case = begun(registrar, "appeals", appeal(applicant=applicant, subject=SUBJECT))
    work = {"unit": "pensions", "main_executor": "mammadov", "resolution": "Baxın"}
    done(registrar, f"appeals/{case}/assign-appeal", work)
    new = {"entry": "applicant.phone", "value": "+994501112233", "approved_by": "director"}
    done(registrar, f"appeals/{case}/correct-entry", {**new, "reason": "Səhv nömrə"})
    registrar.put(f"/api/v1/cases/{case}/documents/{DIGEST}", content=CONTENT)
    described = {"name": NAME, "media_type": "text/plain", "size": 3, "sha256": DIGEST}
    done(registrar, f"appeals/{case}/attach-document", {"document": described})
    return case


def seen(client: httpx.Client, case: str) -> dict[str, str]:
    """What each way of reading the case answers, as text."""
    position = read(client, "positions")["position"]
    paths = (
        f"cases/{case}",
        f"appeals/{case}",
        f"cases/{case}/history",
        f"cases/{case}/thread?wait_for={position}",
        f"threads/{case}?wait_for={position}",
    )
    answers = {path: client.get(f"/api/v1/{path}") for path in paths}
    assert {answer.status_code for answer in answers.values()} == {200}
    return {path: answer.text for path, answer in answers.items()}


def fields(text: str) -> set[str]:
    values = {**PERSON, "corrected": "+994501112233", "subject": SUBJECT, "document": NAME}
    return {name for name, value in values.items() if value in text}


WHOLE = {*PERSON, "corrected", "subject", "document"}
NO_CONTACT = WHOLE - set(CONTACT) - {"corrected"}


@pytest.mark.parametrize(
    ("who", "shown"),
    [
        ("registrar", WHOLE),
        ("executor", WHOLE),
        ("head", NO_CONTACT),
        ("controller", NO_CONTACT),
        ("signatory", NO_CONTACT),
        ("auditor", NO_CONTACT),
        ("leader", NO_CONTACT - {"document"}),
    ],
)
def test_each_role_sees_what_it_needs_wherever_the_case_is_read(
    as_: As, case: str, who: str, shown: set[str]
) -> None:
    for path, text in seen(as_(who), case).items():
        entry = "/history" in path or "thread" in path
        assert fields(text) == (shown if entry else shown - {"document"}), path
        assert (WITHHELD in text) == (shown != WHOLE), path


def test_an_executor_of_the_unit_who_does_not_work_on_the_case_needs_no_contact(
    case: str, server: Server
) -> None:
    colleague = Person("huseynova", "pensions", frozenset({Role.EXECUTOR}))
    client = server.client(server.token(colleague))
    for text in seen(client, case).values():
        assert not fields(text) & set(CONTACT)


def test_the_sentences_say_that_something_is_withheld(as_: As, case: str) -> None:
    for language, word in (("az", "[göstərilmir]"), ("en", "[withheld]")):
        headers = {"Accept-Language": language}
        answer = as_("leader").get(f"/api/v1/cases/{case}/history", headers=headers)
        told = {entry["event"]: entry["sentence"] for entry in answer.json()["entries"]}
        assert word in told["document-attached"]
        assert word in told["entry-corrected"]
        assert PERSON["surname"] in told["appeal-registered"]


def test_documents_are_read_by_those_who_need_them(as_: As, case: str) -> None:
    path = f"/api/v1/cases/{case}/documents/{DIGEST}"
    assert as_("auditor").get(path).content == CONTENT
    refused(as_("leader").get(path), 403, "forbidden")


def test_a_journalist_is_reached_by_the_press_office_alone(as_: As) -> None:
    case = begun(as_("press"), "media-inquiries", inquiry(journalist=PERSON))
    assert PERSON["phone"] in as_("press").get(f"/api/v1/cases/{case}").text
    text = as_("leader").get(f"/api/v1/cases/{case}").text
    assert fields(text) == {"surname", "name"}


def contact_details(client: httpx.Client, case: str, reason: str | None) -> httpx.Response:
    headers = {"Access-Reason": quote(reason)} if reason is not None else {}
    return client.get(f"/api/v1/cases/{case}/contact-details", headers=headers)


def test_an_auditor_sees_contact_details_for_a_reason_that_stays_on_record(
    as_: As, case: str, server: Server
) -> None:
    auditor = as_("auditor")
    answer = contact_details(auditor, case, REASON)
    assert answer.status_code == 200, answer.text
    (people,) = answer.json()["people"].values()
    assert people["person"].items() >= {**PERSON, "phone": "+994501112233"}.items()
    assert SUBJECT not in answer.text
    with psycopg.connect(server.conninfo) as conn:
        (row,) = conn.execute(
            "SELECT official, reason FROM karguzar.accesses "
            "WHERE action = 'contact-details-seen' AND cases = ARRAY[%s]::uuid[] "
            "AND official = 'auditor'",
            (case,),
        ).fetchall()
    assert row == ("auditor", REASON)
    raw = auditor.get(
        f"/api/v1/cases/{case}/contact-details", headers=[(b"Access-Reason", REASON.encode())]
    )
    assert raw.status_code == 200


@pytest.mark.parametrize(
    "reason", [None, "", "   ", "yox", "x" * 501, "ab\ncde", "%ff%ff%ff%ff%ff"]
)
def test_without_a_reason_nothing_is_shown_nor_recorded_as_seen(
    as_: As, case: str, reason: str | None
) -> None:
    headers = {} if reason is None else {"Access-Reason": quote(reason, safe="%")}
    answer = as_("auditor").get(f"/api/v1/cases/{case}/contact-details", headers=headers)
    assert answer.status_code == 422, answer.text
    assert not fields(answer.text)


def test_leaders_and_strangers_see_no_contact_details_for_any_reason(as_: As, case: str) -> None:
    refused(contact_details(as_("leader"), case, REASON), 403, "forbidden")
    refused(contact_details(as_("ganja"), case, REASON), 404, "no-such-case")
    refused(contact_details(as_("analyst"), case, REASON), 404, "no-such-case")
    assert contact_details(as_("executor"), case, REASON).status_code == 200


def test_every_personal_field_of_every_event_has_its_place_in_the_table() -> None:
    assert {struct: set(of) for struct, of in OF_STRUCTS.items()} == {
        struct: set(marked_fields(struct)) for struct in holders(EVENTS)
    }


def test_the_table_has_every_kind_of_case_and_nobody_without_content_sees_anything() -> None:
    assert set(NEEDS) == set(CaseKind)
    for kind in (CaseKind.APPEAL, CaseKind.RECEPTION, CaseKind.MEDIA_INQUIRY):
        of_kind: Any = NEEDS[kind]
        assert not of_kind.keys() & {Role.ADMINISTRATOR, Role.ANALYST}
        for role in (Role.AUDITOR, Role.LEADER, Role.CONTROLLER, Role.SIGNATORY):
            assert Field.CONTACT not in of_kind[role].always | of_kind[role].at_work
