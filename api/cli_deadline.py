"""`karguzar deadline`: why a date, which rules there are, and what another term would change."""

from collections.abc import Callable, Sequence
from contextlib import closing
from datetime import date, datetime
from zoneinfo import ZoneInfo

import click
import psycopg
from msgspec import to_builtins
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from api.cli import fail, say_json
from api.cli_register import register
from api.cli_tables import columns_of
from api.composition import make_desk, prepare, terms_in
from api.working import Question, Working, answer_to
from domain.calendar import CalendarMissing
from domain.case import Refusal
from domain.due import Terms
from domain.rule import RuleNotInForce, RuleVersion, RuleWithoutTerm, Unit, UnknownRule
from domain.what_if import REPLAYED_UNITS, NoSuchReplay, Replay, Tally, replay
from infra.calendars import UnknownOrganisation
from infra.calendars.acts import FIRST, LAST
from infra.eventstore import ROLE
from infra.jurisdiction import TIME_ZONES, terms_of
from infra.settings import JURISDICTIONS, Settings
from projections.closed_clocks import answered_cases, count_answered
from projections.deadline_telling import LANGUAGES, tell_length, tell_target, tell_unsure
from projections.history import names_in

_DAY = click.DateTime(formats=["%Y-%m-%d"])
_ASK_A_LAWYER = frozenset({"I", "M"})
_HELP = """Work out a due date by a rule of law, and say why it is that day.

\b
karguzar deadline az-a-gen --from 2025-06-02
karguzar deadline az-a-gen --from 2025-06-02 --extend 30 --decided-on 2025-06-18
karguzar deadline az-i-life --from 2025-01-17T16:00 --language en
karguzar deadline ge-handover --from 2026-04-08T19:00 --json
karguzar deadline az-a-study --from 2025-02-05 --as-known-on 2025-02-14

All options: karguzar deadline RULE --help. No database is needed, but for what-if.
"""
_WHAT_IF_HELP = """Closed cases under another term: how many were late, how many would have been.

Each answer keeps its day, and each term its start, its extensions and its pauses. Working
days are those of today's calendar. A last day that is a rest day moves as the rule says.

\b
karguzar deadline what-if --rule az-a-gen --length 10
karguzar deadline what-if --rule az-a-gen --length 1 --unit calendar-months --json
"""
_RULES = "karguzar deadline rules lists them all."


