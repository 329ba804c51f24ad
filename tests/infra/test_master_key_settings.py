import sys
from base64 import b64encode
from pathlib import Path

import pytest

from infra.master_key_settings import KeyUnreadable, key_from_command, read_master_keys

KEY = bytes(range(32))
TEXT = b64encode(KEY).decode()
COMMAND = "KARGUZAR_MASTER_KEY_COMMAND"


def python(code: str) -> str:
    return f'{sys.executable} -c "{code}"'


def wrong_with(given: dict[str, str], *, production: bool = False) -> list[str]:
    wrong: list[str] = []
    read_master_keys(given, wrong, production=production)
    return wrong


def test_the_key_may_come_from_a_command() -> None:
    wrong: list[str] = []
    given = {COMMAND: python(f"print('{TEXT}')")}
    assert read_master_keys(given, wrong, production=True) == (KEY, None)
    assert wrong == []


def test_no_shell_reads_the_command() -> None:
    with pytest.raises(KeyUnreadable):
        key_from_command(f"echo {TEXT} | cat")
    assert key_from_command(f"echo {TEXT}") == KEY


@pytest.mark.parametrize(
    ("command", "why"),
    [
        (python(f"print('{TEXT}'); raise SystemExit(3)"), "ended with 3: run it by hand"),
        (python("print('secret-but-no-key')"), "must give 32 bytes in base64"),
        ("/nowhere/key-store", "can't be run: No such file or directory."),
        ("'unfinished", "can't be read as a command"),
    ],
)
def test_a_command_that_fails_is_named_without_what_it_printed(command: str, why: str) -> None:
    (sentence,) = wrong_with({COMMAND: command})
    assert sentence.startswith(f"{COMMAND} {why}")
    assert TEXT not in sentence
    assert "secret" not in sentence


def test_a_command_that_does_not_end_is_given_up() -> None:
    with pytest.raises(KeyUnreadable, match=r"did not end within 0\.2 seconds"):
        key_from_command(python("import time; time.sleep(30)"), seconds=0.2)


def test_exactly_one_way_gives_the_key() -> None:
    given = {"KARGUZAR_MASTER_KEY": TEXT, COMMAND: f"echo {TEXT}"}
    assert wrong_with(given) == [f"KARGUZAR_MASTER_KEY and {COMMAND} are both set: keep one."]
    (missing,) = wrong_with({}, production=True)
    assert "must give the key in production" in missing


def test_the_previous_key_is_another_one_in_a_file(tmp_path: Path) -> None:
    file = tmp_path / "old"
    file.write_text(TEXT)
    given = {"KARGUZAR_MASTER_KEY": TEXT, "KARGUZAR_MASTER_KEY_PREVIOUS_FILE": str(file)}
    (sentence,) = wrong_with(given)
    assert "must give another key" in sentence
    file.write_text(b64encode(bytes(32)).decode())
    wrong: list[str] = []
    assert read_master_keys(given, wrong, production=False) == (KEY, bytes(32))
