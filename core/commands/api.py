"""Requests to the engine's API for which docker-py has no call: as Python text, and doing them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

import requests

from core.cluster.engine_json import Json
from core.commands.command import Client
from core.commands.source import literal

#: Of a registry: the docker command sends what it has kept of a login, and this keeps nothing.
NO_LOGIN = {"X-Registry-Auth": "e30="}


@dataclass(frozen=True, slots=True)
class Request:
    """One request. path: below the API's version; each name in it is quoted by ``path``.

    params: in the address. body: sent as JSON. data: sent as it is; text_of_data: its Python text.
    """

    method: str
    path: str
    params: Mapping[str, object] = field(default_factory=dict)
    body: object = None
    headers: Mapping[str, str] = field(default_factory=dict)
    data: bytes | Iterable[bytes] | None = None
    text_of_data: str = ""

    def text(self, then: str = "", stream: bool = False) -> str:
        """Python that makes the request, and then does something with its ``answer``."""
        more = {
            "params": literal(dict(self.params)) if self.params else "",
            "json": literal(self.body) if self.body is not None else "",
            "headers": literal(dict(self.headers)) if self.headers else "",
            "data": self.text_of_data,
            "stream": "True" if stream else "",
        }
        lines = [
            f"    {name}={said},".replace("\n", "\n    ") for name, said in more.items() if said
        ]
        at = f'f"{{client.api.base_url}}/v{{client.api.api_version}}{self.path}"'
        return "\n".join(
            [
                "# docker-py has no call for this; its session speaks to the engine's API.",
                f"answer = client.api.{self.method}(",
                f"    {at},",
                *lines,
                ")",
                "answer.raise_for_status()",
                then,
            ]
        ).rstrip()

    def on(self, client: Client, stream: bool = False) -> requests.Response:
        """Make it. Raises docker.errors.APIError."""
        api = client.api
        response: requests.Response = getattr(api, self.method)(
            f"{api.base_url}/v{api.api_version}{self.path}",
            params=dict(self.params),
            json=self.body,
            data=self.data,
            headers=dict(self.headers),
            stream=stream,
            timeout=None if stream else api.timeout,
        )
        api._raise_for_status(response)
        return response

    def json(self, client: Client) -> Any:
        """Its answer, where that is one JSON value."""
        return client.api._result(self.on(client), json=True)

    def messages(self, client: Client) -> Iterator[Json]:
        """Its answer, where that is a stream of JSON, as it comes.

        An error is its last word, and is told when the connection is closed: who hears it hears no
        more.
        """
        error: Json = {}
        with self.on(client, stream=True) as response:
            for message in client.api._stream_helper(response, decode=True):
                if "error" in message:
                    error = message
                else:
                    yield message
        if error:
            yield error


def path(form: str, *names: str) -> str:
    """``path("/images/{}/push", name)``; the slashes of a name stay."""
    return form.format(*(quote(name, safe="/:@", errors="replace") for name in names))


def platform(word: str) -> str:
    """``linux/arm64/v8`` as the API takes it. Raises ValueError in docker's own words."""
    parts = word.split("/")
    if not all(parts) or len(parts) > 3 or not all(map(_plain, parts)):
        raise ValueError(
            f'"{word}" is an invalid component of "{word}": platform specifier component must '
            f'match "^[A-Za-z0-9_.-]+$": invalid argument'
        )
    keys = ("os", "architecture", "variant")
    return json.dumps(dict(zip(keys, parts, strict=False)), separators=(",", ":"))


def _plain(part: str) -> bool:
    return all(sign.isascii() and (sign.isalnum() or sign in "_.-") for sign in part)
