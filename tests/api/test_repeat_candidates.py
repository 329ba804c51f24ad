"""Candidates for a repeat over HTTP: who and what is alike, and why, in the reader's sight."""

from collections.abc import Iterator
from datetime import timedelta
from itertools import pairwise
from typing import Any

import httpx
import psycopg
import pytest
from psycopg.rows import dict_row

from application.caller import Role
from tests.api.bodies import NOWHERE, appeal, begun, done, now, on, read, reception, refused
from tests.api.conftest import As
from tests.api.serving import Person, Server

PATH = "/api/v1/repeats/candidates"
ZULFIYYA = {
    "surname": "Qarayeva",
    "name": "Zülfiyyə",
    "patronymic": "Şahmar qızı",
    "phone": "+994 51 333 44 55",
    "birth_date": "1961-11-23",
    "address": "Bakı, Təbriz küçəsi 44, mənzil 12",
}
MATTER = {
    "topic": "housing",
    "subject": "Təbriz küçəsi 44 nömrəli binanın lifti",
    "text": (
        "Təbriz küçəsi 44 nömrəli binanın lifti 7 aydır işləmir, liftçi Elmar Nağıyev 3 dəfə "
        "gəlib. 14.03.2026-cı ildə yazdığım müraciətə baxılmayıb, qoca anam 9-cu mərtəbədə qalır."
    ),
}


def individual(**person: Any) -> dict[str, Any]:
    return {"type": "individual", "person": person}


def asked(client: httpx.Client, position: int, language: str = "az", **draft: Any) -> Any:
    answer = client.post(
        f"{PATH}?wait_for={position}", json=draft, headers={"Accept-Language": language}
    )
    assert answer.status_code == 200, answer.text
    return answer.json()


def of_appeal(client: httpx.Client, case: str, position: int) -> Any:
    return read(client, "repeats/candidates", appeal=case, wait_for=position)


def candidate(answer: Any, case: str) -> Any:
    return next((each for each in answer["candidates"] if each["case_id"] == case), None)


def codes(alike: Any) -> set[str]:
    return {reason["code"] for reason in alike["reasons"]}


@pytest.fixture(scope="module")
def registrar(as_: As) -> httpx.Client:
    return as_("registrar")


@pytest.fixture(scope="module")
def first(registrar: httpx.Client) -> str:
    """An appeal of hers that is examined."""
    return begun(registrar, "appeals", appeal(applicant=individual(**ZULFIYYA), **MATTER))


@pytest.fixture
def position(server: Server, first: str) -> int:  # noqa: ARG001 - it has to be there
    return server.log_position()


def test_the_same_person_written_in_another_alphabet_is_found_with_the_reasons_told(
    registrar: httpx.Client, first: str, position: int
) -> None:
    cyrillic = individual(
        surname="Караева", name="Зульфия", phone="0513334455", birth_date="1961-11-23"
    )
    told = {}
    for language in ("az", "en", "tr", "ka", "ru"):
        answer = asked(registrar, position, language, applicant=cyrillic)
        found = candidate(answer, first)
        assert found["person"]["alike"]["joined"]
        assert found["matter"] is None
        assert codes(found["person"]["alike"]) >= {"phone-same", "born-same"}
        told[language] = {r["text"] for r in found["person"]["alike"]["reasons"]}
        assert found["person"]["alike"]["against"] == "relatives"
        told[language].add(found["person"]["alike"]["against_text"])
        assert not told[language] & codes(found["person"]["alike"]), "words, not codes"
        weights = [abs(r["weight"]) for r in found["person"]["alike"]["reasons"]]
        assert weights == sorted(weights, reverse=True)
    assert len({frozenset(texts) for texts in told.values()}) == 5


def test_what_is_not_hers_though_her_family_shares_everything_is_not_taken_for_hers(
    registrar: httpx.Client, first: str, position: int
) -> None:
    brother = individual(**{**ZULFIYYA, "surname": "Qarayev", "name": "Vüqar"})
    brother["person"] |= {"patronymic": "Şahmar oğlu", "birth_date": "1958-02-03"}
    found = candidate(asked(registrar, position, applicant=brother), first)
    assert found is None or not found["person"]["alike"]["joined"]


