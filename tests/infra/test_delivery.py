"""Notices reach a real relay and a real web server, and what goes wrong is seen."""

import asyncio
import hmac
import socket
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from email.message import EmailMessage
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg
import pytest
from msgspec import json
from psycopg.rows import dict_row

from application.desk import Desk
from application.orders import Order
from domain.answer_term import ExtendTerm
from domain.appeal import WithdrawAppeal
from domain.case import CaseKind, Command
from domain.notice import GiveDeadlineNotice, Recipient, Stage
from domain.record import CorrectEntry
from infra.delivery import PAUSES, Delivery, Way
from infra.eventstore import TrackingRecorder
from infra.letter import LANGUAGES, Notice, subject_of, text_of, words
from infra.organisation import Language, Official, Unit, put_organisation
from infra.outbox import Outbox
from infra.relay import AddressInvalid, relay_from
from infra.smtp import Mail
from infra.webhook import Webhook
from projections import READ_MODELS
from projections.notices import NotSent as Count
from projections.notices import not_sent
from projections.runner import Runner
from tests.desks import recorded_by
from tests.domain.spec import NOON
from tests.infra.receivers import (
    HERE,
    MailRelay,
    WebServer,
    certificate,
    dribbling_server,
    mail_relay,
    web_server,
)
from tests.orders import HEAD, SYSTEM, assign_appeal, order, register_appeal
from tests.projections.logs import run_out, runner_for, tracking_in

SECRET = b"a secret of both sides"
PUBLIC = "https://register.agency.example"
DUE_ON = date(2026, 4, 27)


class Clock:
    def __init__(self) -> None:
        self.now = NOON

    def __call__(self) -> datetime:
        return self.now


class Died(BaseException):
    """The process ends here."""


def notice_of(case: UUID, due_on: date, *officials: str) -> Order:
    notice = GiveDeadlineNotice(
        clock="answer",
        stage=Stage.APPROACHING,
        step="three-days-before",
        due_on=due_on,
        working_days_left=3,
        recipients=tuple(Recipient(official=each, role="executor") for each in officials),
    )
    return order(CaseKind.APPEAL, case, notice, SYSTEM)


class Office:
    """A register whose appeal has a notice, and the outbox with it."""

    def __init__(self, desk: Desk, database: str, tracking: TrackingRecorder) -> None:
        self.desk, self.database, self.tracking = desk, database, tracking
        self.clock = Clock()
        self.runner: Runner = runner_for(desk, database, tracking, READ_MODELS)
        with psycopg.connect(database) as conn:
            units = [Unit(unit=unit, name=unit) for unit in ("pensions", "records")]
            put_organisation(
                conn,
                units,
                [
                    Official("mammadov", "pensions", "M", "mammadov@agency.example", "en"),
                    Official("huseynova", "records", "H", "huseynova@agency.example", "az"),
                    Official("unknown", "records", "U"),
                ],
            )

    def gives(self, *officials: str, listed: bool = True) -> UUID:
        """A new appeal's notice to these officials; the id of the appeal."""
        appeal = register_appeal(subject="Gizli mövzu")
        case = appeal.case_id
        for each in (appeal, assign_appeal(case), notice_of(case, DUE_ON, *officials)):
            self.desk.execute(each)
        if listed:
            run_out(self.runner)
        return case

    def posts(self, *channels: Any) -> None:
        Outbox(self.tracking, channels).take(recorded_by(self.desk))

    def sends(self, way: Way) -> int:
        """How many notices were tried until none was due."""
        delivery = Delivery(self.database, way, clock=self.clock)
        with delivery.connection() as conn:
            tried = 0
            while delivery.step(conn):
                tried += 1
        return tried

    def rows(self, channel: str) -> list[dict[str, Any]]:
        with psycopg.connect(self.database, row_factory=dict_row) as conn:
            return conn.execute(
                "SELECT * FROM karguzar.notices WHERE channel = %s ORDER BY official", (channel,)
            ).fetchall()

    def state(self, channel: str) -> tuple[str, int, str | None]:
        (row,) = self.rows(channel)
        return row["state"], row["tries"], row["error"]

    def counts(self) -> list[Count]:
        async def ask() -> list[Count]:
            async with await psycopg.AsyncConnection.connect(self.database) as conn:
                return await not_sent(conn)

        return asyncio.run(ask())


