"""Repeats over HTTP: decided, told with numbers, grouped with their counters, withdrawn again."""

from datetime import timedelta
from typing import Any

import httpx
import pytest

from application.caller import Role
from tests.api.bodies import NOWHERE, appeal, begun, done, now, on, read, refused
from tests.api.conftest import As
from tests.api.serving import Person, Server


@pytest.fixture(scope="module")
def chief(server: Server) -> httpx.Client:
    """Whoever heads the unit that registers."""
    person = Person("chief", "records", frozenset({Role.UNIT_HEAD, Role.REGISTRAR}))
    return server.client(server.token(person))


PERSON = {"surname": "Rüstəmova", "name": "Günel"}


def answered(as_: As, days_ago: int, **changes: Any) -> str:
    """An appeal of an older register that had a reasoned answer two days after it came."""
    body = appeal(
        received_at=(now() - timedelta(days=days_ago)).isoformat(),
        legacy_number=f"K-{days_ago}",
        registered_on=on(-days_ago),
        **changes,
    )
    case = begun(as_("registrar"), "appeals", body)
    outcome = {"ended_on": on(2 - days_ago), "result": "explained"}
    done(as_("registrar"), f"appeals/{case}/record-legacy-outcome", outcome)
    return case


def confirmed(client: httpx.Client, later: str, earlier: str) -> int:
    body = {"earlier": earlier, "evidence": [{"code": "surname-same", "weight": 3.5}]}
    return int(done(client, f"appeals/{later}/confirm-repeat", body)["position"])


def listed(
    client: httpx.Client, topic: str, position: int, *, repeat: bool, **query: Any
) -> list[str]:
    page = read(client, "appeals", topic=topic, repeat=repeat, wait_for=position, **query)
    return [row["case_id"] for row in page["rows"]]


def person_of(client: httpx.Client, case: str) -> str:
    found = read(client, f"appeals/{case}")["began"]["applicant"]["person"]["id"]
    assert isinstance(found, str)
    return found


def test_a_fourth_appeal_is_left_after_three_answers_that_the_group_shows(
    as_: As, chief: httpx.Client
) -> None:
    registrar = as_("registrar")
    earlier = [answered(as_, days) for days in (90, 60, 30)]
    last = begun(registrar, "appeals", appeal())
    pairs = zip(earlier, [*earlier[1:], last], strict=True)
    position = max([confirmed(registrar, after, before) for before, after in pairs])
    group = read(registrar, f"repeats/groups/{last}", wait_for=position)
    assert [member["case_id"] for member in group["members"]] == [*earlier, last]
    assert [member["answered_on"] for member in group["members"]] == [
        on(-88),
        on(-58),
        on(-28),
        None,
    ]
    assert (group["in_year"], group["needed"]) == (3, 3)
    assert {link["verdict"] for link in group["links"]} == {"repeat"}
    assert [link["merge_advised"] for link in group["links"]] == [False] * 3
    done(
        registrar,
        f"appeals/{last}/assign-appeal",
        {"unit": "pensions", "main_executor": "mammadov"},
    )
    leave = {
        "ground": "repeated-without-new-information",
        "reason": "Yeni məlumat yoxdur",
        "applicant_notified_on": on(),
        "answered_repeats": earlier,
    }
    path = f"/api/v1/appeals/{last}/leave-unconsidered"
    refused(registrar.post(path, json=leave), 403, "forbidden")
    refused(chief.post(path, json=leave), 422, "new-facts-not-excluded")
    two = {**leave, "answered_repeats": earlier[:2], "no_new_facts": True}
    refused(chief.post(path, json=two), 409, "too-few-answers")
    assert group["ground_stands"] is None
    done(chief, f"appeals/{last}/leave-unconsidered", {**leave, "no_new_facts": True})
    withdraw = {"earlier": earlier[2], "reason": "Başqa məsələdir"}
    path = f"/api/v1/appeals/{last}/withdraw-repeat-decision"
    refused(registrar.post(path, json=withdraw), 409, "ending-stands-on-it")

    def ground_stands(position: int) -> bool | None:
        told = read(registrar, f"repeats/groups/{last}", wait_for=position)["ground_stands"]
        assert told is None or isinstance(told, bool)
        return told

    assert ground_stands(position) is True
    apart = {"earlier": earlier[0], "reason": "Başqa məsələdir"}
    split = done(registrar, f"appeals/{earlier[1]}/withdraw-repeat-decision", apart)["position"]
    assert ground_stands(split) is False
    assert ground_stands(confirmed(registrar, earlier[1], earlier[0])) is True
    anew = done(chief, f"appeals/{earlier[2]}/reopen-appeal", {"reason": "Yenidən"})["position"]
    assert ground_stands(anew) is False
    told = read(registrar, f"repeats/groups/{last}", as_of=split - 1)
    assert told["ground_stands"] is True, "as it was known then"


