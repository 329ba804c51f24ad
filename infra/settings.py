"""Settings, read once from the environment."""

import base64
import difflib
import os
import secrets
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Literal, TypeVar
from zoneinfo import ZoneInfo

import msgspec
from psycopg import ProgrammingError
from psycopg.conninfo import conninfo_to_dict

from infra.calendars import UnknownOrganisation, working_calendar
from infra.calendars.acts import CalendarFileInvalid
from infra.code_names import CodeNamesInvalid, read_code_names
from infra.jurisdiction import TIME_ZONES
from infra.ladder import LadderInvalid, read_ladder
from infra.made_once import make_once
from infra.master_key_settings import (
    KEY_BYTES,
    MASTER_KEY_NAMES,
    decoded_key,
    read_master_keys,
)
from infra.page_settings import PAGE_NAMES, PageSettings, read_page_settings
from infra.population import PopulationInvalid, read_population
from infra.proof_settings import PROOF_NAMES, ProofSettings, read_proof_settings
from infra.relay import AddressInvalid, Relay, relay_from, web_address
from infra.retention import RetentionInvalid, read_retention
from infra.rulebook import RulesInvalid, rulebook
from infra.token_settings import DEVELOPMENT_ISSUER, TOKEN_NAMES, TokenSettings, read_token_settings

PREFIX = "KARGUZAR_"
NAMES = (
    PROOF_NAMES
    | MASTER_KEY_NAMES
    | TOKEN_NAMES
    | PAGE_NAMES
    | frozenset(
        PREFIX + name
        for name in (
            "BATCH_SIZE",
            "CALENDAR_FILE",
            "DATABASE_URL",
            "DATA_DIR",
            "DOCUMENT_MAX_BYTES",
            "ENVIRONMENT",
            "HOST",
            "JURISDICTION",
            "JWKS_FILE",
            "LADDER_FILE",
            "LOG_LEVEL",
            "MAX_BODY_BYTES",
            "NAMES_FILE",
            "ORGANISATION",
            "POOL_SIZE",
            "POPULATION_FILE",
            "PORT",
            "PUBLIC_URL",
            "RETENTION_FILE",
            "RULES_FILE",
            "SMTP_URL",
            "TIME_ZONE",
            "TOKEN_AUDIENCE",
            "TOKEN_ISSUER",
            "WAIT_SECONDS",
            "WATCH_SECONDS",
            "WEBHOOK_SECRET",
            "WEBHOOK_SECRET_FILE",
            "WEBHOOK_URL",
            "WORKERS",
        )
    )
)
SECRET_CHARACTERS = 16

Environment = Literal["development", "production"]
Jurisdiction = Literal["az", "tr", "ge"]
LogLevel = Literal["debug", "info", "warning", "error"]
ENVIRONMENTS: tuple[Environment, ...] = ("development", "production")
LOG_LEVELS: tuple[LogLevel, ...] = ("info", "debug", "warning", "error")
JURISDICTIONS: tuple[Jurisdiction, ...] = ("az", "tr", "ge")
Choice = TypeVar("Choice", bound=str)
_SECRETS = frozenset({"master_key", "previous_master_key", "webhook_secret"})


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """What may differ between installations.

    `database_url` None: the embedded PostgreSQL under `data_dir`. `jwks_file` None: the keys are
    those the issuer publishes, if its name is an address, or else the development issuer's.
    `wait_seconds` is the longest wait for a position. `watch_seconds` lie between two looks at
    the clocks. `ladder_file` None: the shipped ladder; `names_file` None: the names of the demo's
    topics and regions. `organisation` names the body whose exemptions and hours hold;
    `rules_file`, `calendar_file` and `retention_file` are read over those shipped.
    `previous_master_key` is there only while the master key changes.
    """

    environment: Environment
    database_url: str | None
    data_dir: Path
    host: str
    port: int
    workers: int
    time_zone: str
    jurisdiction: Jurisdiction
    organisation: str | None
    rules_file: Path | None
    calendar_file: Path | None
    master_key: bytes
    previous_master_key: bytes | None
    retention_file: Path | None
    population_file: Path | None
    names_file: Path | None
    token_issuer: str
    token_audience: str
    jwks_file: Path | None
    tokens: TokenSettings
    pool_size: int
    batch_size: int
    max_body_bytes: int
    document_max_bytes: int
    log_level: LogLevel
    wait_seconds: float
    watch_seconds: int
    ladder_file: Path | None
    public_url: str | None
    smtp_relay: Relay | None
    webhook_url: str | None
    webhook_secret: bytes | None
    proof: ProofSettings
    pages: PageSettings

    def __rich_repr__(self) -> list[tuple[str, object]]:
        shown: list[tuple[str, object]] = []
        for name in self.__struct_fields__:
            value = getattr(self, name)
            if name in _SECRETS and value is not None:
                value = "(hidden)"
            elif name == "database_url" and value is not None:
                value = _without_secrets(value)
            shown.append((name, value))
        return shown

    def __repr__(self) -> str:
        fields = ", ".join(f"{name}={value!r}" for name, value in self.__rich_repr__())
        return f"Settings({fields})"


