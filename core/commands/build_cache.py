"""docker builder: what builds have kept to be faster the next time."""

from __future__ import annotations

from collections.abc import Iterable

from core.cluster.engine_json import Json, items
from core.commands.build import DEPRECATED, is_classic
from core.commands.command import Client, command, no_report
from core.commands.grammar import option, options, switch
from core.commands.kinds import Prune
from core.commands.source import Call, given
from core.commands.streams import Streams
from core.commands.values import BYTES, FILTER, filters, size


@command("builder prune", changes=True, destructive=True)
class PruneBuilds(Prune):
    """Remove what builds have kept."""

    things = "build cache objects"
    all: bool = switch("-a", "--all")
    filter: tuple[str, ...] = options("--filter", value=FILTER)
    force: bool = switch("-f", "--force")
    keep_storage: str = option("--keep-storage", value=BYTES)

    def _doomed(self) -> str:
        return "build cache" if self.all else "dangling build cache"

    def _call(self) -> Call:
        chosen = given(
            filters=filters(self.filter),
            keep_storage=size(self.keep_storage) if self.keep_storage else None,
            all=self.all or None,
        )
        return Call("client.api.prune_builds", **chosen)

    def _deleted(self, pruned: Json) -> Iterable[str]:
        return items(pruned, "CachesDeleted")

    def _play(self, client: Client, streams: Streams) -> int:
        if is_classic(streams):
            streams.warn(DEPRECATED)
        if self.warning:  # here docker asks on the same line
            streams.write(f"{self.warning} Are you sure you want to continue? [y/N] ".encode())
            if streams.line().strip() not in ("y", "Y"):
                return 0
        streams.print(self._run(client, no_report))
        return 0