def test_a_withdrawn_decision_is_gone_from_the_group_and_told_in_the_history(as_: As) -> None:
    registrar, controller = as_("registrar"), as_("controller")
    first, second = (begun(registrar, "appeals", appeal()) for _ in range(2))
    decided = confirmed(registrar, second, first)
    topic = f"repeat-{first[:8]}-{second[-8:]}"
    correct = {"entry": "topic", "value": topic, "approved_by": "nagiyev", "reason": "Səhv"}
    done(registrar, f"appeals/{first}/correct-entry", correct)
    marked = done(registrar, f"appeals/{second}/correct-entry", correct)["position"]
    assert listed(registrar, topic, marked, repeat=True) == [second]
    assert listed(registrar, topic, marked, repeat=False) == [first]
    assert read(registrar, "counts", by="kind", topic=topic, repeat=True)["total"] == 1
    for known in ({}, {"as_of": marked}):
        counted = read(registrar, "counts", by=["kind", "repeat"], topic=topic, **known)["rows"]
        told = {(row["group"]["kind"], row["group"]["repeat"]): row["cases"] for row in counted}
        assert told == {("appeal", "true"): 1, ("appeal", "false"): 1}
    reason = {"earlier": first, "reason": "Başqa məsələdir"}
    path = f"appeals/{second}/withdraw-repeat-decision"
    refused(controller.post(f"/api/v1/{path}", json={"earlier": first}), 422, "not-valid")
    position = done(controller, path, reason)["position"]
    refused(controller.post(f"/api/v1/{path}", json=reason), 409, "no-repeat-decision")
    assert read(registrar, f"appeals/{second}")["repeat_of"] == []
    then = read(registrar, f"appeals/{second}", as_of=decided)
    assert [each["case_id"] for each in then["repeat_of"]] == [first]
    trail = read(as_("auditor"), "audit/trail", case=first, what="reads")["entries"]
    names = [entry["name"] for entry in trail if entry["who"]["id"] == "aliyev"]
    assert names[-1] == "repeats-read", "whoever sees the later one is shown the earlier"
    assert listed(registrar, topic, position, repeat=True) == []
    assert listed(registrar, topic, position, repeat=True, as_of=marked) == [second]
    now_known = read(registrar, f"repeats/groups/{first}", wait_for=position)
    assert [member["case_id"] for member in now_known["members"]] == [first]
    then = read(registrar, f"appeals/{first}", as_of=decided)
    assert [each["case_id"] for each in then["repeats"]] == [second]
    assert read(registrar, f"appeals/{first}")["repeats"] == []
    then_known = read(registrar, f"repeats/groups/{first}", as_of=decided)
    assert [link["merge_advised"] for link in then_known["links"]] == [True]
    assert [member["case_id"] for member in then_known["members"]] == [first, second]
    number = read(registrar, f"appeals/{first}")["standing"]["number"]
    shown = f"A-{number['sequence']}/{number['year']}"
    history = read(registrar, f"cases/{second}/history")["entries"]
    history = [entry for entry in history if entry["event"] != "entry-corrected"]
    events = [entry["event"] for entry in history]
    assert events == ["appeal-registered", "repeat-confirmed", "repeat-decision-withdrawn"]
    assert all(shown in entry["sentence"] for entry in history[1:])
    assert "birləşdirilib" in history[1]["sentence"]
    assert read(registrar, f"appeals/{second}")["standing"]["repeats"] == {}


def test_a_contradiction_names_the_decision_to_withdraw_in_the_readers_language(as_: As) -> None:
    registrar = as_("registrar")
    first, second, third = (begun(registrar, "appeals", appeal()) for _ in range(3))
    confirmed(registrar, second, first)
    done(registrar, f"appeals/{third}/reject-repeat", {"earlier": second})
    for language, word in (("az", "ayrı"), ("tr", "ayrı"), ("ru", "разными"), ("en", "apart")):
        answer = registrar.post(
            f"/api/v1/appeals/{third}/confirm-repeat",
            json={"earlier": first},
            headers={"Accept-Language": language},
        )
        problem = refused(answer, 409, "appeals-told-apart")
        assert third in problem["detail"]
        assert second in problem["detail"]
        assert word in problem["detail"]


