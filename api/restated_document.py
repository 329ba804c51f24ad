"""What has changed in a report, as tables in the reader's language."""

from collections.abc import Sequence
from datetime import tzinfo

from api.report_document import day_of, in_hours, instant_of, title_of
from api.report_making import RestatedFigure, RestatedReport
from domain.report_definition import METRICS
from domain.report_period import Grain, PeriodKind, ReportPeriod
from infra.reports.document import Column, Form, ReportDocument, Section, Table
from infra.reports.words import Words, words
from projections.report_changes import Counted
from projections.telling import Names


def restated_document(
    found: RestatedReport, names: Names, zone: tzinfo, language: str
) -> ReportDocument:
    """The figures that differ, and the events by which they do."""
    said = words(language)
    texts = said.restated
    title = texts["title"].format(since=found.since)
    facts = (
        (said.facts["unit"], names.unit(found.unit) if found.unit else said.whole),
        (said.facts["position"], str(found.position)),
        (said.facts["known_at"], instant_of(found.known_at, zone, language)),
        (said.facts["definition"], str(found.definition)),
    )
    sections = (
        Section(title=texts["figure"], tables=(_figures(found, names, said, language),)),
        Section(title=texts["events"], tables=(_events(found, names, zone, said, language),)),
    )
    changed = bool(found.figures or found.events)
    return ReportDocument(
        language=language,
        title=title_of(_period(found), said),
        body=title,
        facts=facts,
        closes="" if changed else texts["none"].format(since=found.since),
        differs=(),
        notes=(said.notes["membership"],),
        sections=sections if changed else (),
        recorded_at=found.known_at,
        words=said,
    )


def figure_name(each: RestatedFigure, names: Names, said: Words, language: str) -> str:
    """What a figure is called, with its kind and what it is broken down by."""
    kind = said.kinds[METRICS[each.metric].kind]
    name = f"{kind}: {said.metrics[each.metric.partition('.')[2]]}"
    if each.by:
        value = _value(each.by, each.value, names, said, language)
        name += f" \N{EN DASH} {said.by[each.by]}: {value}"
    return name


def counted(
    one: Counted, others: Sequence[Counted], names: Names, said: Words, language: str
) -> str:
    """An occurrence in words, with all in which it differs from those in its place."""
    name = said.metrics.get(_SAID.get(one.occurrence, one.occurrence), one.occurrence)
    parts = [name, names.unit(one.unit)]
    if one.on_day:
        parts.insert(0, day_of(one.on_day, language))
    if one.outcome:
        parts.append(said.values.get(one.outcome, one.outcome))
    for by in _MORE:
        value = getattr(one, by)
        same = (each for each in others if each.occurrence == one.occurrence)
        if any(getattr(each, by) != value for each in same):
            parts.append(f"{said.by[by]}: {_value(by, value or '', names, said, language)}")
    return ", ".join(parts)


_SAID = {"came-to-unit": "came", "left-unit": "left", "held-ball": "held-minutes"}
_MORE = ("subkind", "official", "channel", "region", "topic", "applicant")


def _period(found: RestatedReport) -> ReportPeriod:
    written = found.period.period
    kind = {"Q": PeriodKind.QUARTERLY, "H": PeriodKind.HALF_YEARLY}.get(
        written[5:6], PeriodKind.MONTHLY if "-" in written else PeriodKind.ANNUAL
    )
    return ReportPeriod.of(kind, written)


def _figures(found: RestatedReport, names: Names, said: Words, language: str) -> Table:
    texts = said.restated
    rows = [
        (
            figure_name(each, names, said, language),
            in_hours(each.metric, each.was),
            in_hours(each.metric, each.now),
        )
        for each in found.figures
    ]
    return Table(
        id="restated-figures",
        title="",
        columns=(
            Column(texts["figure"], Form.TEXT),
            Column(texts["was"], Form.DECIMAL),
            Column(texts["is"], Form.DECIMAL),
        ),
        rows=tuple(rows),
    )


def _events(found: RestatedReport, names: Names, zone: tzinfo, said: Words, language: str) -> Table:
    texts = said.restated
    rows = [
        (
            each.position,
            each.event,
            instant_of(each.recorded_at, zone, language),
            each.number or texts["hidden"],
            *(
                "; ".join(counted(one, others, names, said, language) for one in told) or None
                for told, others in ((each.removed, each.added), (each.added, each.removed))
            ),
        )
        for each in found.events
    ]
    return Table(
        id="restated-events",
        title="",
        columns=(
            Column(texts["position"], Form.COUNT),
            Column(texts["event"], Form.TEXT),
            Column(texts["recorded_at"], Form.TEXT),
            Column(texts["case"], Form.TEXT),
            Column(texts["removed"], Form.TEXT),
            Column(texts["added"], Form.TEXT),
        ),
        rows=tuple(rows),
    )


def _value(by: str, value: str, names: Names, said: Words, language: str) -> str:
    if not value:
        return said.not_given
    if by == "unit":
        return names.unit(value)
    if by == "official":
        return names.official(value)
    if by == Grain.MONTH:
        return said.months[int(value) - 1]
    if by == Grain.DAY:
        return str(int(value))
    if by in ("topic", "region"):
        return names.code(by, value, language)
    return said.values.get(value, value)
