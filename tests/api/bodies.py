"""Bodies as clients send them; dates are counted from today, for the server's clock is the real
one."""

from datetime import datetime, timedelta
from typing import Any

import httpx

from infra.calendars import working_calendar
from tests.domain.spec import BAKU

NOWHERE = "00000000-0000-4000-8000-000000000001"
FORGOTTEN = "00000000-0000-4000-8000-000000000002"
SIGNATORIES = ("00000000-0000-4000-8000-000000000003", "00000000-0000-4000-8000-000000000004")


def now() -> datetime:
    return datetime.now(BAKU)


def on(days: int = 0) -> str:
    """A date so many days from today."""
    return str(now().date() + timedelta(days=days))


def appeal(**changes: Any) -> dict[str, Any]:
    person = {"surname": "Həsənov", "name": "Rəşad", "phone": "+994501234567"}
    return {
        "kind": "application",
        "channel": "post",
        "applicant": {"type": "individual", "person": person},
        "topic": "pensions",
        "subject": "Pensiyanın yenidən hesablanması",
        "received_at": (now() - timedelta(minutes=5)).isoformat(),
        **changes,
    }


def inquiry(**changes: Any) -> dict[str, Any]:
    return {
        "received_at": (now() - timedelta(minutes=5)).isoformat(),
        "outlet": "Xəbər TV",
        "media": "tv",
        "journalist": {"surname": "Səfərli", "name": "Aysel"},
        "subject": "Yeni xidmət mərkəzi",
        "question": "Mərkəz nə vaxt açılır?",
        "topic": "services",
        **changes,
    }


def reception(**changes: Any) -> dict[str, Any]:
    """All of today."""
    today = now().replace(second=0, microsecond=0)
    return {
        "official": "director",
        "unit": "reception",
        "starts_at": today.replace(hour=0, minute=0).isoformat(),
        "ends_at": today.replace(hour=23, minute=59).isoformat(),
        "place": "Otaq 1",
        "form": "in-person",
        "quota": 20,
        **changes,
    }


def assignment(**changes: Any) -> dict[str, Any]:
    return {
        "source": "meeting",
        "text": "Arayış hazırlayın",
        "unit": "pensions",
        "main_executor": "mammadov",
        "due_on": on(10),
        **changes,
    }


def finding(**changes: Any) -> dict[str, Any]:
    return {
        "kind": "late",
        "unit": "pensions",
        "text": "Cavab vaxtında verilməyib",
        "answer_due_on": on(10),
        **changes,
    }


def cause(**changes: Any) -> dict[str, Any]:
    return {
        "kind": "unclear-answer",
        "title": "Cavabda səbəb göstərilmir",
        "description": "Rədd cavablarında əsas yazılmır, vətəndaş yenidən müraciət edir",
        "topics": ["pension"],
        "units": ["pensions"],
        **changes,
    }


def last_month() -> str:
    """The period that ended last."""
    return f"{now().date().replace(day=1) - timedelta(days=1):%Y-%m}"


def unit_report(**changes: Any) -> dict[str, Any]:
    return {
        "unit": "agency",
        "period": last_month(),
        "figures": [{"figure": "appeal.received", "value": 3}],
        **changes,
    }


def of_somebody_forgotten() -> dict[str, Any]:
    """An appeal of whom `destruction` is about and no other test."""
    person = {"id": FORGOTTEN, "surname": "Quliyev", "name": "Nihad"}
    return appeal(applicant={"type": "individual", "person": person})


def of_two_signatories() -> dict[str, Any]:
    """An appeal of the two persons whom `identity` is about."""
    signatories = [
        {"id": person, "surname": "Quliyeva", "name": name}
        for person, name in zip(SIGNATORIES, ("Nərmin", "Nərminə"), strict=True)
    ]
    return appeal(applicant={"type": "collective", "signatories": signatories})


def identity(signed: str, **changes: Any) -> dict[str, Any]:
    """*signed* is an appeal `of_two_signatories`."""
    return {"persons": list(SIGNATORIES), "same": False, "because": [signed, signed], **changes}


def destruction(**changes: Any) -> dict[str, Any]:
    return {"ground": "request", "person": FORGOTTEN, "reason": "12/34", **changes}


def calendar_decision(**changes: Any) -> dict[str, Any]:
    """On a working day so far ahead that no other test's terms run through it."""
    day = working_calendar("az").add_working_days(now().date(), 300)
    return {
        "act": "Qərar 12",
        "announced_on": on(),
        "days": [{"on": str(day), "kind": "off", "reason": "exchange"}],
        **changes,
    }


def begun(client: httpx.Client, resource: str, body: dict[str, Any]) -> str:
    """The id of a case just begun."""
    answer = client.post(f"/api/v1/{resource}", json=body)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


def done(client: httpx.Client, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
    """The receipt of a command that was carried out; *path* is that of the case and its name."""
    answer = client.post(f"/api/v1/{path}", json=body or {})
    assert answer.status_code == 200, answer.text
    receipt: dict[str, Any] = answer.json()
    return receipt


def read(client: httpx.Client, path: str, **query: Any) -> dict[str, Any]:
    answer = client.get(f"/api/v1/{path}", params=query)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def refused(answer: httpx.Response, status: int, name: str) -> dict[str, Any]:
    """The problem, which is of this status and type and tells what to do."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"].startswith("application/problem+json")
    problem: dict[str, Any] = answer.json()
    assert problem["type"] == f"/problems/{name}", problem
    assert problem["status"] == status
    assert len(problem["title"]) > 10
    assert len(problem["detail"]) > 5
    assert "Traceback" not in answer.text
    return problem
