"""The reader's language, out of those that Karguzar speaks."""

from api.register_state import AppRequest

LANGUAGES = ("az", "en")


def language_of(request: AppRequest) -> str:
    """The first language of Accept-Language that we speak; Azerbaijani without one."""
    accepted = request.headers.get("accept-language", "")
    weighed = []
    for part in accepted.split(","):
        tag, _, quality = part.strip().partition(";q=")
        try:
            weighed.append((float(quality or 1), tag.split("-")[0].lower()))
        except ValueError:
            continue
    for _, language in sorted(weighed, key=lambda pair: -pair[0]):
        if language in LANGUAGES:
            return language
    return LANGUAGES[0]