class SettingsInvalid(Exception):
    """Every wrong setting at once, one sentence each."""

    def __init__(self, sentences: list[str]) -> None:
        super().__init__("\n".join(sentences))
        self.sentences = tuple(sentences)


def settings_from(environ: Mapping[str, str], *, begin: bool = True) -> Settings:
    """Raise SettingsInvalid naming all that is wrong; an empty value counts as not set.

    In development without a master key, one is made and kept under the data directory; where
    no register is to *begin*, none is made and the master key is empty.
    """
    reading = _Reading(environ)
    reading.refuse_unknown_names()
    production = reading.choice("ENVIRONMENT", ENVIRONMENTS) == "production"
    data_dir = Path(reading.text("DATA_DIR", ".karguzar")).absolute()
    database_url = reading.database_url()
    master_key, previous_master_key = read_master_keys(
        reading.given, reading.wrong, production=production
    )
    jwks_file = reading.file("JWKS_FILE")
    issuer = reading.text("TOKEN_ISSUER", DEVELOPMENT_ISSUER)
    jurisdiction = reading.choice("JURISDICTION", JURISDICTIONS)
    time_zone = reading.time_zone(TIME_ZONES[jurisdiction])
    log_level = reading.choice("LOG_LEVEL", LOG_LEVELS)
    organisation = reading.text("ORGANISATION", "") or None
    rules_file = reading.file("RULES_FILE")
    calendar_file = reading.file("CALENDAR_FILE")
    reading.try_terms(jurisdiction, organisation, rules_file, calendar_file)
    retention_file = reading.file_of_lines("RETENTION_FILE", read_retention, RetentionInvalid)
    population_file = reading.file_with("POPULATION_FILE", read_population, PopulationInvalid)
    names_file = reading.file_with("NAMES_FILE", read_code_names, CodeNamesInvalid)
    port = reading.whole("PORT", 8000, low=1, high=65535)
    workers = reading.whole("WORKERS", 1, low=1, high=64)
    pool_size = reading.whole("POOL_SIZE", 8, low=1, high=200)
    batch_size = reading.whole("BATCH_SIZE", 256, low=1, high=10_000)
    max_body_bytes = reading.whole("MAX_BODY_BYTES", 1_000_000, low=1_000, high=100_000_000)
    document_max_bytes = reading.whole(
        "DOCUMENT_MAX_BYTES", 20_000_000, low=1_000, high=1_000_000_000
    )
    wait_seconds = reading.seconds("WAIT_SECONDS", 5.0, high=60.0)
    watch_seconds = reading.whole("WATCH_SECONDS", 60, low=1, high=3_600)
    ladder_file = reading.file_of_lines("LADDER_FILE", read_ladder, LadderInvalid)
    public_url = reading.web_address("PUBLIC_URL")
    smtp_relay = reading.relay()
    webhook_url = reading.web_address("WEBHOOK_URL")
    webhook_secret = reading.webhook_secret(needed=webhook_url is not None)
    proof = read_proof_settings(reading.given, reading.wrong, data_dir, production=production)
    tokens = read_token_settings(reading.given, reading.wrong, issuer, production=production)
    pages = read_page_settings(
        reading.given, reading.wrong, issuer, public_url, production=production
    )
    if production:
        reading.refuse_gaps_in_production()
    if reading.wrong:
        raise SettingsInvalid(reading.wrong)
    return Settings(
        environment="production" if production else "development",
        database_url=database_url,
        data_dir=data_dir,
        host=reading.text("HOST", "127.0.0.1"),
        port=port,
        workers=workers,
        time_zone=time_zone,
        jurisdiction=jurisdiction,
        organisation=organisation,
        rules_file=rules_file,
        calendar_file=calendar_file,
        master_key=master_key or _development_key(data_dir / "master.key", begin=begin),
        previous_master_key=previous_master_key,
        retention_file=retention_file,
        population_file=population_file,
        names_file=names_file,
        token_issuer=issuer,
        token_audience=reading.text("TOKEN_AUDIENCE", "karguzar"),
        jwks_file=jwks_file,
        tokens=tokens,
        pool_size=pool_size,
        batch_size=batch_size,
        max_body_bytes=max_body_bytes,
        document_max_bytes=document_max_bytes,
        log_level=log_level,
        wait_seconds=wait_seconds,
        watch_seconds=watch_seconds,
        ladder_file=ladder_file,
        public_url=public_url,
        smtp_relay=smtp_relay,
        webhook_url=webhook_url,
        webhook_secret=webhook_secret,
        proof=proof,
        pages=pages,
    )


