"""How tokens are checked and how often somebody may ask, as the settings say it."""

import pytest

from infra.settings import settings_from
from tests.infra.test_settings import production, wrong_with

__all__ = ["production"]


def test_in_production_the_issuers_address_is_enough(production: dict[str, str]) -> None:
    del production["KARGUZAR_JWKS_FILE"]
    settings = settings_from(production)
    assert (settings.jwks_file, settings.token_issuer) == (None, "https://id.example.gov")


@pytest.mark.parametrize(
    ("issuer", "sentence"),
    [
        (
            "the-issuer",
            "KARGUZAR_JWKS_FILE must name the issuer's keys, for its name is no address.",
        ),
        (
            "http://id.example.gov",
            "KARGUZAR_TOKEN_ISSUER must begin with https:, for its keys are asked of it.",
        ),
    ],
)
def test_in_production_nobody_on_the_way_can_give_other_keys(
    production: dict[str, str], issuer: str, sentence: str
) -> None:
    production |= {"KARGUZAR_TOKEN_ISSUER": issuer}
    assert settings_from(production).token_issuer == issuer, "the file has its keys"
    del production["KARGUZAR_JWKS_FILE"]
    assert wrong_with(production) == (sentence,)


def test_claims_limits_and_proxies_are_read(production: dict[str, str]) -> None:
    tokens = settings_from(
        production
        | {
            "KARGUZAR_TOKEN_ROLES_CLAIM": "realm_access.roles",
            "KARGUZAR_TOKEN_ROLE_PREFIX": "karguzar-",
            "KARGUZAR_TOKEN_KEYS_SECONDS": "60",
            "KARGUZAR_REQUESTS_PER_MINUTE": "1000",
            "KARGUZAR_TRUSTED_PROXIES": "10.0.0.1, ::1",
        }
    ).tokens
    assert (tokens.official_claim, tokens.unit_claim) == ("sub", "unit")
    assert (tokens.roles_claim, tokens.role_prefix) == ("realm_access.roles", "karguzar-")
    assert (tokens.keys_seconds, tokens.requests_per_minute) == (60, 1_000)
    assert tokens.trusted_proxies == ("10.0.0.1", "::1")


def test_every_wrong_one_is_told() -> None:
    sentences = wrong_with(
        {
            "KARGUZAR_TOKEN_UNIT_CLAIM": "a..b",
            "KARGUZAR_TOKEN_KEYS_SECONDS": "0",
            "KARGUZAR_REFUSED_TOKENS_PER_MINUTE": "many",
            "KARGUZAR_TRUSTED_PROXIES": "proxy.example",
        }
    )
    assert [sentence.split()[0] for sentence in sentences] == [
        "KARGUZAR_TRUSTED_PROXIES",
        "KARGUZAR_TOKEN_UNIT_CLAIM",
        "KARGUZAR_TOKEN_KEYS_SECONDS",
        "KARGUZAR_REFUSED_TOKENS_PER_MINUTE",
    ]