def test_of_two_that_arrived_at_one_instant_the_one_with_the_lower_number_is_earlier(
    registrar: httpx.Client, server: Server
) -> None:
    letter = appeal(applicant=individual(surname="Səfərli", name="Günel", fin="5QWER7T"))
    one, two = (begun(registrar, "appeals", letter) for _ in range(2))
    position = server.log_position()
    assert candidate(of_appeal(registrar, two, position), one)["earlier"]
    assert not candidate(of_appeal(registrar, one, position), two)["earlier"]


def test_the_same_matter_is_told_beside_the_same_person(
    registrar: httpx.Client, first: str, position: int
) -> None:
    draft = {**MATTER, "text": f"Yenidən yazıram. {MATTER['text']}"}
    answer = asked(registrar, position, applicant=individual(**ZULFIYYA), **draft)
    found = answer["candidates"][0]
    assert found["case_id"] == first
    assert found["matter"]["probable"]
    assert found["earlier"]
    assert found["open"]
    assert [a["code"] for a in answer["advice"]] == ["merge-into-open"]
    assert answer["advice"][0]["cases"] == [first]
    assert "people-" in answer["model"]
    assert "matters-" in answer["model"]


def test_a_complaint_about_whoever_has_the_earlier_appeal_is_warned_of(
    registrar: httpx.Client, first: str, position: int
) -> None:
    draft: dict[str, Any] = {**MATTER, "complained_of_units": ["records"]}
    answer = asked(registrar, position, applicant=individual(**ZULFIYYA), **draft)
    advice = {each["code"]: each["cases"] for each in answer["advice"]}
    assert first in advice["not-to-whom-it-is-about"]


def test_what_was_decided_is_listed_and_not_asked_again_until_it_is_withdrawn(
    registrar: httpx.Client, server: Server, first: str
) -> None:
    second = begun(registrar, "appeals", appeal(applicant=individual(**ZULFIYYA), **MATTER))
    found = candidate(of_appeal(registrar, second, server.log_position()), first)
    assert found["person"]["alike"]["joined"]
    reasons = found["person"]["alike"]["reasons"]
    evidence = [{"code": r["code"], "weight": r["weight"]} for r in reasons]
    for command, verdict in (("confirm-repeat", "repeat"), ("reject-repeat", "not-repeat")):
        body = {"earlier": first, "evidence": evidence, "model": "people-1 matters-1"}
        receipt = done(registrar, f"appeals/{second}/{command}", body)
        for one, other in ((second, first), (first, second)):
            answer = of_appeal(registrar, one, receipt["position"])
            assert candidate(answer, other) is None
            groups = [sorted(each["members"]) for each in answer["groups"]]
            assert (sorted([first, second]) in groups) == (verdict == "repeat")
            (decided,) = [d for d in answer["decided"] if d["case_id"] == other]
            assert (decided["verdict"], decided["later"]) == (verdict, second)
            told = {each["code"]: each["cases"] for each in answer["advice"]}
            merge = one == second and verdict == "repeat"
            assert (first in told.get("merge-into-open", ())) == merge
        withdrawn = {"earlier": first, "reason": "Səhv qərar"}
        receipt = done(registrar, f"appeals/{second}/withdraw-repeat-decision", withdrawn)
        answer = of_appeal(registrar, second, receipt["position"])
        assert candidate(answer, first)
        assert answer["decided"] == []


def test_a_repeat_confirmed_though_nothing_is_alike_is_to_be_merged_too(
    registrar: httpx.Client,
) -> None:
    people = [{"surname": "Vəzirov", "name": "Camal"}, {"surname": "Zeynallı", "name": "Ofelya"}]
    texts = [("housing", "Damımız axır"), ("pensions", "Staj arayışı verilmir")]
    earlier, later = (
        begun(
            registrar,
            "appeals",
            appeal(applicant=individual(**person), topic=topic, subject=subject),
        )
        for person, (topic, subject) in zip(people, texts, strict=True)
    )
    receipt = done(registrar, f"appeals/{later}/confirm-repeat", {"earlier": earlier})
    answer = of_appeal(registrar, later, receipt["position"])
    told = {each["code"]: each["cases"] for each in answer["advice"]}
    assert told["merge-into-open"] == [earlier]
    other_way = of_appeal(registrar, earlier, receipt["position"])["advice"]
    assert "merge-into-open" not in {each["code"] for each in other_way}


