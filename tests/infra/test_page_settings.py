"""How readers of the pages sign in: what is taken from the environment, and what is refused."""

from pathlib import Path

import pytest

from infra.settings import Settings, SettingsInvalid, settings_from

ISSUER = "https://id.example.gov"
CLIENT = {"KARGUZAR_TOKEN_ISSUER": ISSUER, "KARGUZAR_PAGES_CLIENT_ID": "karguzar-pages"}


def read(folder: Path, **environ: str) -> Settings:
    return settings_from({"KARGUZAR_DATA_DIR": str(folder), **environ})


def refused(folder: Path, **environ: str) -> tuple[str, ...]:
    with pytest.raises(SettingsInvalid) as invalid:
        read(folder, **environ)
    return invalid.value.sentences


def test_without_a_client_there_is_no_way_through_an_issuer(tmp_path: Path) -> None:
    pages = read(tmp_path).pages
    assert (pages.client_id, pages.client_secret, pages.scope) == (None, None, "openid")


def test_the_secret_comes_from_its_file_and_is_shown_nowhere(tmp_path: Path) -> None:
    file = tmp_path / "secret"
    file.write_text("known-to-both\n")
    settings = read(tmp_path, **CLIENT, KARGUZAR_PAGES_CLIENT_SECRET_FILE=str(file))
    assert settings.pages.client_secret == "known-to-both"
    assert "known-to-both" not in repr(settings)


def test_a_secret_given_twice_or_in_no_file_is_refused(tmp_path: Path) -> None:
    secret = {"KARGUZAR_PAGES_CLIENT_SECRET": "known-to-both"}
    missing = {"KARGUZAR_PAGES_CLIENT_SECRET_FILE": str(tmp_path / "nothing")}
    (unread,) = refused(tmp_path, **CLIENT, **missing)
    assert "a file that can be read" in unread
    twice, _ = refused(tmp_path, **CLIENT, **secret, **missing)
    assert "both set" in twice
    assert "known-to-both" not in twice


def test_what_belongs_to_a_client_needs_one(tmp_path: Path) -> None:
    (sentence,) = refused(tmp_path, KARGUZAR_PAGES_SCOPE="openid register")
    assert sentence == "KARGUZAR_PAGES_SCOPE needs KARGUZAR_PAGES_CLIENT_ID beside it."


def test_a_client_needs_an_issuer_that_can_be_asked(tmp_path: Path) -> None:
    (sentence,) = refused(tmp_path, KARGUZAR_PAGES_CLIENT_ID="karguzar-pages")
    assert "KARGUZAR_TOKEN_ISSUER that is an address" in sentence


@pytest.mark.parametrize(
    ("public_url", "said"),
    [({}, "needs KARGUZAR_PUBLIC_URL"), ({"KARGUZAR_PUBLIC_URL": "http://r.example"}, "https:")],
    ids=["none", "without TLS"],
)
def test_in_production_readers_come_back_over_tls(
    tmp_path: Path, public_url: dict[str, str], said: str
) -> None:
    key = tmp_path / "master.key"
    key.write_text("AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\n")
    production = {
        "KARGUZAR_ENVIRONMENT": "production",
        "KARGUZAR_DATABASE_URL": "postgresql://karguzar@127.0.0.1/karguzar",
        "KARGUZAR_MASTER_KEY_FILE": str(key),
    }
    (sentence,) = refused(tmp_path, **production, **CLIENT, **public_url)
    assert said in sentence