class _RuleOrCommand(click.Group):
    """What isn't the name of a command is a rule, and its due date is asked for."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        if args and args[0] not in {*self.commands, *ctx.help_option_names}:
            args = [work_out.name or "", *args]
        return super().parse_args(ctx, args)


@click.group(
    cls=_RuleOrCommand,
    help=_HELP,
    subcommand_metavar="RULE --from INSTANT [OPTIONS] | COMMAND",
    options_metavar="",
    no_args_is_help=True,
)
def deadline() -> None:
    """The commands about due dates."""


@deadline.command("of", hidden=True)
@click.argument("rule")
@click.option("--from", "start", required=True, help="The date or instant that the term runs from.")
@click.option(
    "--extend",
    "extensions",
    type=click.IntRange(1, 1000),
    multiple=True,
    help="Extend by so much, in the unit of the rule's extension. May be given again.",
)
@click.option(
    "--decided-on", type=_DAY, help="When the extensions were decided; else on the first day."
)
@click.option(
    "--pause",
    "pauses",
    multiple=True,
    metavar="GROUND:FROM:TO",
    help="The term stands still; TO is the first day that counts again. May be given again.",
)
@click.option("--org", help="Exemptions, week and hours of this organisation.")
@click.option(
    "--jurisdiction",
    type=click.Choice(JURISDICTIONS),
    help="Without it, the one that the rule's id begins with, else that of the settings.",
)
@click.option("--as-known-on", type=_DAY, help="Only acts announced by that day hold.")
@click.option("--language", type=click.Choice(LANGUAGES), default="az", show_default=True)
@click.option("--json", "as_json", is_flag=True, help="Answer as JSON.")
@click.pass_obj
def work_out(  # noqa: PLR0913
    settings: Settings,
    *,
    rule: str,
    start: str,
    extensions: tuple[int, ...],
    decided_on: datetime | None,
    pauses: tuple[str, ...],
    org: str | None,
    jurisdiction: str | None,
    as_known_on: datetime | None,
    language: str,
    as_json: bool,
) -> None:
    """Work out when a term by RULE ends that runs from a date or instant, and say why.

    An instant without an offset is in the jurisdiction's own time.
    """
    question = Question(
        rule=rule,
        start=start,
        extensions=extensions,
        decided_on=decided_on.date() if decided_on else None,
        pauses=pauses,
    )
    jurisdiction = jurisdiction or _jurisdiction_of(rule, settings)
    try:
        terms = _terms(settings, jurisdiction, org, as_known_on.date() if as_known_on else None)
        found = answer_to(question, terms, language)
    except UnknownRule as unknown:
        fail(str(unknown), _RULES)
    except (UnknownOrganisation, RuleWithoutTerm) as unknown:
        fail(f"{unknown}.".replace("..", "."))
    except OverflowError:
        fail("That date can't be reckoned with.")
    except (CalendarMissing, Refusal, RuleNotInForce) as refusal:
        fail(str(refusal), status=1)
    if as_json:
        say_json(to_builtins(found))
    else:
        _show(found, language)


@deadline.command()
@click.option("--jurisdiction", type=click.Choice(JURISDICTIONS), help="Else as in the settings.")
@click.option("--language", type=click.Choice(LANGUAGES), default="az", show_default=True)
@click.option("--json", "as_json", is_flag=True, help="Answer as JSON.")
@click.pass_obj
def rules(settings: Settings, *, jurisdiction: str | None, language: str, as_json: bool) -> None:
    """List the rules: length, extension, source, and how certain they are.

    S statute or official page, P press, SEED a department's own statute, I our inference,
    M from memory. What is I or M has to be confirmed by a lawyer.
    """
    book = _terms(settings, jurisdiction or settings.jurisdiction, None, None).rulebook
    versions = [version for each in book.rules.values() for version in each]
    if as_json:
        say_json(to_builtins(versions))
        return
    table = columns_of("rule", "in force", "length", "extension", "source", "certainty")
    table.columns[0].no_wrap = True
    for version in versions:
        longer = version.extension
        until = f" – {version.valid_to}" if version.valid_to else ""  # noqa: RUF001
        table.add_row(
            version.rule,
            f"{version.valid_from}{until}",
            _length(version, language),
            f"+ {tell_length(longer.length, longer.unit, language)}" if longer else "",
            version.source,
            version.certainty,
        )
    Console().print(table)


@deadline.command("what-if", help=_WHAT_IF_HELP)
@click.option("--rule", required=True, help="The rule whose closed cases are counted again.")
@click.option("--length", type=click.IntRange(1, 1000), required=True, help="The other length.")
@click.option(
    "--unit",
    type=click.Choice([unit.value for unit in REPLAYED_UNITS]),
    help="The other unit, if any.",
)
@click.option("--from", "first", type=_DAY, help="Answers that were due on this day or later.")
@click.option("--to", "last", type=_DAY, help="Answers that were due on this day or earlier.")
@click.option("--by", type=click.Choice(["unit"]), default="unit", show_default=True)
@click.option("--json", "as_json", is_flag=True, help="Answer as JSON.")
@click.pass_obj
def what_if(
    settings: Settings,
    *,
    rule: str,
    length: int,
    unit: str | None,
    first: datetime | None,
    last: datetime | None,
    by: str,  # noqa: ARG001 - the only one so far
    as_json: bool,
) -> None:
    since, until = _day(first, FIRST), _day(last, LAST)
    with register(settings) as conninfo:
        prepare(settings, conninfo)
        with (
            closing(make_desk(settings, conninfo)) as desk,
            psycopg.connect(conninfo, autocommit=True) as conn,
        ):
            conn.execute(f"SET ROLE {ROLE}")
            desk.follow_calendar()
            try:
                counted = replay(desk.terms, rule, length, Unit(unit) if unit else None)
            except UnknownRule as unknown:
                fail(str(unknown), _RULES)
            except (NoSuchReplay, RuleWithoutTerm) as refusal:
                fail(str(refusal))
            names = names_in(conn, ZoneInfo(settings.time_zone))
            progress = Progress(
                TextColumn("Counting closed cases"),
                BarColumn(),
                MofNCompleteColumn(),
                TimeRemainingColumn(),
                console=Console(stderr=True),
                disable=as_json,
            )
            with progress:
                task = progress.add_task("", total=count_answered(conn, since, until))
                cases = answered_cases(conn, desk.event_mapper.read, counted.rule, since, until)
                for case in cases:
                    counted.take(case)
                    progress.advance(task)
    if as_json:
        say_json(_as_json(counted, since, until))
        return
    _show_counts(counted, names.unit)


def _terms(
    settings: Settings, jurisdiction: str, organisation: str | None, as_known_on: date | None
) -> Terms:
    """By the installation's own files where they are for this jurisdiction."""
    if jurisdiction == settings.jurisdiction:
        return terms_in(settings, organisation, as_known_on)
    return terms_of(jurisdiction, organisation=organisation, as_known_on=as_known_on)


