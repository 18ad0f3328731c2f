"""docker image history: the layers of an image, and what made them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime

from core.cluster.engine_json import Json, count, text
from core.commands.api import Request, path
from core.commands.command import Client, command
from core.commands.grammar import argument, option, switch
from core.commands.images import platform_of
from core.commands.listing import Column, Listing
from core.commands.source import Call, literal
from core.commands.table import ago, cut, seconds, short, size


def _made(layer: Json) -> str:
    at = layer["Created"]
    when = datetime.fromtimestamp(at if isinstance(at, int | float) else seconds(at), UTC)
    return when.strftime("%Y-%m-%dT%H:%M:%SZ")


def _by(layer: Json) -> str:
    return text(layer, "CreatedBy").replace("\t", " ")


def _since(layer: Json) -> str:
    return ago(layer["Created"]) if layer["human"] else _made(layer)


def _size(layer: Json) -> str:
    bytes = count(layer, "Size")
    return size(bytes) if layer["human"] else str(bytes)


@command("image history", "history", reveals=True)
class ImageHistory(Listing):
    """Show the layers of an image, and the instruction that made each. ENV shows among them."""

    columns = (
        Column("Comment", "COMMENT", lambda layer: text(layer, "Comment")),
        Column("CreatedAt", "CREATED AT", _made),
        Column("CreatedBy", "CREATED BY", lambda layer: cut(_by(layer), 45), _by),
        Column("CreatedSince", "CREATED", _since),
        Column("ID", "IMAGE", lambda layer: short(layer["Id"]), lambda layer: layer["Id"]),
        Column("Size", "SIZE", _size),
    )
    shown = ("ID", "CreatedSince", "CreatedBy", "Size", "Comment")
    kind = "*image.historyContext"
    format: str = option("--format")
    human: bool = switch("--human", "-H", default=True)
    no_trunc: bool = switch("--no-trunc")
    platform: str = option("--platform")
    quiet: bool = switch("--quiet", "-q")
    image: str = argument("IMAGE")

    def _python(self) -> str:
        show = 'print(layer["Size"], layer["CreatedBy"])'
        if self.platform:
            return self._request().text(f"for layer in answer.json():\n    {show}")
        return f"for layer in client.images.get({literal(self.image)}).history():\n    {show}\n"

    def _call(self) -> Call:
        return Call("client.api.history", self.image)

    def _request(self) -> Request:
        chosen = platform_of(self.platform)
        return Request("get", path("/images/{}/history", self.image), chosen)

    def _found(self, client: Client) -> Iterable[Json]:
        found = (self._request().json if self.platform else self._call().on)(client)
        return [layer | {"human": self.human} for layer in found or ()]
