"""What a server makes of figures: the leadership page, reports, and all rows in each format."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from statistics import median

import httpx
import psutil
from msgspec import Struct, field

from api.analytics import MEDIA_TYPES
from application.caller import Role
from domain.report_period import PeriodKind
from infra.view_export import PROGRAM
from tests.api.browsing import csrf_in
from tests.benchmarks.cluster import Cluster, in_process
from tests.benchmarks.figure import Bar, Figure
from tests.benchmarks.load import percentile
from tests.benchmarks.serving import OURS, caught_up, serving, token

PAGE = "/pages/leadership"
LOOKS, PAINTS, WARM_UP = 60, 5, 5
OFFICIAL, UNIT = "auditor", "department"
_PATIENCE = 1_800.0
_MEGABYTE = 1 << 20
_UP_TO_DATE = {
    PeriodKind.MONTHLY: "{year}-{month:02}",
    PeriodKind.QUARTERLY: "{year}-Q{quarter}",
    PeriodKind.ANNUAL: "{year}",
}


class Exported(Struct, frozen=True):
    """``processor`` are the seconds that the exporting process took of one."""

    seconds: float
    processor: float
    megabytes: float
    bytes: int


class Served(Struct):
    """Milliseconds of the page as HTML and to its first paint, seconds of each report."""

    html: list[float] = field(default_factory=list)
    painted: list[float] = field(default_factory=list)
    reports: dict[str, float] = field(default_factory=dict)
    exports: dict[str, Exported] = field(default_factory=dict)


def serve(cluster: Cluster, database: str, *, exported: bool) -> Served:
    """Ask a server of its own; reports and exports where *exported*."""
    served = Served()
    with serving(cluster, OURS, database, "dashboards") as (target, given):
        caught_up(database)
        base = f"http://{target.host}:{target.port}"
        with httpx.Client(base_url=base, timeout=_PATIENCE) as reader:
            _sign_in(reader)
            served.html = [_look(reader) for _ in range(WARM_UP + LOOKS)][WARM_UP:]
            served.painted = in_process(painted, base, dict(reader.cookies))
        if exported:
            bearer = token(given, OFFICIAL, UNIT, [Role.LEADER])
            headers = {"Authorization": f"Bearer {bearer}"}
            with httpx.Client(base_url=base, headers=headers, timeout=_PATIENCE) as leader:
                for kind, written in _UP_TO_DATE.items():
                    served.reports[str(kind)] = _report(leader, kind, written)
                for media_type, form in MEDIA_TYPES.items():
                    served.exports[str(form)] = _export(leader, media_type)
    return served


def over_http(served: dict[int, Served]) -> list[Figure]:
    largest = max(served)
    return [_page(served), _reports(largest, served[largest]), _exports(largest, served[largest])]


def _page(served: dict[int, Served]) -> Figure:
    largest = max(served)
    last = served[largest]
    shown = last.painted or last.html
    what = "to the first paint" if last.painted else "of HTML; no chromium to paint it"
    notes = [
        f"{cases:,} cases: HTML p50 {percentile(each.html, 0.5):.1f} ms, "
        f"p99 {percentile(each.html, 0.99):.1f} ms of {len(each.html)}; "
        f"first paint {', '.join(f'{ms:.0f}' for ms in each.painted) or 'not seen'} ms"
        for cases, each in served.items()
    ]
    return Figure(
        name=f"the leadership's page over HTTP, {largest:,} cases",
        unit=f"ms {what}",
        ours=median(shown),
        bars=[Bar(f"ms {what}", median(shown), 1_000, at_most=True)],
        notes=notes,
        runs={
            f"{cases:,}: {name}": values
            for cases, each in served.items()
            for name, values in (("html", each.html), ("painted", each.painted))
        },
    )


def _reports(cases: int, served: Served) -> Figure:
    return Figure(
        name=f"a report with the year before, {cases:,} cases",
        unit="s a year",
        ours=served.reports[str(PeriodKind.ANNUAL)],
        notes=[f"{kind}: {seconds:.1f} s" for kind, seconds in served.reports.items()],
        runs={kind: [seconds] for kind, seconds in served.reports.items()},
    )


def _exports(cases: int, served: Served) -> Figure:
    slowest = max(served.exports.values(), key=lambda each: each.seconds)
    return Figure(
        name=f"all rows of a view over HTTP, {cases:,} cases",
        unit="s, the slowest format",
        ours=slowest.seconds,
        bars=[
            Bar(f"MB at most, {form}", each.megabytes, 200, at_most=True)
            for form, each in served.exports.items()
        ],
        notes=[
            f"{form}: {each.seconds:.1f} s, {each.processor:.1f} s of a processor in the exporting "
            f"process, {each.megabytes:.0f} MB at most, {each.bytes / 1e6:,.0f} MB long"
            for form, each in served.exports.items()
        ],
        runs={form: [each.seconds] for form, each in served.exports.items()},
    )


def _sign_in(reader: httpx.Client) -> None:
    csrf = csrf_in(reader.get("/sign-in"))
    form = {"csrf": csrf, "official": OFFICIAL, "roles": Role.LEADER.value}
    answer = reader.post("/sign-in", data=form)
    if answer.status_code != httpx.codes.SEE_OTHER:
        raise RuntimeError(f"nobody signed in: {answer.text[:300]}")


def _look(reader: httpx.Client) -> float:
    started = time.perf_counter()
    _good(reader.get(PAGE))
    return (time.perf_counter() - started) * 1000


def painted(base: str, cookies: dict[str, str]) -> list[float]:
    """Milliseconds to the first contentful paint, or none without a browser."""
    from tests.browser.visiting import Visit, browsing, missing  # noqa: PLC0415 - slow to load

    if missing():
        return []
    found = []
    with browsing() as browser:
        for _ in range(1 + PAINTS):
            visit = Visit(browser, base)
            visit.context.add_cookies(
                [{"name": name, "value": value, "url": base} for name, value in cookies.items()]
            )
            visit.open(PAGE)
            found.append(float(visit.painted() or 0))
            visit.close()
    return found[1:]


def _report(leader: httpx.Client, kind: PeriodKind, written: str) -> float:
    today = time.gmtime()
    quarter = (today.tm_mon + 2) // 3
    period = written.format(year=today.tm_year, month=today.tm_mon, quarter=quarter)
    started = time.perf_counter()
    _good(leader.get(f"/api/v1/reports/{kind}", params={"period": period}))
    return time.perf_counter() - started


def _export(leader: httpx.Client, media_type: str) -> Exported:
    size = 0
    started = time.perf_counter()
    with (
        _watched() as seen,
        leader.stream("GET", "/api/v1/analytics/cases", headers={"Accept": media_type}) as answer,
    ):
        if answer.status_code != httpx.codes.OK:
            raise RuntimeError(f"no rows: {answer.read()[:300]!r}")
        for chunk in answer.iter_raw():
            size += len(chunk)
    seconds = time.perf_counter() - started
    return Exported(seconds, seen.processor, seen.peak / _MEGABYTE, size)


class _Seen(Struct):
    """Of the exporting process: the most bytes it had, and its processor's seconds."""

    peak: int = 0
    processor: float = 0.0


@contextmanager
def _watched() -> Iterator[_Seen]:
    """Look at the exporting process ten times a second until the block is left."""
    seen, ended = _Seen(), threading.Event()
    ours = psutil.Process()

    def watch() -> None:
        export: psutil.Process | None = None
        while not ended.wait(0.1):
            with suppress(psutil.Error, OSError):
                export = export or _exporting(ours)
                if export is not None:
                    seen.peak = max(seen.peak, _peak(export))
                    spent = export.cpu_times()
                    seen.processor = spent.user + spent.system

    watching = threading.Thread(target=watch)
    watching.start()
    try:
        yield seen
    finally:
        ended.set()
        watching.join()


def _exporting(ours: psutil.Process) -> psutil.Process | None:
    found = (each for each in ours.children(recursive=True) if PROGRAM[-1] in each.cmdline())
    return next(found, None)


def _peak(process: psutil.Process) -> int:
    status = Path(f"/proc/{process.pid}/status")
    if status.exists():
        for line in status.read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024
    return int(process.memory_info().rss)


def _good(answer: httpx.Response) -> None:
    if answer.status_code != httpx.codes.OK:
        raise RuntimeError(f"{answer.url}: {answer.status_code} {answer.text[:300]}")
