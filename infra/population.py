"""How many people live in each region, as the installation's file has it; for rates in reports."""

from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType
from typing import Annotated

from msgspec import DecodeError, Meta, Struct, ValidationError, toml

_Year = Annotated[str, Meta(pattern=r"^(19|20|21)\d\d$(?!\n)")]
_People = Annotated[int, Meta(ge=1, le=2_000_000_000)]
_Region = Annotated[str, Meta(pattern=r"^[a-z0-9][a-z0-9._-]{0,63}$(?!\n)")]


class PopulationInvalid(Exception):
    """The file with the people of the regions can't be used."""


class Population(Struct, frozen=True, forbid_unknown_fields=True):
    """``people`` of a region by the year from whose beginning on they are reckoned.

    A report takes the newest year that isn't after its own: so a year that is added later changes
    no earlier report.
    """

    source: Annotated[str, Meta(min_length=1, max_length=300)]
    people: dict[_Region, dict[_Year, _People]]

    def of(self, year: int) -> Mapping[str, int]:
        """The people of each region that has a number for *year* or one before it."""
        found = {}
        for region, by_year in self.people.items():
            if known := [each for each in by_year if int(each) <= year]:
                found[region] = by_year[max(known)]
        return MappingProxyType(found)


@lru_cache(maxsize=4)
def read_population(path: Path) -> Population:
    """The file, read once. Raises PopulationInvalid, with a sentence."""
    try:
        return toml.decode(path.read_bytes(), type=Population)
    except (OSError, UnicodeDecodeError, DecodeError, ValidationError) as error:
        raise PopulationInvalid(f"{path.name} has no population: {error}.") from None
