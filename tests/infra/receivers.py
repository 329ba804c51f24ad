"""A mail relay and a web server on this machine, which take notices and remember them."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address
from pathlib import Path
from ssl import PROTOCOL_TLS_SERVER, SSLContext
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, LoginPassword
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from msgspec import Struct

HERE = "127.0.0.1"


class MailRelay:
    """Answers RCPT with the next of ``answers``, and takes everything once there are none."""

    def __init__(self) -> None:
        self.letters: list[EmailMessage] = []
        self.answers: list[str] = []
        self.logins: list[tuple[bytes, bytes]] = []
        self.asked = 0
        self.port = 0

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's name
        self, _server: Any, _session: Any, envelope: Any, address: str, _options: list[str]
    ) -> str:
        self.asked += 1
        if self.answers:
            return self.answers.pop(0)
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802
        letter = message_from_bytes(envelope.content, policy=default)
        assert isinstance(letter, EmailMessage)
        self.letters.append(letter)
        return "250 OK"

    def log_in(
        self, _server: Any, _session: Any, _envelope: Any, _mechanism: str, sent: Any
    ) -> AuthResult:
        assert isinstance(sent, LoginPassword)
        self.logins.append((sent.login, sent.password))
        return AuthResult(success=sent.password == b"open sesame")


@contextmanager
def mail_relay(port: int, tls: SSLContext | None = None) -> Iterator[MailRelay]:
    """With TLS it wants STARTTLS and a password before anything else."""
    relay = MailRelay()
    relay.port = port
    secured: dict[str, Any] = {}
    if tls:
        secured = {
            "tls_context": tls,
            "require_starttls": True,
            "auth_required": True,
            "authenticator": relay.log_in,
        }
    controller = Controller(relay, hostname=HERE, port=port, **secured)
    controller.start()
    try:
        yield relay
    finally:
        controller.stop()


class Request(Struct, frozen=True):
    path: str
    headers: dict[str, str]
    body: bytes


class WebServer(ThreadingHTTPServer):
    """Answers with the next of ``statuses``, and with 204 once there are none."""

    def __init__(self, port: int) -> None:
        super().__init__((HERE, port), _Answer)
        self.requests: list[Request] = []
        self.statuses: list[int] = []


class _Answer(BaseHTTPRequestHandler):
    server: WebServer

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        headers = {name.lower(): value for name, value in self.headers.items()}
        self.server.requests.append(Request(self.path, headers, body))
        status = self.server.statuses.pop(0) if self.server.statuses else 204
        self.send_response(status)
        if 300 <= status < 400:
            self.send_header("Location", "/elsewhere")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: Any) -> None:
        pass


@contextmanager
def web_server(port: int) -> Iterator[WebServer]:
    server = WebServer(port)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@contextmanager
def dribbling_server() -> Iterator[int]:
    """Answers 204 at last, but a header at a time for some seconds; its port."""

    def answer() -> None:
        conn, _ = listening.accept()
        with conn, suppress(OSError):
            conn.sendall(b"HTTP/1.1 204 No Content\r\n")
            for number in range(50):
                conn.sendall(f"X-{number}: and\r\n".encode())
                if over.wait(0.1):
                    return
            conn.sendall(b"\r\n")

    over = threading.Event()
    with socket.create_server((HERE, 0)) as listening:
        thread = threading.Thread(target=answer)
        thread.start()
        try:
            yield int(listening.getsockname()[1])
        finally:
            over.set()
            thread.join()


def certificate(folder: Path) -> tuple[SSLContext, Path]:
    """A server's TLS for this machine's address, and the file of the authority behind it."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "Karguzar tests")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ip_address(HERE))]), critical=False
        )
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    authority, private = folder / "authority.pem", folder / "server.pem"
    authority.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    private.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    context = SSLContext(PROTOCOL_TLS_SERVER)
    context.load_cert_chain(authority, private)
    return context, authority