@pytest.fixture
def office(desk: Desk, database: str) -> Iterator[Office]:
    tracking = tracking_in(database)
    yield Office(desk, database, tracking)
    tracking.datastore.close()


@pytest.fixture
def port() -> int:
    with socket.create_server((HERE, 0)) as free:
        return int(free.getsockname()[1])


@pytest.fixture
def relay(port: int) -> Iterator[MailRelay]:
    with mail_relay(port) as relay:
        yield relay


@pytest.fixture
def web(port: int) -> Iterator[WebServer]:
    with web_server(port) as web:
        yield web


def mail(port: int) -> Mail:
    return Mail(relay_from(f"smtp://{HERE}:{port}?from=register@agency.example&tls=off"), PUBLIC)


def webhook(port: int) -> Webhook:
    return Webhook(f"http://{HERE}:{port}/notices", SECRET, None, clock=lambda: 1_775_462_400.5)


def text(letter: EmailMessage) -> str:
    content = letter.get_content()
    assert isinstance(content, str)
    return content.replace("\r\n", "\n")


def test_a_notice_waits_once_for_each_recipient_and_channel_however_often_it_is_read(
    office: Office,
) -> None:
    office.gives("mammadov", "huseynova")
    office.posts("mail", "webhook")
    log = recorded_by(office.desk)
    office.gives("mammadov")
    Outbox(office.tracking, ["mail", "webhook"]).take([*log, *recorded_by(office.desk)])
    for channel, state in (("register", "sent"), ("mail", "waiting"), ("webhook", "waiting")):
        rows = office.rows(channel)
        assert [row["official"] for row in rows] == ["huseynova", "mammadov", "mammadov"]
        assert {row["state"] for row in rows} == {state}
    assert office.counts() == [Count("mail", 3, 0, 0), Count("webhook", 3, 0, 0)]


def test_without_a_way_out_nothing_waits(office: Office) -> None:
    office.gives("mammadov")
    office.posts()
    assert len(office.rows("register")) == 1
    assert office.counts() == [Count("mail", 0, 0, 0), Count("webhook", 0, 0, 0)]


def test_a_letter_tells_number_kind_clock_and_days_and_nothing_personal(
    office: Office, relay: MailRelay
) -> None:
    case = office.gives("mammadov")
    office.posts("mail")
    assert office.sends(mail(relay.port)) == 1
    (letter,) = relay.letters
    (row,) = office.rows("mail")
    assert letter["To"] == "mammadov@agency.example"
    assert letter["From"] == "Karguzar <register@agency.example>"
    assert letter["Message-ID"] == f"<{row['notice_id']}@agency.example>"
    assert letter["Subject"] == "A-1/2026: The term ends soon"
    assert letter["Date"].datetime == NOON
    assert letter["Auto-Submitted"] == "auto-generated"
    assert text(letter).splitlines() == [
        "The term ends soon.",
        "",
        "Case: A-1/2026 (appeal)",
        "Term: answer",
        "Last day: 27.04.2026",
        "Working days left: 3",
        f"Address: {PUBLIC}/api/v1/cases/{case}",
        "",
        f"The register sent this notice by itself. Notice number: {row['notice_id']}",
    ]
    whole = letter.as_string() + text(letter)
    assert not [word for word in ("Gizli", "Həsənov", "Rəşad", "Nizami") if word in whole]
    assert (row["state"], row["tries"], row["sent_at"]) == ("sent", 1, NOON)
    assert office.sends(mail(relay.port)) == 0


def test_each_official_is_written_to_in_their_language(office: Office, relay: MailRelay) -> None:
    office.gives("mammadov", "huseynova")
    office.posts("mail")
    office.sends(mail(relay.port))
    told = {letter["To"]: (letter["Content-Language"], text(letter)) for letter in relay.letters}
    language, letter = told["huseynova@agency.example"]
    assert language == "az"
    assert letter.startswith("İcra müddəti başa çatmaq üzrədir.\n\nİş: A-1/2026 (müraciət)\n")
    assert told["mammadov@agency.example"][0] == "en"


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_has_words_for_every_kind_stage_and_clock(language: Language) -> None:
    said, reference = words(language), words("az")
    assert said.stages.keys() == set(Stage)
    assert said.kinds.keys() == set(CaseKind)
    assert said.clocks.keys() == reference.clocks.keys()
    for stage, left in (("due-today", 0), ("overdue", -21), ("overdue", 0)):
        notice = a_notice(stage=stage, working_days_left=left, language=language)
        assert subject_of(notice).startswith("A-7/2026: ")
        letter = text_of(notice, None)
        assert "20.04.2026" in letter
        assert said.clocks["co-executor"] in letter
        assert "aliyev" not in letter
        line = said.left if stage == "due-today" else said.late
        assert line.format(days=-left) in letter.splitlines()
        assert "{" not in letter