def test_three_answers_within_a_year_are_shown_with_the_advice(
    registrar: httpx.Client, server: Server
) -> None:
    person = individual(surname="Seyidbəyli", name="Qönçə", phone="+994557001122")
    earlier: list[str] = []
    for days in (90, 60, 30):
        body = appeal(
            applicant=person,
            received_at=(now() - timedelta(days=days)).isoformat(),
            registered_on=on(-days),
            legacy_number=f"Q-{days}",
            **MATTER,
        )
        case = begun(registrar, "appeals", body)
        outcome = {"ended_on": on(2 - days), "result": "explained"}
        done(registrar, f"appeals/{case}/record-legacy-outcome", outcome)
        if earlier:
            done(registrar, f"appeals/{case}/confirm-repeat", {"earlier": earlier[-1]})
        earlier.append(case)
    answer = asked(registrar, server.log_position(), applicant=person, **MATTER)
    (advice,) = [a for a in answer["advice"] if a["code"] == "answered-three-times"]
    assert advice["cases"] == earlier
    assert {candidate(answer, case)["in_year"] for case in earlier} == {3}
    (group,) = [g for g in answer["groups"] if g["members"] == sorted(earlier)]
    assert [a["case_id"] for a in group["answers"]] == earlier
    assert (group["in_year"], group["needed"]) == (3, 3)


def test_an_answer_older_than_a_year_advises_nothing_and_counts_for_its_own_day(
    registrar: httpx.Client, server: Server
) -> None:
    person = individual(surname="Tahirzadə", name="Bəyim", phone="+994557001199")
    earlier: list[str] = []
    for days in (500, 60, 30):
        case = _answered(registrar, person, days)
        if earlier:
            done(registrar, f"appeals/{case}/confirm-repeat", {"earlier": earlier[-1]})
        earlier.append(case)
    answer = asked(registrar, server.log_position(), applicant=person, **MATTER)
    assert "answered-three-times" not in {each["code"] for each in answer["advice"]}
    assert {candidate(answer, case)["in_year"] for case in earlier} == {2}


def test_what_was_answered_after_it_arrived_counts_for_no_appeal_nor_its_own_answer(
    registrar: httpx.Client, server: Server
) -> None:
    person = individual(surname="Tahirzadə", name="Gülbəniz", phone="+994557001177")
    cases = [_answered(registrar, person, days) for days in (90, 60, 30)]
    for before, after in pairwise(cases):
        done(registrar, f"appeals/{after}/confirm-repeat", {"earlier": before})
    second = of_appeal(registrar, cases[1], server.log_position())
    (group,) = [each for each in second["groups"] if cases[1] in each["members"]]
    assert group["in_year"] == 1, "its own answer and that of the third came later"
    assert cases[1] not in [each["case_id"] for each in group["answers"]]


def test_a_hidden_appeal_joins_no_two_that_are_in_sight(
    registrar: httpx.Client, server: Server, as_: As
) -> None:
    person = individual(surname="Məhərrəmzadə", name="Tamella", phone="+994557001166")
    one, hidden, other = (
        begun(
            registrar,
            "appeals",
            appeal(applicant=person, confidential=secret, **MATTER),
        )
        for secret in (False, True, False)
    )
    done(registrar, f"appeals/{hidden}/confirm-repeat", {"earlier": one})
    position = done(registrar, f"appeals/{other}/confirm-repeat", {"earlier": hidden})["position"]
    colleague = server.client(server.token(_another("colleague-2")))
    draft: dict[str, Any] = {"applicant": person, **MATTER}
    joined = {tuple(g["members"]) for g in asked(registrar, position, **draft)["groups"]}
    assert tuple(sorted([one, hidden, other])) in joined
    for group in asked(colleague, position, **draft)["groups"]:
        assert len({one, hidden, other} & {*group["members"]}) < 2
    seen = read(colleague, f"repeats/groups/{one}", wait_for=position)
    assert [member["case_id"] for member in seen["members"]] == [one]
    seen = read(as_("auditor"), f"repeats/groups/{one}", wait_for=position)
    assert [member["case_id"] for member in seen["members"]] == [one, hidden, other]