def _jurisdiction_of(rule: str, settings: Settings) -> str:
    named = rule.lower().partition("-")[0]
    return named if named in TIME_ZONES else settings.jurisdiction


def _show(found: Working, language: str) -> None:
    console = Console()
    table = columns_of("", f"{found.rule} ({found.jurisdiction})", show_lines=False)
    for number, step in enumerate(found.steps, 1):
        table.add_row(str(number), step.text)
    console.print(table)
    for target in found.targets:
        console.print(tell_target(target.rule, target.due, language), highlight=False)
    if found.certainty in _ASK_A_LAWYER:
        console.print(f"[yellow]{tell_unsure(language)}[/]", highlight=False)
    console.print(f"[bold]{found.text}[/]", highlight=False)


def _length(version: RuleVersion, language: str) -> str:
    return tell_length(version.length, version.unit, language) if version.length else version.unit


def _day(given: datetime | None, otherwise: date) -> date:
    return given.date() if given else otherwise


def _as_json(counted: Replay, since: date, until: date) -> dict[str, object]:
    return {
        "rule": counted.rule,
        "length": counted.length,
        "unit": counted.unit,
        "from": since,
        "to": until,
        "total": to_builtins(counted.total),
        "by_unit": [{"unit": unit, **to_builtins(tally)} for unit, tally in _by_unit(counted)],
        "not_counted": {
            "other_rules": counted.by_other_rules,
            "without_rule": counted.without_rule,
            "without_calendar": counted.without_calendar,
        },
    }


def _by_unit(counted: Replay) -> Sequence[tuple[str | None, Tally]]:
    return sorted(counted.by_unit.items(), key=lambda found: found[0] or "")


def _show_counts(counted: Replay, name_of: Callable[[str], str]) -> None:
    under = tell_length(counted.length, counted.unit, "en")
    table = columns_of(
        "unit",
        "closed cases",
        "late",
        f"late under {under}",
        "newly late",
        "no longer late",
        title=f"{counted.rule} under {under}",
    )
    rows = [(name_of(unit) if unit else "–", tally) for unit, tally in _by_unit(counted)]  # noqa: RUF001
    for name, tally in [*rows, ("all", counted.total)]:
        figures = (
            tally.cases,
            tally.late,
            tally.would_be_late,
            tally.newly_late,
            tally.no_longer_late,
        )
        table.add_row(name, *map(str, figures), end_section=tally is not counted.total)
    console = Console()
    console.print(table)
    for count, why in (
        (counted.by_other_rules, "closed cases ran by other rules"),
        (counted.without_rule, "have a date without a rule and can't be counted again"),
        (counted.without_calendar, "lie in years without a calendar"),
    ):
        if count:
            console.print(f"Not counted: {count} {why}.", highlight=False)
