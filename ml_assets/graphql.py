"""Talking with a Dagster webserver: one request, one answer, every trouble in plain words."""

import json
import time
import urllib.error
import urllib.request
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from http.client import HTTPException
from typing import Any

from ml_assets.core.secrets import holds_credential, looks_like_credential
from ml_assets.errors import RefusedError, RemoteError, split_launchpad

ERROR = "... on PythonError { message errorChain { error { message } } }"
TRIES = 3
FOR_A_QUERY = "Check the address, and that it is a Dagster webserver."
FOR_A_MUTATION = "What was asked for may be under way all the same: look at its runs before you ask again."
_REFUSED = "Refused: "


@dataclass(frozen=True, kw_only=True)
class Endpoint:
    """The GraphQL API of one webserver."""

    url: str
    seconds: float = 60.0

    def query(self, text: str, **variables: Any) -> dict[str, Any]:
        """The data of a query; asked again where the network fails, for it changes nothing."""
        for left in reversed(range(TRIES)):
            try:
                return self._data(text, variables, untold=FOR_A_QUERY)
            except RemoteError:  # noqa: PERF203
                if not left:
                    raise
                time.sleep(0.5)
        raise AssertionError

    def mutate(self, text: str, **variables: Any) -> dict[str, Any]:
        """The data of a mutation, sent once."""
        return self._data(text, variables, untold=FOR_A_MUTATION)

    def _data(self, text: str, variables: Mapping[str, Any], *, untold: str) -> dict[str, Any]:
        body = json.dumps({"query": text, "variables": variables}).encode()
        answer = self._answer(body, untold=untold)
        data = answer.get("data") if isinstance(answer, dict) else None
        if not isinstance(data, dict) or answer.get("errors"):
            raise RemoteError(
                f"{self.url} does not understand the request. Is it a Dagster 1.13 webserver that serves ml_assets?"
            )
        return data

    def _answer(self, body: bytes, *, untold: str) -> Any:
        try:
            request = urllib.request.Request(  # noqa: S310  # `endpoint` lets only http and https pass
                f"{self.url}/graphql", data=body, headers={"Content-Type": "application/json"}
            )
            with urllib.request.urlopen(request, timeout=self.seconds) as response:  # noqa: S310
                return json.load(response)
        except urllib.error.HTTPError as error:
            return self._body_of(error)
        except (OSError, ValueError, HTTPException) as error:
            why = getattr(error, "reason", None) or type(error).__name__
            told = "Start it, or check the address." if isinstance(error, urllib.error.URLError) else untold
            raise RemoteError(f"{self.url} cannot be reached ({why}). {told}") from None

    def _body_of(self, error: urllib.error.HTTPError) -> Any:
        """Dagster answers a refused launch with HTTP 500 and an ordinary body."""
        with error:
            try:
                return json.load(error)
            except ValueError:
                raise RemoteError(
                    f"{self.url} answers with HTTP {error.code}. Is it a Dagster webserver?"
                ) from None


def endpoint(url: str) -> Endpoint:
    """The API at that address, `http://127.0.0.1:3000`; RefusedError where it is no such address."""
    if looks_like_credential(url) or holds_credential(url):
        raise RefusedError(["on: looks like a credential. Give the address alone."])
    if not url.startswith(("http://", "https://")):
        raise RefusedError(["on: not an address. Allowed: http://HOST:PORT or https://HOST."])
    return Endpoint(url=url.rstrip("/").removesuffix("/graphql"))


def raise_refusal(error: Mapping[str, Any], *, url: str) -> None:
    """Raise the error that a deployment answered with: our own refusal where one is in Dagster's chain."""
    chain = [error, *(item["error"] for item in error.get("errorChain") or [])]
    for item in chain:
        if text := refusal_in(str(item["message"])):
            said, launch = split_launchpad(text)
            raise RefusedError(
                said.splitlines()[1:], launch=f"{url}{launch}" if launch.startswith("/") else launch
            )
    raise RemoteError(f"{url} refused the launch: {innermost(chain)}")


def refusal_in(message: str) -> str:
    """A refusal of ours in what Dagster tells of an error, from its first word on; "" where it is none.

    Earlier versions, and Dagster where it raises it once more, tell the name of a class before it.
    """
    before, found, text = message.partition(_REFUSED)
    is_ours = found and (not before or before.endswith("Error: "))
    return f"{_REFUSED}{text}".strip() if is_ours else ""


def innermost(chain: Sequence[Mapping[str, Any]]) -> str:
    """The first line of the innermost error of a chain."""
    return (str(chain[-1]["message"]).strip().splitlines() or ["no reason was given"])[0]
