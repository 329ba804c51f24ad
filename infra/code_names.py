"""What a department calls its topics and regions, as the installation's file has it."""

from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Annotated, get_args

from msgspec import DecodeError, Meta, Struct, ValidationError, toml

from infra.organisation import Language

SHIPPED = Path(__file__).parent / "demo" / "names.toml"
"""Those of the demo, for an installation without a file of its own."""
_Code = Annotated[str, Meta(pattern=r"^[a-z0-9][a-z0-9._-]{0,63}$(?!\n)")]
_Name = Annotated[str, Meta(min_length=1, max_length=100, pattern=r"^\S[^\x00-\x1f]*$(?!\n)")]
_Language = Annotated[str, Meta(pattern=rf"^({'|'.join(get_args(Language))})$(?!\n)")]
_Names = Mapping[_Code, Mapping[_Language, _Name]]


class CodeNamesInvalid(Exception):
    """The file with the names of topics and regions can't be used."""


class CodeNames(Struct, frozen=True, forbid_unknown_fields=True):
    """Names by code and language."""

    topic: _Names = {}
    region: _Names = {}

    def name(self, by: str, code: str, language: str) -> str:
        """What the topic or region is called; its code where it has no name in the language."""
        return {"topic": self.topic, "region": self.region}[by].get(code, {}).get(language, code)


@lru_cache(maxsize=4)
def read_code_names(path: Path | None = None) -> CodeNames:
    """The file or the one shipped, read once. Raises CodeNamesInvalid, with a sentence."""
    path = path or SHIPPED
    try:
        return toml.decode(path.read_bytes(), type=CodeNames)
    except (OSError, UnicodeDecodeError, DecodeError, ValidationError) as error:
        raise CodeNamesInvalid(f"{path.name} has no names: {error}.") from None
