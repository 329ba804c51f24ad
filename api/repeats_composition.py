"""Where the search for repeats is put together: models, words, and what the register has."""

import time
from collections.abc import Callable, Mapping

import psycopg
from msgspec import Struct

from api.composition import kept, make_reader
from application.desk import Desk
from application.matter_rarity import Rarity, rarity_of
from application.repeat_candidates import Models, Surroundings
from infra.blinding import Blinding
from infra.eventstore import ROLE
from infra.repeats.models import matters_model, people_model
from infra.repeats.words import words
from projections.repeat_blocks import commonest
from projections.repeat_candidates import surroundings

_SAMPLE = 5_000
_SECONDS = 10.0
_SAMPLE_SECONDS = 600.0


class Repeats(Struct, frozen=True, kw_only=True):
    """``surroundings`` gives what was last read; ``words`` are those of a language."""

    blinding: Blinding
    models: Models
    surroundings: Callable[[], Surroundings]
    words: Callable[[str], Mapping[str, str]]


def make_repeats(conninfo: str, desk: Desk) -> Repeats:
    """The register's secret is made now, where it has none yet."""
    blinding = make_reader(desk).blinding
    return Repeats(
        blinding=blinding,
        models=Models(people=people_model(), matters=matters_model()),
        surroundings=kept(_Sampled(conninfo, blinding), _SECONDS),
        words=words,
    )


class _Sampled:
    """How many people there are, each time; how rare words are, anew after a while."""

    def __init__(self, conninfo: str, blinding: Blinding) -> None:
        self._conninfo = conninfo
        self._blinding = blinding
        self._rarity: Rarity | None = None
        self._texts = 0
        self._read_at = 0.0

    def __call__(self) -> Surroundings:
        fresh = self._texts == _SAMPLE and time.monotonic() < self._read_at + _SAMPLE_SECONDS
        with psycopg.connect(self._conninfo, autocommit=True) as conn:
            conn.execute(f"SET ROLE {ROLE}")
            people, cards = surroundings(conn, self._blinding, 0 if fresh else _SAMPLE)
            common = commonest(conn)
        if not fresh or self._rarity is None:
            self._rarity, self._texts = rarity_of(cards), len(cards)
            self._read_at = time.monotonic()
        return Surroundings(people=people, rarity=self._rarity, common=common)
