"""docker builder: what builds have kept to be faster the next time."""

from __future__ import annotations

from core.cluster.engine_json import count
from core.commands.build import DEPRECATED, is_classic
from core.commands.command import Client, Command, Report, command
from core.commands.grammar import option, options, switch
from core.commands.source import Call, given
from core.commands.streams import Streams
from core.commands.table import size
from core.commands.values import BYTES, FILTER, filters
from core.commands.values import size as bytes_of


@command("builder prune", changes=True, destructive=True)
class PruneBuilds(Command):
    """Remove what builds have kept."""

    all: bool = switch("-a", "--all")
    filter: tuple[str, ...] = options("--filter", value=FILTER)
    force: bool = switch("-f", "--force")
    keep_storage: str = option("--keep-storage", value=BYTES)

    @property
    def warning(self) -> str:
        kept = "all build cache" if self.all else "all dangling build cache"
        return "" if self.force else f"WARNING! This will remove {kept}."

    def _call(self) -> Call:
        kept = bytes_of(self.keep_storage) if self.keep_storage else 0
        chosen = given(filters=filters(self.filter), keep_storage=kept, all=self.all or None)
        return Call("client.api.prune_builds", **chosen)

    def _python(self) -> str:
        return f'print({self._call()}["SpaceReclaimed"])\n'

    def _run(self, client: Client, report: Report) -> str:
        pruned = self._call().on(client)
        ids = pruned.get("CachesDeleted") or ()
        gone = "".join(f"{id}\n" for id in ("Deleted build cache objects:", *ids)) if ids else ""
        lines = f"{gone}\n" if gone else ""
        return f"{lines}Total reclaimed space: {size(count(pruned, 'SpaceReclaimed'), 4)}"

    def _play(self, client: Client, streams: Streams) -> int:
        if is_classic(streams):
            streams.warn(DEPRECATED)
        if self.warning:
            streams.write(f"{self.warning} Are you sure you want to continue? [y/N] ".encode())
            if streams.line().strip() not in ("y", "Y"):
                return 0
        streams.print(self._run(client, lambda progress: None))
        return 0
