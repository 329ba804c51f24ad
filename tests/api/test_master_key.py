"""With another master key than it was begun with, the register doesn't start."""

import json
import os
import subprocess
from base64 import b64encode
from pathlib import Path

import pytest

from infra.settings import PREFIX
from tests.api.serving import PROGRAM, ROOT
from tests.desks import MASTER_KEY

OTHER_KEY = bytes([7]) * 32
LOG = ROOT / "tests" / "data" / "municipal-receipt-log.csv.gz"
IMPORT = ("import", str(LOG), "--mapping", "municipal-receipt-log")


def karguzar(
    conninfo: str, key: bytes, folder: Path, *arguments: str, **settings: str
) -> subprocess.CompletedProcess[str]:
    environ = {name: value for name, value in os.environ.items() if not name.startswith(PREFIX)}
    environ |= {
        "KARGUZAR_DATABASE_URL": conninfo,
        "KARGUZAR_DATA_DIR": str(folder),
        "KARGUZAR_MASTER_KEY": b64encode(key).decode(),
        "KARGUZAR_PORT": "1",
        "COLUMNS": "400",
        **settings,
    }
    return subprocess.run(
        [PROGRAM, *arguments], env=environ, cwd=ROOT, capture_output=True, text=True, check=False
    )


@pytest.fixture
def begun(database: str, tmp_path: Path) -> str:
    """A database that was begun with the tests' master key."""
    assert karguzar(database, MASTER_KEY, tmp_path, "rebuild").returncode == 0
    return database


@pytest.mark.parametrize("arguments", [("serve",), ("demo",), IMPORT], ids=lambda a: a[0])
def test_nothing_starts_with_another_key(
    begun: str, tmp_path: Path, arguments: tuple[str, ...]
) -> None:
    ended = karguzar(begun, OTHER_KEY, tmp_path, *arguments)
    assert ended.returncode == 2, ended.stderr
    assert "KARGUZAR_MASTER_KEY" in ended.stderr
    assert "Traceback" not in ended.stderr


def test_the_doctor_tells_of_it(begun: str, tmp_path: Path) -> None:
    for key, fine in ((MASTER_KEY, True), (OTHER_KEY, False)):
        ended = karguzar(begun, key, tmp_path, "doctor", "--json")
        assert json.loads(ended.stdout)["master key"]["fine"] is fine
