"""The peers check tokens with our own code, so that none is measured for its checking."""

import os

from litestar.middleware import DefineMiddleware

from api.app import Authentication, token_checker
from infra.settings import settings_from


def checking_tokens() -> DefineMiddleware:
    return DefineMiddleware(Authentication, tokens=token_checker(settings_from(os.environ)))