def test_what_can_not_be_right_is_refused(as_: As, server: Server) -> None:
    registrar = as_("registrar")
    first, second = (begun(registrar, "appeals", appeal()) for _ in range(2))
    before = server.log_position()
    path = f"/api/v1/appeals/{second}/confirm-repeat"
    refused(registrar.post(path, json={"earlier": second}), 422, "repeat-of-itself")
    refused(registrar.post(path, json={"earlier": NOWHERE}), 422, "named-case-missing")
    refused(registrar.post(path, json={}), 422, "not-valid")
    refused(
        registrar.post(path, json={"earlier": first, "evidence": [{"code": "x"}]}), 422, "not-valid"
    )
    back = f"/api/v1/appeals/{first}/confirm-repeat"
    refused(registrar.post(back, json={"earlier": second}), 422, "repeat-of-later")
    refused(as_("executor").post(path, json={"earlier": first}), 403, "forbidden")
    refused(as_("auditor").post(path, json={"earlier": first}), 403, "forbidden")
    refused(registrar.get(f"/api/v1/repeats/groups/{NOWHERE}"), 404, "no-such-case")
    assert server.log_position() == before


def test_of_a_confidential_case_the_group_shows_nothing_to_others(
    as_: As, chief: httpx.Client
) -> None:
    registrar, auditor = as_("registrar"), as_("auditor")
    hidden = begun(chief, "appeals", appeal(confidential=True))
    open_one = begun(chief, "appeals", appeal())
    position = confirmed(chief, open_one, hidden)
    seen = read(auditor, f"repeats/groups/{open_one}", wait_for=position)
    assert [member["case_id"] for member in seen["members"]] == [hidden, open_one]
    group = read(registrar, f"repeats/groups/{open_one}")
    assert [member["case_id"] for member in group["members"]] == [open_one]
    assert group["links"] == []
    assert read(registrar, f"appeals/{open_one}")["repeat_of"] == []
    assert read(auditor, f"appeals/{open_one}")["repeat_of"] != []
    refused(registrar.get(f"/api/v1/repeats/groups/{hidden}"), 404, "no-such-case")
    refused(as_("analyst").get(f"/api/v1/repeats/groups/{open_one}"), 404, "no-such-case")
    number = read(auditor, f"appeals/{hidden}")["standing"]["number"]
    told = f"A-{number['sequence']}/{number['year']}"
    assert told in read(auditor, f"cases/{open_one}/history")["entries"][1]["sentence"]
    assert told not in read(registrar, f"cases/{open_one}/history")["entries"][1]["sentence"]


def test_two_persons_are_one_until_that_is_withdrawn(as_: As, chief: httpx.Client) -> None:
    registrar, head = as_("registrar"), chief
    applicant = {"type": "individual", "person": PERSON}
    cases = [begun(registrar, "appeals", appeal(applicant=applicant)) for _ in range(2)]
    one, other = (person_of(registrar, case) for case in cases)
    body = {"persons": [one, other], "same": True, "because": cases}
    refused(as_("executor").post("/api/v1/identities", json=body), 403, "forbidden")
    wrong = {**body, "because": cases[::-1]}
    refused(registrar.post("/api/v1/identities", json=wrong), 422, "person-not-in-case")
    identity = begun(registrar, "identities", body)
    again = {**body, "persons": [other, one], "because": cases[::-1], "same": False}
    refused(head.post("/api/v1/identities", json=again), 409, "identity-decided")
    position = read(registrar, "positions")["position"]
    cluster = read(registrar, f"repeats/people/{one}", wait_for=position)
    assert {each["person_id"] for each in cluster["persons"]} == {one, other}
    shown = {case["case_id"] for each in cluster["persons"] for case in each["cases"]}
    assert shown == set(cases)
    withdrawn = done(
        head, f"identities/{identity}/withdraw-identity-decision", {"reason": "Bacıdır"}
    )
    cluster = read(registrar, f"repeats/people/{one}", wait_for=withdrawn["position"])
    assert [each["person_id"] for each in cluster["persons"]] == [one]
    cluster = read(registrar, f"repeats/people/{one}", as_of=position)
    assert len(cluster["persons"]) == 2
    later = {"type": "individual", "person": {**PERSON, "id": one}}
    new = begun(registrar, "appeals", appeal(applicant=later))
    now_known = read(registrar, "positions")["position"]
    cluster = read(registrar, f"repeats/people/{one}", wait_for=now_known)
    assert new in {case["case_id"] for each in cluster["persons"] for case in each["cases"]}
    cluster = read(registrar, f"repeats/people/{one}", as_of=position)
    known = {case["case_id"] for each in cluster["persons"] for case in each["cases"]}
    assert known == set(cases), "what came after that position wasn't known then"
    assert begun(head, "identities", again) == identity
    history = read(registrar, f"cases/{identity}/history")["entries"]
    assert [entry["event"] for entry in history] == [
        "identity-considered",
        "persons-joined",
        "identity-decision-withdrawn",
        "persons-told-apart",
    ]
    assert "A-" in history[1]["sentence"]
    refused(as_("analyst").get(f"/api/v1/repeats/people/{one}"), 403, "forbidden")
