"""The reader's language, out of those that Karguzar speaks."""

from collections.abc import Sequence
from typing import Any

from litestar import Request

LANGUAGES = ("az", "en", "tr", "ka", "ru")
CHOSEN = "language"
"""Where the state of a request holds the language that its reader chose on the pages."""


def language_of(request: Request[Any, Any, Any], spoken: Sequence[str] = LANGUAGES) -> str:
    """The first language of Accept-Language out of *spoken*, whose first is taken without one.

    What the reader of a page chose goes before.
    """
    chosen = request.scope["state"].get(CHOSEN)
    if chosen in spoken:
        return str(chosen)
    accepted = request.headers.get("accept-language", "")
    weighed = []
    for part in accepted.split(","):
        tag, _, quality = part.replace(" ", "").partition(";q=")
        try:
            weighed.append((float(quality or 1), tag.split("-")[0].lower()))
        except ValueError:
            continue
    for weight, language in sorted(weighed, key=lambda pair: -pair[0]):
        if weight > 0 and language in spoken:
            return language
    return spoken[0]