def _answered(client: httpx.Client, person: Any, days: int) -> str:
    body = appeal(
        applicant=person,
        received_at=(now() - timedelta(days=days)).isoformat(),
        registered_on=on(-days),
        legacy_number=f"T-{days}-{person['person']['name']}",
        **MATTER,
    )
    case = begun(client, "appeals", body)
    outcome = {"ended_on": on(2 - days), "result": "explained"}
    done(client, f"appeals/{case}/record-legacy-outcome", outcome)
    return case


def test_a_collective_appeal_is_found_by_any_of_its_signatories(
    registrar: httpx.Client, server: Server
) -> None:
    names = [("Abbasov", f"İmza{chr(97 + n)}") for n in range(20)]
    signatories = [
        {"surname": surname, "name": name, "phone": f"+99450610{n:04}"}
        for n, (surname, name) in enumerate(names)
    ]
    body = appeal(applicant={"type": "collective", "signatories": signatories})
    case = begun(registrar, "appeals", body)
    alone = individual(surname="Abbasova", name="İmzah", phone="0506100007")
    found = candidate(asked(registrar, server.log_position(), applicant=alone), case)
    assert (found["person"]["part"], found["person"]["alike"]["joined"]) == ("signatory", True)
    together = {"type": "collective", "signatories": signatories[3:9]}
    found = candidate(asked(registrar, server.log_position(), applicant=together), case)
    assert found["person"]["alike"]["probable"]


def test_an_anonymous_appeal_is_found_by_the_contact_detail_left(
    registrar: httpx.Client, server: Server
) -> None:
    case = begun(
        registrar,
        "appeals",
        appeal(applicant={"type": "anonymous", "contact": "+994 70 812 93 04"}),
    )
    named = individual(surname="Ocaqov", name="Fərman", phone="0708129304")
    answer = asked(registrar, server.log_position(), applicant=named)
    found = candidate(answer, case)
    assert (found["person"]["part"], found["person"]["person_id"]) == ("anonymous", None)
    assert "phone-same" in codes(found["person"]["alike"])


def test_a_visitor_is_found_too(as_: As, registrar: httpx.Client, server: Server) -> None:
    clerk = as_("clerk")
    session = begun(clerk, "receptions", reception())
    done(clerk, f"receptions/{session}/open-reception", {})
    visitor = {"surname": "Tağızadə", "name": "Növrəstə", "phone": "+994509988776"}
    body = {"visitor": visitor, "matter": MATTER["subject"], "topic": "housing"}
    done(clerk, f"receptions/{session}/register-visit", body)
    answer = asked(clerk, server.log_position(), applicant=individual(**visitor))
    found = candidate(answer, session)
    assert (found["kind"], found["person"]["part"]) == ("reception", "visitor")
    assert found["person"]["alike"]["joined"]
    hidden = asked(registrar, server.log_position(), applicant=individual(**visitor))
    assert candidate(hidden, session) is None, "the registrar doesn't see the desk's receptions"


def test_nobody_is_shown_a_case_that_they_may_not_see(
    as_: As, registrar: httpx.Client, server: Server, first: str
) -> None:
    person = individual(**ZULFIYYA)
    secret = begun(registrar, "appeals", appeal(applicant=person, confidential=True, **MATTER))
    position = server.log_position()
    assert candidate(asked(registrar, position, applicant=person), secret), "she registered it"
    colleague = server.client(server.token(_another("colleague")))
    found = asked(colleague, position, applicant=person, **MATTER)
    assert candidate(found, secret) is None
    assert candidate(found, first)
    elsewhere = asked(as_("ganja"), position, applicant=person, **MATTER)
    assert elsewhere["candidates"] == elsewhere["groups"] == elsewhere["advice"] == []
    refused(
        as_("ganja").get(PATH, params={"appeal": first, "wait_for": position}), 404, "no-such-case"
    )


def test_contact_details_speak_as_one_to_those_who_do_not_see_them(
    as_: As, registrar: httpx.Client, server: Server, first: str
) -> None:
    again = begun(registrar, "appeals", appeal(applicant=individual(**ZULFIYYA)))
    position = server.log_position()
    whole = candidate(of_appeal(registrar, again, position), first)["person"]["alike"]
    part = candidate(of_appeal(as_("controller"), again, position), first)["person"]["alike"]
    assert "phone-same" in codes(whole)
    assert not any(code.startswith(("phone", "born", "address", "fin")) for code in codes(part))
    assert "contact-withheld" in codes(part)
    assert part["score"] == whole["score"]


