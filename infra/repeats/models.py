"""Reads the shipped models that weigh the evidence of repeats; each is a file with a version."""

from functools import cache
from pathlib import Path

from msgspec import toml

from domain.matter_weights import MatterWeights
from domain.person_weights import PersonWeights

FOLDER = Path(__file__).parent
PEOPLE = "people-2"
MATTERS = "matters-1"


@cache
def people_model(version: str = PEOPLE) -> PersonWeights:
    """The model of people of this version; an older one is read to tell of older decisions."""
    return toml.decode((FOLDER / f"{version}.toml").read_bytes(), type=PersonWeights)


@cache
def matters_model(version: str = MATTERS) -> MatterWeights:
    """The same of matters."""
    return toml.decode((FOLDER / f"{version}.toml").read_bytes(), type=MatterWeights)
