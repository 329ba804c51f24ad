"""A figure: what was measured for us, the peers and the limit, and whether the bar is met."""

from collections.abc import Sequence
from pathlib import Path
from statistics import median

from msgspec import Struct, field, json, to_builtins
from rich.console import Console
from rich.table import Table


class Bar(Struct, frozen=True):
    """``got`` is to be at least, or at most, ``wanted``."""

    says: str
    got: float
    wanted: float
    at_most: bool = False

    @property
    def met(self) -> bool:
        return self.got <= self.wanted if self.at_most else self.got >= self.wanted


class Figure(Struct, frozen=True, kw_only=True):
    """Numbers are medians of the runs, which stand in ``runs`` as they came."""

    name: str
    unit: str
    ours: float
    peers: dict[str, float] = field(default_factory=dict)
    limits: dict[str, float] = field(default_factory=dict)
    bars: Sequence[Bar] = ()
    notes: Sequence[str] = ()
    runs: dict[str, list[float]] = field(default_factory=dict)

    @property
    def met(self) -> bool:
        return all(bar.met for bar in self.bars)


def medians(runs: dict[str, list[float]]) -> dict[str, float]:
    return {name: median(values) for name, values in runs.items()}


def show(figures: Sequence[Figure], console: Console) -> None:
    table = Table(title="Karguzar beside its peers", show_lines=True, title_justify="left")
    for column in ("figure", "ours", "peers (ours ÷ peer)", "limits (ours ÷ limit)", "bar", ""):
        table.add_column(column, justify="right" if column == "ours" else "left")
    for figure in figures:
        table.add_row(
            figure.name,
            f"{_number(figure.ours)} {figure.unit}",
            _beside(figure, figure.peers),
            _beside(figure, figure.limits),
            "\n".join(_bar(bar) for bar in figure.bars),
            "[green]met[/]" if figure.met else "[red]short[/]",
        )
    console.print(table)
    for figure in figures:
        for note in figure.notes:
            console.print(f"[dim]{figure.name}: {note}[/]", highlight=False)


def save(figures: Sequence[Figure], machine: dict[str, object], file: Path) -> None:
    """The same as JSON, with every run."""
    content = {
        "machine": machine,
        "figures": [
            {
                **to_builtins(figure),
                "bars": [{**to_builtins(bar), "met": bar.met} for bar in figure.bars],
                "met": figure.met,
            }
            for figure in figures
        ],
    }
    file.write_bytes(json.format(json.encode(content), indent=2) + b"\n")


def _beside(figure: Figure, others: dict[str, float]) -> str:
    return "\n".join(
        f"{name} {_number(value)} ({figure.ours / value:.2f}x)" for name, value in others.items()
    )


def _bar(bar: Bar) -> str:
    colour = "green" if bar.met else "red"
    sign = "≤" if bar.at_most else "≥"
    return f"[{colour}]{bar.says} {_number(bar.got)} {sign} {_number(bar.wanted)}[/]"


def _number(value: float) -> str:
    if value >= 1_000:
        return f"{value:,.0f}".replace(",", " ")
    return f"{value:.3g}"