class _Reading:
    def __init__(self, environ: Mapping[str, str]) -> None:
        self.given = {
            name: value.strip()
            for name, value in environ.items()
            if name.startswith(PREFIX) and value.strip()
        }
        self.wrong: list[str] = []
        self.unreadable: set[str] = set()

    def refuse_unknown_names(self) -> None:
        for name in sorted(self.given.keys() - NAMES):
            close = difflib.get_close_matches(name, sorted(NAMES), n=1)
            hint = f"did you mean {close[0]}?" if close else "remove it."
            self.wrong.append(f"{name} is not a setting: {hint}")

    def refuse_gaps_in_production(self) -> None:
        if PREFIX + "DATABASE_URL" not in self.given:
            self._say("DATABASE_URL", "must name a PostgreSQL database in production.")

    def text(self, name: str, default: str) -> str:
        return self.given.get(PREFIX + name, default)

    def choice(self, name: str, choices: tuple[Choice, ...]) -> Choice:
        value = self.text(name, choices[0])
        for choice in choices:
            if value == choice:
                return choice
        self._say(name, f"must be {' or '.join(choices)}, not {value!r}.")
        return choices[0]

    def whole(self, name: str, default: int, *, low: int, high: int) -> int:
        value = self.text(name, str(default))
        if value.isascii() and value.isdecimal() and low <= int(value) <= high:
            return int(value)
        self._say(name, f"must be a whole number from {low} to {high}, not {value!r}.")
        return default

    def seconds(self, name: str, default: float, *, high: float) -> float:
        value = self.text(name, str(default))
        try:
            seconds = float(value)
        except ValueError:
            seconds = -1.0
        if 0 <= seconds <= high:
            return seconds
        self._say(name, f"must be a number of seconds from 0 to {high:g}, not {value!r}.")
        return default

    def time_zone(self, default: str) -> str:
        value = self.text("TIME_ZONE", default)
        try:
            ZoneInfo(value)
        except (KeyError, ValueError, OSError):
            self._say("TIME_ZONE", f"must be a time zone such as {default}, not {value!r}.")
        return value

    def file(self, name: str) -> Path | None:
        value = self.given.get(PREFIX + name)
        if value is None:
            return None
        path = Path(value).absolute()
        if not (path.is_file() and os.access(path, os.R_OK)):
            self._say(name, f"must name a file that can be read, not {value!r}.")
            self.unreadable.add(PREFIX + name)
        return path

    def try_terms(
        self,
        jurisdiction: Jurisdiction,
        organisation: str | None,
        rules_file: Path | None,
        calendar_file: Path | None,
    ) -> None:
        """Read the installation's own files, if there are any, so that a wrong one stops here."""
        if rules_file and PREFIX + "RULES_FILE" not in self.unreadable:
            try:
                rulebook(jurisdiction, rules_file)
            except RulesInvalid as invalid:
                self.wrong += invalid.sentences
        if PREFIX + "CALENDAR_FILE" in self.unreadable or not (organisation or calendar_file):
            return
        try:
            working_calendar(
                jurisdiction, organisation, files=(calendar_file,) if calendar_file else ()
            )
        except CalendarFileInvalid as invalid:
            self.wrong += invalid.sentences
        except UnknownOrganisation:
            self._say(
                "ORGANISATION",
                f"must be one that a calendar file speaks of; none speaks of {organisation!r}.",
            )

    def database_url(self) -> str | None:
        value = self.given.get(PREFIX + "DATABASE_URL")
        if value is None:
            return None
        try:
            parameters = conninfo_to_dict(value)
        except ProgrammingError:
            parameters = {}
        if not parameters:
            # The value itself is not repeated: it may hold a password.
            self._say("DATABASE_URL", "must look like postgresql://user:password@host:5432/name.")
        return value

    def web_address(self, name: str) -> str | None:
        value = self.given.get(PREFIX + name)
        try:
            return web_address(value) if value else None
        except AddressInvalid as invalid:
            self._say(name, str(invalid))
            return None

    def relay(self) -> Relay | None:
        value = self.given.get(PREFIX + "SMTP_URL")
        try:
            return relay_from(value) if value else None
        except AddressInvalid as invalid:
            self._say("SMTP_URL", str(invalid))
            return None

    def webhook_secret(self, *, needed: bool) -> bytes | None:
        """What both sides know; at least 16 characters, so that nobody guesses it."""
        secret = self.given.get(PREFIX + "WEBHOOK_SECRET", "")
        if secret and PREFIX + "WEBHOOK_SECRET_FILE" in self.given:
            self._say("WEBHOOK_SECRET", "and KARGUZAR_WEBHOOK_SECRET_FILE are both set: keep one.")
            return None
        if not secret:
            before = len(self.wrong)
            path = self.file("WEBHOOK_SECRET_FILE")
            if len(self.wrong) > before:
                return None
            secret = path.read_text(encoding="utf-8", errors="replace").strip() if path else ""
        if secret and len(secret) < SECRET_CHARACTERS:
            self._say("WEBHOOK_SECRET", f"must have at least {SECRET_CHARACTERS} characters.")
        elif needed and not secret:
            self._say("WEBHOOK_SECRET_FILE", "or KARGUZAR_WEBHOOK_SECRET must sign the webhook.")
        return secret.encode() or None

    def file_with(
        self, name: str, read: Callable[[Path], object], invalid: type[Exception]
    ) -> Path | None:
        """A file that *read* takes; where it raises *invalid*, that says why it can't be used."""
        path = self.file(name)
        if path is not None and PREFIX + name not in self.unreadable:
            try:
                read(path)
            except invalid as error:
                self._say(name, f"can't be used: {error}")
        return path

    def file_of_lines(
        self,
        name: str,
        read: Callable[[Path], object],
        invalid: type[LadderInvalid | RetentionInvalid],
    ) -> Path | None:
        """The same where *invalid* says it line by line."""
        path = self.file(name)
        if path is not None and PREFIX + name not in self.unreadable:
            try:
                read(path)
            except invalid as error:
                self.wrong += error.sentences
        return path

    def _say(self, name: str, sentence: str) -> None:
        self.wrong.append(f"{PREFIX}{name} {sentence}")


def kept_key(path: Path) -> bytes:
    """The key in this file, made when it isn't there."""
    if not path.exists():
        make_once(path, base64.b64encode(secrets.token_bytes(KEY_BYTES)) + b"\n")
    key = decoded_key(path.read_text(encoding="ascii", errors="replace"))
    if key is None:
        raise SettingsInvalid([f"{path} must hold {KEY_BYTES} bytes in base64."])
    return key


def _development_key(path: Path, *, begin: bool) -> bytes:
    return kept_key(path) if begin or path.exists() else b""


def _without_secrets(database_url: str) -> str:
    parameters = conninfo_to_dict(database_url)
    shown = ("user", "host", "port", "dbname")
    return " ".join(f"{name}={parameters[name]}" for name in shown if parameters.get(name))
