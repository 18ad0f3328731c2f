"""docker container update: change the limits and the restart policy of containers."""

from __future__ import annotations

from core.cluster.engine_json import Json
from core.commands import grammar
from core.commands.api import Request, path
from core.commands.command import Client, Report, command, each
from core.commands.container_request import restart
from core.commands.grammar import arguments, option
from core.commands.kinds import OnEach
from core.commands.quantities import CPUS, UINT, cpus
from core.commands.source import given
from core.commands.streams import Streams
from core.commands.values import BYTES, INTEGER, SWAP, size
from core.errors import DockerRefused


@command("container update", "update", changes=True)
class UpdateContainers(OnEach):
    """Change how much containers may use, and whether they are started again."""

    blkio_weight: int = option("--blkio-weight", value=UINT, default=0)
    cpu_period: int = option("--cpu-period", value=INTEGER, default=0)
    cpu_quota: int = option("--cpu-quota", value=INTEGER, default=0)
    cpu_rt_period: int = option("--cpu-rt-period", value=INTEGER, default=0)
    cpu_rt_runtime: int = option("--cpu-rt-runtime", value=INTEGER, default=0)
    cpu_shares: int = option("-c", "--cpu-shares", value=INTEGER, default=0)
    cpus: str = option("--cpus", value=CPUS)
    cpuset_cpus: str = option("--cpuset-cpus")
    cpuset_mems: str = option("--cpuset-mems")
    memory: str = option("-m", "--memory", value=BYTES)
    memory_reservation: str = option("--memory-reservation", value=BYTES)
    memory_swap: str = option("--memory-swap", value=SWAP)
    kernel_memory: str = option("--kernel-memory", value=BYTES)
    pids_limit: int | None = option("--pids-limit", value=INTEGER, default=None)
    restart: str = option("--restart")
    containers: tuple[str, ...] = arguments("CONTAINER")

    def _settings(self) -> Json:
        """The body of the request. Raises DockerRefused."""

        def number(word: str) -> int | None:
            return (-1 if word == "-1" else size(word)) if word else None

        return given(
            BlkioWeight=self.blkio_weight or None,
            CpuPeriod=self.cpu_period or None,
            CpuQuota=self.cpu_quota or None,
            CpuRealtimePeriod=self.cpu_rt_period or None,
            CpuRealtimeRuntime=self.cpu_rt_runtime or None,
            CpuShares=self.cpu_shares or None,
            NanoCpus=cpus(self.cpus) if self.cpus else None,
            CpusetCpus=self.cpuset_cpus,
            CpusetMems=self.cpuset_mems,
            Memory=number(self.memory),
            MemoryReservation=number(self.memory_reservation),
            MemorySwap=number(self.memory_swap),
            PidsLimit=self.pids_limit,
            RestartPolicy=restart(self.restart),
        )

    def _request(self, name: str) -> Request:
        # docker-py's update_container knows neither cpus nor pids-limit.
        return Request("post", path("/containers/{}/update", name), body=self._settings())

    def _text(self, name: str) -> str:
        return self._request(name).text()

    def _act(self, client: Client, name: str) -> None:
        self._request(name).on(client)

    def _python(self) -> str:
        self._check()
        return OnEach._python(self)

    def _run(self, client: Client, report: Report) -> str:
        self._check()
        return OnEach._run(self, client, report)

    def _check(self) -> None:
        parts = grammar.parts(self)
        if all(
            getattr(self, field) == part.default for field, part in parts.items() if part.is_flag
        ):
            raise DockerRefused("you must provide one or more flags when using this command")
        try:
            self._settings()
        except DockerRefused as error:
            raise DockerRefused(str(error)) from None  # with the exit code of an update

    def _play(self, client: Client, streams: Streams) -> int:
        self._check()
        warned: list[str] = []

        def update(name: str) -> None:
            warned.extend(self._request(name).json(client).get("Warnings") or ())

        streams.print("\n".join((each(self.containers, update), *warned)))
        return 0
