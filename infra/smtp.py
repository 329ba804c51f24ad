"""Notices as mail, through the department's relay."""

import asyncio
from datetime import UTC
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP

import aiosmtplib
from aiosmtplib.errors import SMTPResponseException

from infra.delivery import NotSent
from infra.letter import Notice, link_to, subject_of, text_of
from infra.outbox import Channel
from infra.relay import Relay

SECONDS = 20.0
"""The longest wait for one answer of the relay."""
_FOR_GOOD = range(500, 600)


class Mail:
    """One letter to one official.

    ``Message-ID`` derives from the notice: a mailbox that gets a letter again can tell that it
    has it.
    """

    channel: Channel = "mail"

    def __init__(self, relay: Relay, public_url: str | None) -> None:
        self._relay = relay
        self._public_url = public_url

    def send(self, notice: Notice) -> None:
        """Raises NotSent."""
        if not notice.email:
            raise NotSent("no-address", for_good=True)
        try:
            message = letter(notice, notice.email, self._relay.sender, self._public_url)
        except ValueError:
            raise NotSent("address-invalid", for_good=True) from None
        try:
            asyncio.run(self._deliver(message))
        except aiosmtplib.SMTPRecipientsRefused as error:
            codes = [refused.code for refused in error.recipients]
            for_good = all(code in _FOR_GOOD for code in codes)
            raise NotSent(f"smtp-{codes[0]}", for_good=for_good) from error
        except SMTPResponseException as error:
            raise NotSent(f"smtp-{error.code}") from error
        except (aiosmtplib.SMTPException, OSError) as error:
            raise NotSent(type(error).__name__) from error

    async def _deliver(self, message: EmailMessage) -> None:
        relay = self._relay
        async with asyncio.timeout(3 * SECONDS):
            await aiosmtplib.send(
                message,
                hostname=relay.host,
                port=relay.port,
                username=relay.user,
                password=relay.password,
                use_tls=relay.tls == "from-the-start",
                start_tls=relay.tls == "starttls",
                timeout=SECONDS,
            )


def letter(notice: Notice, to: str, sender: str, public_url: str | None) -> EmailMessage:
    """The letter, the same to the byte at each try. Raises ValueError for a wrong address."""
    if not to.isascii() or not to.isprintable():
        raise ValueError("mail addresses are written in ASCII")
    message = EmailMessage(policy=SMTP)
    message["From"] = Address("Karguzar", addr_spec=sender)
    message["To"] = Address(addr_spec=to)
    message["Subject"] = subject_of(notice)
    message["Date"] = notice.given_at.astimezone(UTC)
    message["Message-ID"] = f"<{notice.notice_id}@{sender.rpartition('@')[2]}>"
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(text_of(notice, link_to(public_url, notice.case_id)), cte="base64")
    # Setting the content removes the headers that tell of it.
    message["Content-Language"] = notice.language
    return message
