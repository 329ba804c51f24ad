"""Where notices go, as the settings say it; no secret is ever shown."""

from pathlib import Path

import pytest
from rich.pretty import pretty_repr

from infra.relay import SMTP_FORM
from infra.settings import settings_from
from tests.infra.test_settings import wrong_with

URL = "smtp://post:hunter2@mail.example:587?from=register@agency.example"
SECRET = "known-to-both-sides"


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    return {
        "KARGUZAR_DATA_DIR": str(tmp_path),
        "KARGUZAR_SMTP_URL": URL,
        "KARGUZAR_WEBHOOK_URL": "https://desk.agency.example/notices",
        "KARGUZAR_WEBHOOK_SECRET": SECRET,
        "KARGUZAR_PUBLIC_URL": "https://register.agency.example/",
    }


def test_by_default_notices_stay_in_the_register(tmp_path: Path) -> None:
    settings = settings_from({"KARGUZAR_DATA_DIR": str(tmp_path)})
    assert (settings.smtp_relay, settings.webhook_url, settings.public_url) == (None, None, None)


def test_relay_webhook_and_public_address_are_read(environ: dict[str, str]) -> None:
    settings = settings_from(environ)
    assert settings.smtp_relay
    assert (settings.smtp_relay.host, settings.smtp_relay.user) == ("mail.example", "post")
    assert settings.webhook_secret == SECRET.encode()
    assert settings.public_url == "https://register.agency.example"


@pytest.mark.parametrize("show", [repr, str, pretty_repr])
def test_neither_password_nor_secret_is_shown(show: object, environ: dict[str, str]) -> None:
    assert callable(show)
    shown = show(settings_from(environ))
    assert "mail.example" in shown
    assert "hunter2" not in shown
    assert SECRET not in shown


def test_the_secret_may_stand_in_a_file(environ: dict[str, str], tmp_path: Path) -> None:
    path = tmp_path / "secret"
    path.write_text(f"{SECRET}\n")
    del environ["KARGUZAR_WEBHOOK_SECRET"]
    named = environ | {"KARGUZAR_WEBHOOK_SECRET_FILE": str(path)}
    assert settings_from(named).webhook_secret == SECRET.encode()


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        (
            {"KARGUZAR_SMTP_URL": "mail.example hunter2"},
            f"KARGUZAR_SMTP_URL must look like {SMTP_FORM}.",
        ),
        (
            {"KARGUZAR_SMTP_URL": f"{URL}&tls=off"},
            "KARGUZAR_SMTP_URL would send its password in the clear: leave tls=off out.",
        ),
        (
            {"KARGUZAR_WEBHOOK_URL": "desk.agency.example"},
            "KARGUZAR_WEBHOOK_URL must be a plain address such as https://example.gov/karguzar.",
        ),
        (
            {"KARGUZAR_PUBLIC_URL": "https://user:hunter2@agency.example"},
            "KARGUZAR_PUBLIC_URL must be a plain address such as https://example.gov/karguzar.",
        ),
        (
            {"KARGUZAR_WEBHOOK_SECRET": ""},
            "KARGUZAR_WEBHOOK_SECRET_FILE or KARGUZAR_WEBHOOK_SECRET must sign the webhook.",
        ),
        (
            {"KARGUZAR_WEBHOOK_SECRET": "hunter2"},
            "KARGUZAR_WEBHOOK_SECRET must have at least 16 characters.",
        ),
        (
            {"KARGUZAR_WEBHOOK_SECRET_FILE": "/nowhere/secret"},
            "KARGUZAR_WEBHOOK_SECRET and KARGUZAR_WEBHOOK_SECRET_FILE are both set: keep one.",
        ),
    ],
)
def test_what_makes_no_sense_is_refused_without_repeating_secrets(
    environ: dict[str, str], changes: dict[str, str], sentence: str
) -> None:
    assert wrong_with(environ | changes) == (sentence,)
