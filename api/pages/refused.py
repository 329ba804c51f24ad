"""What the pages refuse by themselves."""


class SignInNotSetUp(Exception):
    """Nobody can sign in to the pages here: set KARGUZAR_PAGES_CLIENT_ID and the issuer."""


class SignInNotBegun(Exception):
    """This sign-in was not begun in this browser, or too long ago: begin again."""


class SignInRefused(Exception):
    """The issuer did not sign you in: begin again, or ask its administrator."""


class TokenTooLong(Exception):
    """The issuer's token is too long for a browser to keep: ask its administrator to shorten it."""


class FormNotOurs(Exception):
    """The form is not of this session: open its page again and send it once more."""
