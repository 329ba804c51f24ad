"""What the documents say is there, is there; what they tell to type works."""

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click
import pytest
import yaml  # type: ignore[import-untyped,unused-ignore]

from api.cli import COMMANDS, main
from infra.settings import NAMES, settings_from

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text()
PAGES = [ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").rglob("*.md"))]
ADRS = sorted((ROOT / "docs" / "adr").glob("*.md"))
DEPLOY = ROOT / "infra" / "deploy"
KARGUZAR = Path(sys.executable).with_name("karguzar")

_LINK = re.compile(r"\[[^\]]+\]\(([^)#]+)[^)]*\)")
_CODE = re.compile(r"`([^`\n]+)`")
_BLOCK = re.compile(r"^```sh\n(.*?)^```", re.MULTILINE | re.DOTALL)
_FILE = re.compile(r"^(?:domain|application|projections|api|infra|tests|docs)/[\w./-]+$")


def named(page: Path) -> list[str]:
    """Everything a page puts between backquotes on one line."""
    return _CODE.findall(_BLOCK.sub("", page.read_text()))


def make_targets() -> set[str]:
    found = re.findall(r"^([a-z][a-z-]*):", (ROOT / "Makefile").read_text(), re.MULTILINE)
    return set(found)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page: Path) -> None:
    for link in _LINK.findall(page.read_text()):
        if "://" not in link:
            assert (page.parent / link).exists(), link


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_files_that_are_named_exist(page: Path) -> None:
    for name in named(page):
        if _FILE.match(name):
            assert (ROOT / name).exists(), name


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_commands_that_are_named_exist(page: Path) -> None:
    targets = make_targets()
    for name in [*named(page), *"\n".join(_BLOCK.findall(page.read_text())).splitlines()]:
        words = name.removeprefix(".venv/bin/").split()
        if not words:
            continue
        if words[0] == "make":
            assert words[1] in targets, name
        if words[0] == "karguzar" and len(words) > 1 and not words[1].startswith("-"):
            assert words[1] in COMMANDS, name


def test_the_readme_has_every_command() -> None:
    assert set(re.findall(r"^\| `karguzar (\S+)` ", README, re.MULTILINE)) == set(COMMANDS)
    with click.Context(main) as context:
        assert set(main.list_commands(context)) == set(COMMANDS)
    targets = make_targets() - {"help"}
    assert set(re.findall(r"^\| `make (\S+)` ", README, re.MULTILINE)) == targets


def test_the_readme_has_every_setting_with_its_default(tmp_path: Path) -> None:
    rows = dict(re.findall(r"^\| `(KARGUZAR_\w+)`[ *]*\| (.*?) ?\|", README, re.MULTILINE))
    assert set(rows) == NAMES
    settings = settings_from({"KARGUZAR_DATA_DIR": str(tmp_path)})
    elsewhere = {"KARGUZAR_DATA_DIR", "KARGUZAR_MASTER_KEY"}
    for name in sorted(NAMES - elsewhere):
        said = rows[name]
        if said.startswith("`"):
            is_set = getattr(settings, name.removeprefix("KARGUZAR_").lower())
            assert said == f"`{is_set}`", name


@pytest.mark.parametrize("page", ADRS, ids=lambda page: page.name)
def test_an_adr_has_its_parts_on_one_page(page: Path) -> None:
    text = page.read_text()
    number = int(page.name[:4])
    assert text.startswith(f"# {number}. ")
    assert re.search(r"^\d{4}-\d{2}-\d{2} · (accepted|superseded)", text, re.MULTILINE)
    headings = re.findall(r"^## (.*)", text, re.MULTILINE)
    assert headings == ["Context", "Decision", "What it costs", "When to look again"]
    assert len(text.splitlines()) <= 60


def test_adrs_are_numbered_without_gaps() -> None:
    assert [int(page.name[:4]) for page in ADRS] == list(range(1, len(ADRS) + 1))


def test_the_adr_on_libraries_has_each_of_them() -> None:
    page = (ROOT / "docs/adr/0010-libraries-and-licences.md").read_text().lower()
    for line in (ROOT / "requirements.in").read_text().splitlines():
        if line and not line.startswith("#"):
            library = re.split(r"[\[>< ]", line)[0].lower()
            assert library in page, library


def test_the_compose_file_sets_only_what_there_is() -> None:
    compose: dict[str, Any] = yaml.safe_load((DEPLOY / "compose.yaml").read_text())
    services = compose["services"]
    environment = services["karguzar"]["environment"]
    assert {name for name in environment if name.startswith("KARGUZAR_")} <= NAMES
    assert environment["KARGUZAR_ENVIRONMENT"] == "production"
    for service in services.values():
        assert set(service["secrets"]) <= set(compose["secrets"])
        assert set(service["networks"]) <= set(compose["networks"])
    assert services["database"]["image"].endswith("postgres:18")


