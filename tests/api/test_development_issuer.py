"""The key of the development issuer: one for all processes of a server, whoever is first."""

from pathlib import Path

import pytest

from api.development_issuer import DevelopmentIssuer, NoKeyInFile
from infra.settings import settings_from

KEY = "development-issuer.pem"


def issuer(folder: Path) -> DevelopmentIssuer:
    return DevelopmentIssuer(settings_from({"KARGUZAR_DATA_DIR": str(folder)}, begin=False))


def published(by: DevelopmentIssuer) -> list[str]:
    return [str(key.key_id) + key.key.public_bytes_raw().hex() for key in by.keys().keys]


def test_a_process_that_saw_no_key_yet_goes_by_the_one_made_meanwhile(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = issuer(tmp_path)
    monkeypatch.setattr(Path, "exists", lambda _path: False)
    assert published(issuer(tmp_path)) == published(first)


def test_nobody_else_may_read_the_key_and_nothing_lies_beside_it(tmp_path: Path) -> None:
    issuer(tmp_path)
    assert [each.name for each in tmp_path.iterdir()] == [KEY]
    assert (tmp_path / KEY).stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("held", [b"", b"no key"])
def test_a_file_without_a_key_is_named_with_what_to_do(tmp_path: Path, held: bytes) -> None:
    (tmp_path / KEY).write_bytes(held)
    with pytest.raises(NoKeyInFile, match=f"{KEY} holds no key. Delete it"):
        issuer(tmp_path)
