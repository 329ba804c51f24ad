import base64
import stat
from pathlib import Path

import pytest
from rich.pretty import pretty_repr

from infra.settings import Settings, SettingsInvalid, settings_from

KEY = bytes(range(32))
KEY_TEXT = base64.b64encode(KEY).decode()


def wrong_with(environ: dict[str, str]) -> tuple[str, ...]:
    with pytest.raises(SettingsInvalid) as refused:
        settings_from(environ)
    return refused.value.sentences


@pytest.fixture
def production(tmp_path: Path) -> dict[str, str]:
    jwks = tmp_path / "jwks.json"
    jwks.write_text('{"keys": []}')
    return {
        "KARGUZAR_ENVIRONMENT": "production",
        "KARGUZAR_DATABASE_URL": "postgresql://karguzar:hunter2@db.internal/karguzar",
        "KARGUZAR_MASTER_KEY": KEY_TEXT,
        "KARGUZAR_JWKS_FILE": str(jwks),
        "KARGUZAR_TOKEN_ISSUER": "https://id.example.gov",
    }


def test_development_needs_no_settings(tmp_path: Path) -> None:
    settings = settings_from({"KARGUZAR_DATA_DIR": str(tmp_path), "HOME": "/home/someone"})
    assert settings.environment == "development"
    assert settings.database_url is None
    assert (settings.host, settings.port) == ("127.0.0.1", 8000)
    assert settings.time_zone == "Asia/Baku"


def test_a_development_key_is_made_once_for_its_owner_only(tmp_path: Path) -> None:
    data_dir = tmp_path / "fresh"
    first = settings_from({"KARGUZAR_DATA_DIR": str(data_dir)})
    second = settings_from({"KARGUZAR_DATA_DIR": str(data_dir)})
    assert first.master_key == second.master_key
    assert len(first.master_key) == 32
    assert stat.S_IMODE((data_dir / "master.key").stat().st_mode) == 0o600
    assert [path.name for path in data_dir.iterdir()] == ["master.key"]


def test_every_wrong_value_is_reported_at_once() -> None:
    sentences = wrong_with(
        {
            "KARGUZAR_PORT": "http",
            "KARGUZAR_WORKERS": "0",
            "KARGUZAR_WAIT_SECONDS": "nan",
            "KARGUZAR_TIME_ZONE": "Asia/Bakuu",
            "KARGUZAR_LOG_LEVEL": "loud",
            "KARGUZAR_MASTER_KEY": "short",
        }
    )
    assert sentences == (
        "KARGUZAR_MASTER_KEY must give 32 bytes in base64: openssl rand -base64 32.",
        "KARGUZAR_TIME_ZONE must be a time zone such as Asia/Baku, not 'Asia/Bakuu'.",
        "KARGUZAR_LOG_LEVEL must be info or debug or warning or error, not 'loud'.",
        "KARGUZAR_PORT must be a whole number from 1 to 65535, not 'http'.",
        "KARGUZAR_WORKERS must be a whole number from 1 to 64, not '0'.",
        "KARGUZAR_WAIT_SECONDS must be a number of seconds from 0 to 60, not 'nan'.",
    )


def test_a_misspelt_setting_is_refused_with_the_likely_one() -> None:
    assert wrong_with({"KARGUZAR_DATABSE_URL": "postgresql://db/karguzar"}) == (
        "KARGUZAR_DATABSE_URL is not a setting: did you mean KARGUZAR_DATABASE_URL?",
    )


def test_an_empty_value_counts_as_not_set(tmp_path: Path) -> None:
    settings = settings_from({"KARGUZAR_DATA_DIR": str(tmp_path), "KARGUZAR_PORT": ""})
    assert settings.port == 8000


def test_production_says_all_it_lacks() -> None:
    assert wrong_with({"KARGUZAR_ENVIRONMENT": "production"}) == (
        (
            "KARGUZAR_MASTER_KEY_FILE, KARGUZAR_MASTER_KEY_COMMAND or KARGUZAR_MASTER_KEY must "
            "give the key in production."
        ),
        "KARGUZAR_TOKEN_ISSUER must name your own token issuer in production.",
        "KARGUZAR_DATABASE_URL must name a PostgreSQL database in production.",
    )


def test_production_starts_when_nothing_lacks(production: dict[str, str]) -> None:
    settings = settings_from(production)
    assert settings.environment == "production"
    assert settings.master_key == KEY


def test_the_key_may_stand_in_a_file(production: dict[str, str], tmp_path: Path) -> None:
    path = tmp_path / "key"
    path.write_text(KEY_TEXT + "\n")
    del production["KARGUZAR_MASTER_KEY"]
    assert settings_from(production | {"KARGUZAR_MASTER_KEY_FILE": str(path)}).master_key == KEY


def test_a_key_given_twice_is_refused(production: dict[str, str]) -> None:
    assert wrong_with(production | {"KARGUZAR_MASTER_KEY_FILE": "/run/secrets/key"}) == (
        "KARGUZAR_MASTER_KEY and KARGUZAR_MASTER_KEY_FILE are both set: keep one.",
    )


def test_a_file_that_is_not_there_is_refused(production: dict[str, str]) -> None:
    assert wrong_with(production | {"KARGUZAR_JWKS_FILE": "/nowhere/jwks.json"}) == (
        "KARGUZAR_JWKS_FILE must name a file that can be read, not '/nowhere/jwks.json'.",
    )


@pytest.mark.parametrize("show", [repr, str, pretty_repr])
def test_no_secret_is_ever_shown(show: object, production: dict[str, str]) -> None:
    settings: Settings = settings_from(production)
    assert callable(show)
    shown = show(settings)
    assert "db.internal" in shown
    assert "hunter2" not in shown
    assert repr(KEY) not in shown
    assert KEY_TEXT not in shown


def test_a_wrong_database_url_is_not_repeated(production: dict[str, str]) -> None:
    (sentence,) = wrong_with(production | {"KARGUZAR_DATABASE_URL": "db.internal hunter2"})
    assert "hunter2" not in sentence


@pytest.mark.parametrize(
    ("jurisdiction", "zone"),
    [("az", "Asia/Baku"), ("tr", "Europe/Istanbul"), ("ge", "Asia/Tbilisi")],
)
def test_the_time_zone_follows_the_jurisdiction(
    jurisdiction: str, zone: str, tmp_path: Path
) -> None:
    environ = {"KARGUZAR_DATA_DIR": str(tmp_path), "KARGUZAR_JURISDICTION": jurisdiction}
    assert settings_from(environ).time_zone == zone
    own = settings_from({**environ, "KARGUZAR_TIME_ZONE": "Europe/Berlin"})
    assert own.time_zone == "Europe/Berlin"


def test_a_wrong_calendar_file_is_told_with_its_line(tmp_path: Path) -> None:
    file = tmp_path / "own.toml"
    file.write_text('jurisdiction = "az"\n\n[[override]]\non = 2026-05-04\nkind = "free"\n')
    sentences = wrong_with({"KARGUZAR_CALENDAR_FILE": str(file)})
    assert any(sentence.startswith(f"{file}:5: kind") for sentence in sentences)