def test_the_containerfile_copies_what_there_is() -> None:
    copied = re.findall(
        r"^COPY (?!--)(.+) \S+$", (DEPLOY / "Containerfile").read_text(), re.MULTILINE
    )
    for names in copied:
        for name in names.split():
            assert (ROOT / name).exists(), name


def test_the_example_settings_are_good_with_the_unit(tmp_path: Path) -> None:
    key, jwks = tmp_path / "master.key", tmp_path / "jwks.json"
    key.write_text("AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\n")
    jwks.write_text('{"keys": []}')
    signing = tmp_path / "signing.key"
    signing.write_text("AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\n")
    unit = (DEPLOY / "karguzar.service").read_text()
    credentials = {
        "%d/master.key": str(key),
        "%d/signing.key": str(signing),
        "%d/jwks.json": str(jwks),
        "%S/karguzar/checkpoints": str(tmp_path),
    }
    environ = dict(
        re.findall(r"^(KARGUZAR_\w+)=(.*)$", (DEPLOY / "env.example").read_text(), re.MULTILINE)
    )
    for name, value in re.findall(r"^Environment=(\w+)=(.*)$", unit, re.MULTILINE):
        environ[name] = credentials.get(value, value)
    settings = settings_from(environ)
    assert settings.environment == "production"
    assert settings.proof.signing_key_file == signing
    assert settings.proof.checkpoint_dir == tmp_path
    assert settings.proof.log_origin == environ["KARGUZAR_LOG_ORIGIN"]


def test_the_unit_gives_the_server_time_to_finish() -> None:
    unit = (DEPLOY / "karguzar.service").read_text()
    [drain] = re.findall(
        r"^_DRAIN_SECONDS = (\d+)", (ROOT / "api/serve.py").read_text(), re.MULTILINE
    )
    [stop] = re.findall(r"^TimeoutStopSec=(\d+)", unit, re.MULTILINE)
    assert int(stop) > int(drain)
    assert "KillMode=mixed" in unit


@contextmanager
def serving(environ: dict[str, str], port: int) -> Iterator[None]:
    server = subprocess.Popen([KARGUZAR, "serve"], env=environ, stderr=subprocess.DEVNULL)
    try:
        deadline = time.monotonic() + 60
        while not _answers(f"http://127.0.0.1:{port}/ready"):
            assert server.poll() is None, "the server ended"
            assert time.monotonic() < deadline, "the server isn't ready"
            time.sleep(0.1)
        yield
    finally:
        server.send_signal(signal.SIGTERM)
        server.wait(30)


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=2) as response:  # noqa: S310
            return bool(response.status == 200)
    except OSError:
        return False


def free_port() -> int:
    with socket.socket() as asking:
        asking.bind(("127.0.0.1", 0))
        return int(asking.getsockname()[1])


@pytest.mark.skipif(not (shutil.which("curl") and shutil.which("bash")), reason="needs curl, bash")
def test_what_the_readme_tells_to_type_when_a_citizen_writes_works(
    database: str, tmp_path: Path
) -> None:
    port = free_port()
    environ = {
        **os.environ,
        "KARGUZAR_DATABASE_URL": database,
        "KARGUZAR_DATA_DIR": str(tmp_path),
        "KARGUZAR_PORT": str(port),
    }
    story = README.partition("## When a citizen writes")[2].partition("\n## ")[0]
    script = "\n".join(["set -euo pipefail", *_BLOCK.findall(story)])
    script = script.replace(".venv/bin/karguzar", str(KARGUZAR))
    script = script.replace("127.0.0.1:8000", f"127.0.0.1:{port}")
    with serving(environ, port):
        done = subprocess.run(
            ["bash", "-c", script],  # noqa: S607
            env=environ,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
    assert done.returncode == 0, done.stderr
    answers = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
    refused = [answer for answer in answers if "detail" in answer]
    assert not refused
    told = answers[-1]["entries"]
    assert [entry["event"] for entry in told] == [
        "appeal-registered",
        "appeal-assigned",
        "appeal-accepted",
        "reply-drafted",
        "reply-initialled",
        "reply-signed",
        "appeal-reply-dispatched",
        "appeal-closed",
    ]
    [duties] = [answer["rows"] for answer in answers if "duty" in str(answer.get("rows"))]
    assert [duty["duty"] for duty in duties] == ["do-appeal"]
    assert "The appeal was closed." in done.stdout.splitlines()[-1]
