"""Cases of every kind, told with markers for all that is personal, and all that was answered."""

from hashlib import sha256
from typing import Any

import httpx

from api.commands import command_name
from domain import (
    appeal,
    assignment,
    cause,
    finding,
    information,
    media_inquiry,
    reception,
    record,
    reply,
)
from domain.case import CaseKind, Command
from domain.kinds import KINDS
from tests.api.bodies import on, read
from tests.api.bodies import reception as reception_today
from tests.api.personal_markers import marked_body, marker
from tests.api.serving import PEOPLE, Server

FORMS = ("individual", "collective", "legal-entity", "represented", "anonymous")


class Story:
    """``answers`` are all that the server ever answered; ``accepted`` the commands carried out."""

    def __init__(self, server: Server) -> None:
        self.answers: list[httpx.Response] = []
        self.accepted: set[tuple[CaseKind, type[Command]]] = set()
        self.cases: dict[CaseKind, str] = {}
        self.people: list[str] = []
        self.threads: list[str] = []
        self.digest = ""
        self.clients = {
            name: server.client(server.token(person)) for name, person in PEOPLE.items()
        }
        for client in (*self.clients.values(), server.public):
            client.event_hooks["response"] = [self._keep]

    def _keep(self, answer: httpx.Response) -> None:
        answer.read()
        self.answers.append(answer)

    def begin(self, who: str, kind: CaseKind, form: str | None = None, /, **given: Any) -> str:
        """The id of a case begun with markers and with what is *given*."""
        command = KINDS[kind].begins
        body = marked_body(command, form) | given
        answer = self.clients[who].post(f"/api/v1/{KINDS[kind].resource}", json=body)
        assert answer.status_code == 201, (command, answer.text)
        self.accepted.add((kind, command))
        self.cases.setdefault(kind, str(answer.json()["id"]))
        return str(answer.json()["id"])

    def go_on(
        self, who: str, kind: CaseKind, case: str, command: type[Command], /, **given: Any
    ) -> dict[str, Any]:
        """The body that was sent; what is given as None is left out."""
        body = marked_body(command) | given
        body = {name: value for name, value in body.items() if value is not None}
        path = f"/api/v1/{KINDS[kind].resource}/{case}/{command_name(command)}"
        answer = self.clients[who].post(path, json=body)
        assert answer.status_code == 200, (command, answer.text)
        self.accepted.add((kind, command))
        return body

    def details(self, case: str, event: str) -> list[dict[str, Any]]:
        entries = read(self.clients["auditor"], f"cases/{case}/history")["entries"]
        return [entry["details"] for entry in entries if entry["event"] == event]

    def records(self, who: str, kind: CaseKind, case: str, entry: str, **value: str) -> None:
        """A note, a document and a correction."""
        content = marker().encode()
        self.digest = sha256(content).hexdigest()
        path = f"/api/v1/cases/{case}/documents/{self.digest}"
        assert self.clients[who].put(path, content=content).status_code == 204
        document = {
            "name": marker(),
            "media_type": "text/plain",
            "size": len(content),
            "sha256": self.digest,
        }
        self.go_on(who, kind, case, record.AttachDocument, document=document, person_id=None)
        self.go_on(who, kind, case, record.AddNote, person_id=None)
        self.go_on(
            who, kind, case, record.CorrectEntry,
            entry=entry, approved_by="minister", person_id=None, **value,
        )  # fmt: skip

    def answer_with_information(self, who: str, kind: CaseKind, case: str) -> None:
        self.go_on(
            who, kind, case, information.AskForInformation, due_on=on(5), unit="press", body=None
        )
        (asked,) = self.details(case, "information-asked")
        self.go_on(
            who, kind, case, information.RecordInformation,
            request_id=asked["request_id"], received_on=on(),
        )  # fmt: skip

    def sign(self, who: str, kind: CaseKind, case: str) -> None:
        chain = {"initials_by": ["huseynova"], "signatory": "director"}
        self.go_on(who, kind, case, reply.DraftReply, **chain)
        sent = self.go_on(who, kind, case, reply.ReviseReply)
        digest = sha256(sent["text"].encode()).hexdigest()
        self.go_on("head", kind, case, reply.ReturnReply, digest=digest)
        sent = self.go_on(who, kind, case, reply.ReviseReply)
        digest = sha256(sent["text"].encode()).hexdigest()
        self.go_on("head", kind, case, reply.InitialReply, digest=digest)
        self.go_on("signatory", kind, case, reply.SignReply, digest=digest)


def tell(story: Story, received_at: str) -> None:
    """Every kind of case, so far that each command with something personal was carried out."""
    _appeals(story, received_at)
    _inquiry(story, received_at)
    _assignment(story)
    _reception(story)
    _finding(story)
    _identity(story)
    _cause(story)


