"""Sets a document as PDF: templates and fonts are here, and nothing else of the machine is used."""

import threading
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import typst
from msgspec import json, to_builtins

from infra.typesetting.letters import FONTS, settable

FOLDER = Path(__file__).parent
PDF_STANDARDS: "typst.PDFStandards" = ["a-2u"]

_one_at_a_time = threading.Lock()


class NotSet(Exception):
    """The document could not be set as PDF."""


def as_pdf(template: str, content: Any, at: datetime) -> bytes:
    """The document as PDF/A, made at *at*: the same content gives the same bytes.

    What is in *content* is shown as it stands: nothing in it is read as markup, and what can't be
    set shows as NO_LETTER. Blocks for as long as it takes, one document at a time. Raises NotSet.
    """
    with _one_at_a_time:
        return _compiled(template, content, at, "pdf")


def as_pages(template: str, content: Any, at: datetime) -> list[bytes]:
    """The same as one PNG a page, to look at."""
    with _one_at_a_time:
        pages: Any = _compiled(template, content, at, "png")
        return pages if isinstance(pages, list) else [pages]


def _compiled(template: str, content: Any, at: datetime, form: Any) -> bytes:
    shown = settable(to_builtins(content))
    try:
        return typst.compile(
            FOLDER / f"{template}.typ",
            root=FOLDER,
            format=form,
            ppi=110,
            sys_inputs={"content": json.encode(shown, order="sorted").decode()},
            font_paths=typst.Fonts(
                include_system_fonts=False,
                include_embedded_fonts=False,
                font_paths=[FONTS],
            ),
            ignore_system_fonts=True,
            pdf_standards=PDF_STANDARDS if form == "pdf" else [],
            timestamp=at.astimezone(UTC).replace(microsecond=0),
        )
    except typst.TypstError as error:
        raise NotSet(f"{template}: {error.message}") from None