@pytest.mark.parametrize("who", ["analyst", "administrator", "auditor", "executor"])
def test_drafts_are_compared_for_those_who_register(as_: As, who: str) -> None:
    draft = {"applicant": individual(**ZULFIYYA)}
    refused(as_(who).post(PATH, json=draft), 403, "forbidden")


@pytest.mark.parametrize("who", ["analyst", "administrator"])
def test_those_who_see_nobody_are_told_of_no_candidates(as_: As, who: str, first: str) -> None:
    refused(as_(who).get(PATH, params={"appeal": first}), 403, "forbidden")


def test_bad_questions_are_refused_with_what_is_wrong(registrar: httpx.Client) -> None:
    refused(registrar.get(PATH, params={"appeal": NOWHERE}), 404, "no-such-case")
    refused(registrar.get(PATH), 422, "not-valid")
    refused(
        registrar.get(PATH, params={"appeal": NOWHERE, "surname": "x"}), 400, "unknown-parameter"
    )
    refused(registrar.post(PATH, json={}), 422, "not-valid")
    unknown = registrar.post(PATH, json={"applicant": individual(fullname="Zülfiyyə Qarayeva")})
    refused(unknown, 422, "not-valid")
    assert "Qarayeva" not in unknown.text


def test_the_cases_shown_are_on_record_and_nothing_of_the_draft_is(
    registrar: httpx.Client, server: Server, first: str, position: int
) -> None:
    head = server.log_position()
    answer = asked(registrar, position, applicant=individual(**ZULFIYYA), **MATTER)
    assert server.log_position() == head, "nothing is recorded of a draft"
    (row,) = _accesses(server)
    shown = {c["case_id"] for c in answer["candidates"]}
    assert {str(case) for case in row["cases"]} >= shown
    assert first in shown
    assert row["action"] == "repeats-read"
    assert row["operation"] == "repeats.candidates-of-draft"
    assert "Qarayeva" not in str(row)
    log = server.log.read_text()
    assert not any(word in log for word in ("Qarayeva", "333 44 55", "Təbriz"))


def test_who_is_one_with_a_candidate_by_a_decision_is_a_candidate_too(
    registrar: httpx.Client, server: Server, first: str
) -> None:
    married = individual(surname="Bünyadzadə", name="Zülfiyyə")
    other = begun(registrar, "appeals", appeal(applicant=married))
    draft = individual(surname="Qarayeva", name="Zülfiyyə", phone="0513334455")
    found = candidate(asked(registrar, server.log_position(), applicant=draft), other)
    assert found is None or not found["person"]["alike"]["joined"]
    ids = [_person_of(registrar, case) for case in (first, other)]
    body = {
        "persons": ids,
        "same": True,
        "because": [first, other],
        "reason": "Nikah şəhadətnaməsi",
    }
    decision = registrar.post("/api/v1/identities", json=body)
    assert decision.status_code == 201, decision.text
    answer = asked(registrar, decision.json()["position"], applicant=draft)
    assert candidate(answer, other)["person"]["alike"]["joined"]
    identity, reason = decision.json()["id"], {"reason": "Səhv qərar"}
    receipt = done(registrar, f"identities/{identity}/withdraw-identity-decision", reason)
    found = candidate(asked(registrar, receipt["position"], applicant=draft), other)
    assert found is None or not found["person"]["alike"]["joined"]


def _person_of(client: httpx.Client, case: str) -> str:
    return str(read(client, f"appeals/{case}")["began"]["applicant"]["person"]["id"])


def _another(official: str) -> Any:
    return Person(official, "records", frozenset({Role.REGISTRAR}))


def _accesses(server: Server) -> Iterator[dict[str, Any]]:
    query = "SELECT * FROM karguzar.accesses ORDER BY id DESC LIMIT 1"
    with psycopg.connect(server.conninfo, row_factory=dict_row) as conn:
        yield from conn.execute(query).fetchall()