def _appeals(story: Story, received_at: str) -> None:
    kind = CaseKind.APPEAL
    plain = {"kind": "application", "channel": "post", "received_at": received_at, "topic": "t"}
    for form in FORMS:
        case = story.begin("registrar", kind, form, **plain)
    case = story.cases[kind]
    work = {"unit": "pensions", "main_executor": "mammadov"}
    story.go_on("registrar", kind, case, appeal.AssignAppeal, **work)
    story.go_on("executor", kind, case, appeal.AcceptAppeal)
    story.answer_with_information("executor", kind, case)
    story.records("registrar", kind, case, "subject")
    new = {"entry": "applicant.phone", "value": marker("phone"), "person_id": None}
    story.go_on("registrar", kind, case, record.CorrectEntry, approved_by="minister", **new)
    story.sign("executor", kind, case)
    sent = {"dispatched_on": on(), "letter_number": "12/34", "way": "post"}
    story.go_on("registrar", kind, case, appeal.DispatchReply, **sent)
    story.go_on("registrar", kind, case, appeal.CloseAppeal, result="explained")
    (begun,) = story.details(case, "appeal-registered")
    story.people.append(begun["applicant"]["person"]["id"])
    story.threads.append(case)
    # Due today: its executor is given a notice.
    overdue = story.begin("registrar", kind, "individual", **plain, answer_rule="az-a-gen")
    story.go_on("registrar", kind, overdue, appeal.AssignAppeal, **work, internal_due_on=on())


def _inquiry(story: Story, received_at: str) -> None:
    kind = CaseKind.MEDIA_INQUIRY
    case = story.begin("press", kind, media="tv", received_at=received_at, topic="t")
    routed = {"section": "public-relations", "unit": "pensions", "responsible": "huseynova"}
    sections = [section.value for section in media_inquiry.Section]
    routed["section"] = sections[0]
    story.go_on("press", kind, case, media_inquiry.RouteToSection, **routed)
    story.go_on("press", kind, case, media_inquiry.NameSpokesperson, official=None)
    story.answer_with_information("press", kind, case)
    story.records("press", kind, case, "subject")
    story.go_on(
        "press", kind, case, reply.DraftReply, initials_by=["huseynova"], signatory="director"
    )
    story.go_on("press", kind, case, reply.ReviseReply)


def _assignment(story: Story) -> None:
    kind = CaseKind.ASSIGNMENT
    helper = {"official": "huseynova", "unit": "pensions", "due_on": on(5)}
    given = {"source": "meeting", "unit": "pensions", "main_executor": "mammadov", "due_on": on(9)}
    case = story.begin("controller", kind, **given, co_executors=[helper], registered_on=on())
    story.go_on("executor", kind, case, assignment.AcceptAssignment)
    story.go_on("executor", kind, case, assignment.ReportProgress)
    story.go_on("head", kind, case, assignment.ContributeToAssignment)
    story.records("head", kind, case, "text")
    story.go_on("executor", kind, case, assignment.SubmitResult)


def _reception(story: Story) -> None:
    kind = CaseKind.RECEPTION
    plan = reception_today()
    case = story.begin("clerk", kind, **plan)
    story.go_on("clerk", kind, case, reception.OpenReception)
    for _ in range(3):
        story.go_on("clerk", kind, case, reception.RegisterVisit, topic="t")
    visits = story.details(case, "visit-registered")
    declined, heard, answered = (visit["visit_id"] for visit in visits)
    story.go_on("clerk", kind, case, reception.DeclineVisit, visit_id=declined)
    for visit in (heard, answered):
        story.go_on("clerk", kind, case, reception.CallVisitor, visit_id=visit)
        story.go_on("clerk", kind, case, reception.StartHearing, visit_id=visit)
        given = {"unit": "pensions", "main_executor": "mammadov", "due_on": on(5)}
        if visit == heard:
            story.go_on(
                "clerk", kind, case, reception.GiveAssignmentAtHearing,
                visit_id=visit, co_executors=[], **given,
            )  # fmt: skip
            person = {"id": visits[1]["person_id"], "surname": marker(), "phone": marker("phone")}
            story.go_on(
                "clerk", kind, case, reception.TakeInWrittenAppeal,
                visit_id=visit, applicant=person, kind="application", topic="t",
            )  # fmt: skip
        else:
            story.go_on("clerk", kind, case, reception.AnswerOrally, visit_id=visit, consent=True)
    story.go_on("clerk", kind, case, reception.CompleteVisit, visit_id=heard)
    story.go_on("clerk", kind, case, reception.RateVisit, visit_id=heard, rating=5)
    story.people.append(visits[1]["person_id"])
    story.records("clerk", kind, case, f"{heard}.topic", value="land")


def _finding(story: Story) -> None:
    kind = CaseKind.FINDING
    about = {"kind": "late", "unit": "pensions", "answer_due_on": on(5), "answerer": "huseynova"}
    case = story.begin("auditor", kind, source_case=story.cases[CaseKind.APPEAL], **about)
    story.go_on("head", kind, case, finding.AnswerFinding)
    story.go_on("auditor", kind, case, finding.ProposeRemedy, due_on=on(5))
    hide = {"entry": "confidential", "value": "true", "approved_by": "minister", "person_id": None}
    story.go_on("auditor", kind, case, record.CorrectEntry, **hide)


def _identity(story: Story) -> None:
    kind, seen = CaseKind.IDENTITY, story.cases[CaseKind.RECEPTION]
    one, other = [visit["person_id"] for visit in story.details(seen, "visit-registered")][:2]
    about = {"persons": [one, other], "because": [seen, seen], "same": False, "evidence": []}
    case = story.begin("controller", kind, **about)
    hide = {"entry": "confidential", "value": "true", "approved_by": "minister", "person_id": None}
    story.go_on("controller", kind, case, record.CorrectEntry, **hide)


def _cause(story: Story) -> None:
    kind = CaseKind.CAUSE
    about = {"kind": "unclear-answer", "units": ["pensions"], "topics": ["pension"], "cases": []}
    case = story.begin("controller", kind, **about)
    story.go_on("controller", kind, case, cause.ProposeRemoval, unit="pensions", due_on=on(5))
