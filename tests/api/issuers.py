"""A certified OpenID provider in a process of its own, and who signs in with it."""

import json
import shutil
import subprocess
from base64 import urlsafe_b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx

FOLDER = Path(__file__).parents[1] / "oidc"
_SECRET = "only-for-tests"
_BACK = "https://desk.example/back"
_VERIFIER = "the-code-verifier-of-the-tests-is-long-enough-to-be-taken"


def missing() -> str | None:
    """What has to be installed before the provider can run, and how."""
    if not shutil.which("node"):
        return "Node.js 20 or later is missing: install it with npm, then run make test"
    if not (FOLDER / "node_modules" / "oidc-provider").is_dir():
        return "oidc-provider is missing: run make issuer, which needs npm"
    return None


class Issuer:
    """The provider as programs see it: its address and its tokens."""

    def __init__(self, url: str) -> None:
        self.url = url

    def client_token(self, client: str = "call-centre", resource: str = "urn:karguzar") -> str:
        """By client credentials: the program acts as itself."""
        answer = httpx.post(
            f"{self.url}/token",
            auth=(client, _SECRET),
            data={
                "grant_type": "client_credentials",
                "resource": resource,
                "scope": "register",
            },
        )
        return self._token(answer)

    def official_token(self, sub: str, resource: str = "urn:karguzar", **claims: Any) -> str:
        """By authorization code with PKCE, as the reception desk's program gets it."""
        challenge = urlsafe_b64encode(sha256(_VERIFIER.encode()).digest()).decode().rstrip("=")
        with httpx.Client(base_url=self.url) as browser:
            answer = browser.get(
                "/auth",
                params={
                    "client_id": "reception-desk",
                    "response_type": "code",
                    "redirect_uri": _BACK,
                    "scope": "openid register",
                    "resource": resource,
                    "code_challenge": challenge,
                    "code_challenge_method": "S256",
                    "login_hint": json.dumps({"sub": sub, **claims}),
                },
            )
            while not answer.headers["location"].startswith(_BACK):
                answer = browser.get(answer.headers["location"])
                assert answer.is_redirect, answer.text
        (code,) = parse_qs(urlsplit(answer.headers["location"]).query)["code"]
        return self._token(
            httpx.post(
                f"{self.url}/token",
                auth=("reception-desk", _SECRET),
                data={
                    "grant_type": "authorization_code",
                    "code": code,
                    "redirect_uri": _BACK,
                    "code_verifier": _VERIFIER,
                    "resource": resource,
                },
            )
        )

    def rotate(self, *, keep_old: bool) -> None:
        """Sign with new keys; the old ones are published beside them or removed."""
        httpx.get(f"{self.url}/test/rotate", params={"keep": ""} if keep_old else {})

    @staticmethod
    def _token(answer: httpx.Response) -> str:
        assert answer.status_code == 200, answer.text
        return str(answer.json()["access_token"])


@contextmanager
def issuing() -> Iterator[Issuer]:
    """A provider that ends with the block."""
    node = shutil.which("node")
    assert node, missing()
    with subprocess.Popen(
        [node, "issuer.mjs"],
        cwd=FOLDER,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as process:
        assert process.stdin
        assert process.stdout
        try:
            yield Issuer(process.stdout.readline().strip())
        finally:
            process.stdin.close()
            process.wait(10)