def a_notice(**changes: Any) -> Notice:
    fields: dict[str, Any] = {
        "notice_id": UUID(int=1),
        "case_id": UUID(int=2),
        "number": "A-7/2026",
        "kind": "assignment",
        "clock": "co-executor:aliyev",
        "stage": "approaching",
        "step": "day-before",
        "due_on": date(2026, 4, 20),
        "working_days_left": 1,
        "official": "mammadov",
        "role": "executor",
        "given_at": NOON,
        "email": "mammadov@agency.example",
        "language": "az",
        "tries": 0,
    }
    return Notice(**{**fields, **changes})


def test_who_has_no_address_is_not_written_to_and_that_is_seen(
    office: Office, relay: MailRelay
) -> None:
    office.gives("unknown")
    office.posts("mail")
    office.sends(mail(relay.port))
    assert office.state("mail") == ("failed", 1, "no-address")
    assert office.counts()[0] == Count("mail", 0, 1, 0)
    assert relay.asked == 0


def test_an_address_that_the_relay_refuses_for_good_is_not_tried_again(
    office: Office, relay: MailRelay
) -> None:
    office.gives("mammadov")
    office.posts("mail")
    relay.answers = ["550 no such mailbox"]
    office.sends(mail(relay.port))
    assert office.state("mail") == ("failed", 1, "smtp-550")


def test_a_relay_that_is_busy_gets_the_same_letter_later(office: Office, relay: MailRelay) -> None:
    office.gives("mammadov")
    office.posts("mail")
    relay.answers = ["451 come back later"]
    office.sends(mail(relay.port))
    assert office.state("mail") == ("waiting", 1, "smtp-451")
    assert office.sends(mail(relay.port)) == 0
    office.clock.now += PAUSES[0]
    assert office.sends(mail(relay.port)) == 1
    assert office.state("mail") == ("sent", 2, None)
    assert len(relay.letters) == 1


def test_the_pauses_grow_and_then_the_notice_has_failed(office: Office, port: int) -> None:
    office.gives("mammadov")
    office.posts("mail")
    pauses = []
    nobody = mail(port)
    while office.sends(nobody):
        (row,) = office.rows("mail")
        if row["state"] == "waiting":
            pauses.append(row["next_try_at"] - office.clock.now)
            office.clock.now = row["next_try_at"] - timedelta(seconds=1)
            assert office.sends(nobody) == 0
            office.clock.now += timedelta(seconds=1)
    assert [pause.total_seconds() / 60 for pause in pauses] == [1, 5, 15, 60, 360]
    assert office.state("mail") == ("failed", 6, "SMTPConnectError")


