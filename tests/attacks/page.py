"""The page of attacks, docs/audit.md: what the tests carry out and expect."""

from collections.abc import Iterable, Iterator

from tests.attacks import Attack, on_case_files, on_the_log

_BEFORE = """\
# What an auditor can rely on

Made by `python -m tests.attacks > docs/audit.md`; a test fails when it is stale.

Each row is carried out by a test, which expects what the row says: `tests/infra/test_tampering.py`
on PostgreSQL, `tests/api/test_case_file.py` on a case file. How the log is proved:
[ADR 25](adr/0025-the-log-proves-itself.md); what a case file is:
[ADR 29](adr/0029-a-case-file-to-take-away.md).

An auditor needs the register's public key, which its owner hands over once (`karguzar
checkpoint-key`), and the checkpoints from a machine that the register's administrators can't write
to. `karguzar verify` then ends with 0 (sound), 1 (tampered) or 2 (not all could be checked).
"""
_LOG = "## On the log: `karguzar verify`"
_FILES = "## On a case file: `python verify.py case.zip --key …`"
_CAUGHT = "### Caught"
_NOT = "### Not caught, and why"
_HEAD = "| what was done | who could | finding | at | test |\n|---|---|---|---|---|"
_HEAD_NOT = "| what was done | who could | says | why | test |\n|---|---|---|---|---|"


def page() -> str:
    """The page, in Markdown."""
    return "\n".join(
        [
            _BEFORE,
            *_section(_LOG, on_the_log.ATTACKS, "event"),
            *_section(_FILES, on_case_files.ATTACKS, ""),
        ]
    )


def _section(heading: str, attacks: Iterable[Attack], unit: str) -> Iterator[str]:
    caught = [attack for attack in attacks if attack.finds]
    rest = [attack for attack in attacks if not attack.finds]
    yield f"{heading}\n"
    yield f"{_CAUGHT}: {len(caught)}\n"
    yield _HEAD
    for attack in caught:
        at = f"{unit} {attack.position}" if attack.position else ""
        yield _row(attack.done, attack.who, f"`{attack.finds}`", at, f"`{attack.name}`")
    yield f"\n{_NOT}: {len(rest)}\n"
    yield _HEAD_NOT
    for attack in rest:
        yield _row(attack.done, attack.who, attack.result, attack.why, f"`{attack.name}`")
    yield ""


def _row(*cells: str) -> str:
    return f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"