def test_a_password_goes_over_tls_only(
    office: Office, port: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    context, authority = certificate(tmp_path)
    way = Mail(
        relay_from(f"smtp://post:open%20sesame@{HERE}:{port}?from=register@agency.example"), None
    )
    office.gives("mammadov")
    office.posts("mail")
    with mail_relay(port) as plain:
        office.sends(way)
        assert office.state("mail") == ("waiting", 1, "SMTPException")
        assert not plain.logins
        assert not plain.asked
    with mail_relay(port, context) as secured:
        office.clock.now += PAUSES[0]
        office.sends(way)
        assert office.state("mail")[0] == "waiting", "whose certificate nobody vouches for"
        monkeypatch.setenv("SSL_CERT_FILE", str(authority))
        office.clock.now += PAUSES[1]
        office.sends(way)
        assert office.state("mail") == ("sent", 3, None)
        assert secured.logins == [(b"post", b"open sesame")]
        assert len(secured.letters) == 1


def test_a_webhook_gets_the_notice_signed(office: Office, web: WebServer, port: int) -> None:
    case = office.gives("mammadov")
    office.posts("webhook")
    office.sends(webhook(port))
    (request,) = web.requests
    (row,) = office.rows("webhook")
    assert request.path == "/notices"
    assert request.headers["content-type"] == "application/json"
    assert request.headers["karguzar-notice-id"] == str(row["notice_id"])
    assert request.headers["karguzar-timestamp"] == "1775462400"
    signed = b"1775462400." + request.body
    assert request.headers["karguzar-signature"] == hmac.digest(SECRET, signed, "sha256").hex()
    told = json.decode(request.body)
    assert datetime.fromisoformat(told.pop("given_at")).astimezone(UTC) == NOON
    assert told == {
        "notice_id": str(row["notice_id"]),
        "case_id": str(case),
        "number": "A-1/2026",
        "kind": "appeal",
        "clock": "answer",
        "stage": "approaching",
        "step": "three-days-before",
        "due_on": "2026-04-27",
        "working_days_left": 3,
        "official": "mammadov",
        "role": "executor",
        "link": None,
    }
    assert office.state("webhook") == ("sent", 1, None)


@pytest.mark.parametrize("status", [302, 404, 503])
def test_an_answer_that_is_no_success_is_tried_again_with_the_same_id(
    office: Office, web: WebServer, port: int, status: int
) -> None:
    office.gives("mammadov")
    office.posts("webhook")
    web.statuses = [status]
    office.sends(webhook(port))
    assert office.state("webhook") == ("waiting", 1, f"http-{status}")
    office.clock.now += PAUSES[0]
    office.sends(webhook(port))
    assert office.state("webhook") == ("sent", 2, None)
    assert {request.path for request in web.requests} == {"/notices"}
    ids = [request.headers["karguzar-notice-id"] for request in web.requests]
    assert len(ids) == 2
    assert len(set(ids)) == 1
    assert web.requests[0].body == web.requests[1].body


def test_a_web_server_that_is_away_is_tried_again(office: Office, port: int) -> None:
    office.gives("mammadov")
    office.posts("webhook")
    office.sends(webhook(port))
    assert office.state("webhook") == ("waiting", 1, "ConnectError")
    with web_server(port) as web:
        office.clock.now += PAUSES[0]
        office.sends(webhook(port))
        assert len(web.requests) == 1


WITHDRAW = WithdrawAppeal(asked_on=NOON.date())
EXTEND = ExtendTerm(reason="əlavə məlumat", applicant_notified_on=NOON.date(), length=5)
HIDE = CorrectEntry(entry="confidential", value="true", approved_by="director", reason="səhv")


@pytest.mark.parametrize(
    ("command", "official", "sent"),
    [
        (WITHDRAW, "mammadov", False),
        (EXTEND, "mammadov", False),
        (HIDE, "unknown", False),
        (HIDE, "mammadov", True),
    ],
)
def test_what_was_put_off_is_sent_only_as_long_as_it_holds(
    office: Office, web: WebServer, port: int, command: Command, official: str, sent: bool
) -> None:
    case = office.gives(official)
    office.posts("webhook")
    web.statuses = [503]
    office.sends(webhook(port))
    office.desk.execute(order(CaseKind.APPEAL, case, command, HEAD))
    run_out(office.runner)
    office.clock.now += PAUSES[0]
    assert office.sends(webhook(port)) == 1
    assert office.state("webhook")[0] == ("sent" if sent else "no-longer-needed")
    assert len(web.requests) == 1 + sent
    assert office.counts()[1] == Count("webhook", 0, 0, int(not sent))
    assert office.sends(webhook(port)) == 0


def test_lists_that_lag_behind_a_notice_do_not_hold_it_back(
    office: Office, web: WebServer, port: int
) -> None:
    case = office.gives("mammadov")
    office.desk.execute(order(CaseKind.APPEAL, case, EXTEND, HEAD))
    office.desk.execute(notice_of(case, date(2026, 5, 4), "mammadov"))
    office.posts("webhook")
    assert office.sends(webhook(port)) == 2
    assert len(web.requests) == 2


def test_an_answer_that_never_ends_is_broken_off(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("infra.webhook.SECONDS", 0.2)
    office.gives("mammadov")
    office.posts("webhook")
    with dribbling_server() as port:
        office.sends(webhook(port))
    assert office.state("webhook") == ("waiting", 1, "TimeoutError")


class Dying:
    """Dies after the notice has gone out and before it is noted."""

    def __init__(self, way: Mail) -> None:
        self.channel = way.channel
        self._way = way

    def send(self, notice: Notice) -> None:
        self._way.send(notice)
        raise Died


def test_who_dies_after_sending_sends_again_what_a_mailbox_knows_by_its_id(
    office: Office, relay: MailRelay
) -> None:
    office.gives("mammadov")
    office.posts("mail")
    with pytest.raises(Died):
        office.sends(Dying(mail(relay.port)))
    assert office.state("mail") == ("waiting", 0, None)
    office.sends(mail(relay.port))
    assert office.state("mail") == ("sent", 1, None)
    first, second = relay.letters
    assert first["Message-ID"] == second["Message-ID"]
    assert first.as_bytes() == second.as_bytes()


def test_two_that_send_at_once_never_send_the_same(office: Office, relay: MailRelay) -> None:
    class MeanwhileAnother(Dying):
        def send(self, notice: Notice) -> None:
            tried.append(office.sends(mail(relay.port)))
            self._way.send(notice)

    tried: list[int] = []
    office.gives("mammadov", "huseynova")
    office.posts("mail")
    office.sends(MeanwhileAnother(mail(relay.port)))
    assert tried == [1]
    assert sorted(letter["To"] for letter in relay.letters) == [
        "huseynova@agency.example",
        "mammadov@agency.example",
    ]


def test_a_fault_of_ours_puts_off_one_notice_and_no_other(office: Office, relay: MailRelay) -> None:
    class Faulty(Dying):
        def send(self, notice: Notice) -> None:
            if notice.official == "mammadov":
                raise KeyError(notice.official)
            self._way.send(notice)

    office.gives("mammadov", "huseynova")
    office.posts("mail")
    office.sends(Faulty(mail(relay.port)))
    states = [(row["official"], row["state"], row["error"]) for row in office.rows("mail")]
    assert states == [("huseynova", "sent", None), ("mammadov", "waiting", "KeyError")]


def test_a_case_that_is_not_listed_yet_is_waited_for(office: Office, relay: MailRelay) -> None:
    office.gives("mammadov", listed=False)
    office.posts("mail")
    assert office.sends(mail(relay.port)) == 0
    run_out(office.runner)
    assert office.sends(mail(relay.port)) == 1


@pytest.mark.parametrize(
    ("url", "port", "tls"),
    [
        ("smtp://mail.example?from=a@agency.example", 587, "starttls"),
        ("smtps://u:p@mail.example?from=a@agency.example", 465, "from-the-start"),
        ("smtp://mail.example:25?from=a@agency.example&tls=off", 25, "none"),
        ("smtp://u:p@127.0.0.1:25?from=a@agency.example&tls=off", 25, "none"),
    ],
)
def test_a_relay_is_read_from_its_url(url: str, port: int, tls: str) -> None:
    relay = relay_from(url)
    assert (relay.port, relay.tls, relay.sender) == (port, tls, "a@agency.example")


@pytest.mark.parametrize(
    "url",
    [
        "mail.example",
        "http://mail.example?from=a@agency.example",
        "smtp://mail.example",
        "smtp://mail.example?from=nobody",
        "smtp://user@mail.example?from=a@agency.example",
        "smtp://mail.example:587/box?from=a@agency.example",
        "smtp://mail.example?from=a@agency.example&tls=maybe",
        "smtp://mail.example?from=a@agency.example&helo=x",
        "smtps://mail.example?from=a@agency.example&tls=off",
        "smtp://u:hunter2@mail.example?from=a@agency.example&tls=off",
        "smtp://mail.example:port?from=a@agency.example",
    ],
)
def test_a_relay_that_makes_no_sense_is_refused_without_repeating_it(url: str) -> None:
    with pytest.raises(AddressInvalid) as refused:
        relay_from(url)
    assert "hunter2" not in str(refused.value)


def test_a_relay_never_shows_its_password() -> None:
    relay = relay_from("smtp://u:hunter2@mail.example?from=a@agency.example")
    assert relay.password == "hunter2"
    assert "hunter2" not in f"{relay!r} {relay}"
