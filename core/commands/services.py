"""docker service: create a service, scale it, change it, put it back, remove it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from core.cluster.engine_json import Json, items
from core.cluster.snapshot import ClusterSnapshot
from core.commands.attachments import (
    ADDRESS,
    CONFIG,
    HOST,
    MOUNT,
    NETWORK,
    PREFERENCE,
    RESOURCE,
    SECRET,
    ULIMIT,
    capabilities,
    credential_spec,
    host,
    mount,
    preference,
    reference,
    resources,
    ulimit,
)
from core.commands.command import Client, Command, Report, command, each, no_report, spoken
from core.commands.convergence import waited, waited_on_each
from core.commands.folder import DEMO, UNREAD, Machine, machine
from core.commands.grammar import argument, arguments, option, options, rest, switch
from core.commands.kinds import OnEach
from core.commands.quantities import duration
from core.commands.service_edits import roll_back, roll_back_text, scale
from core.commands.service_flags import (
    RESTART_DEFAULTS,
    VARIABLE,
    ServiceFlags,
    keyed,
    shell_words,
    update_config,
)
from core.commands.service_ports import PORT, ports_of
from core.commands.service_specs import (
    AskedIds,
    Ids,
    Platforms,
    WrittenIds,
    environment,
    named,
    networks,
    pinned,
    pinned_text,
    platform_specs,
    references,
    whole,
)
from core.commands.service_updates import UpdateService as UpdateService
from core.commands.source import Call, Code
from core.commands.specs import update_service, update_service_text
from core.commands.streams import Streams
from core.commands.values import MARK, REPLICAS
from core.errors import DockerRefused, EngineRejected, InvalidCommand
from core.i18n import later as _

_NOT_REPLICATED = _("replicas can only be used with replicated or replicated-job mode")
_NO_JOB = _("max-concurrent can only be used with replicated-job mode")
_NO_MOST = _("replicas-max-per-node can only be used with replicated or replicated-job mode")
_JOB = _("update and rollback configuration is not supported for jobs")
_MODE = _("unknown mode: {mode}, only replicated and global supported")


@command("service create", changes=True)
class CreateService(ServiceFlags):
    """Ask the Swarm to keep replicas of an image running."""

    name: str = option("--name", rank=-2)
    mode: str = option("--mode", default="replicated")
    label: tuple[str, ...] = options("--label", "-l", value=MARK)
    container_label: tuple[str, ...] = options("--container-label", value=MARK)
    publish: tuple[str, ...] = options("-p", "--publish", value=PORT)
    env: tuple[str, ...] = options("--env", "-e", value=VARIABLE)
    env_file: tuple[str, ...] = options("--env-file")
    mount: tuple[str, ...] = options("--mount", value=MOUNT)
    network: tuple[str, ...] = options("--network", value=NETWORK)
    secret: tuple[str, ...] = options("--secret", value=SECRET)
    config: tuple[str, ...] = options("--config", value=CONFIG)
    constraint: tuple[str, ...] = options("--constraint")
    placement_pref: tuple[str, ...] = options("--placement-pref", value=PREFERENCE)
    group: tuple[str, ...] = options("--group")
    dns: tuple[str, ...] = options("--dns", value=ADDRESS)
    dns_option: tuple[str, ...] = options("--dns-option")
    dns_search: tuple[str, ...] = options("--dns-search")
    host: tuple[str, ...] = options("--host", value=HOST)
    sysctl: tuple[str, ...] = options("--sysctl")
    ulimit: tuple[str, ...] = options("--ulimit", value=ULIMIT)
    generic_resource: tuple[str, ...] = options("--generic-resource", value=RESOURCE)
    image: str = argument("IMAGE")
    args: tuple[str, ...] = rest("COMMAND")

    def __post_init__(self) -> None:
        Command.__post_init__(self)
        job = self.mode.endswith("-job")
        if self.mode not in ("replicated", "global", "replicated-job", "global-job"):
            raise InvalidCommand(_MODE, mode=self.mode)
        if self.mode.startswith("global") and self.replicas is not None:
            raise InvalidCommand(_NOT_REPLICATED)
        if self.mode.startswith("global") and self.replicas_max_per_node:
            raise InvalidCommand(_NO_MOST)
        if self.mode != "replicated-job" and self.max_concurrent is not None:
            raise InvalidCommand(_NO_JOB)
        if job and (self._updates("update") or self._updates("rollback")):
            raise InvalidCommand(_JOB)

    def _call(self, image: str, platforms: Any, ids: Ids, machine: Machine) -> Call:
        task = whole(
            ContainerSpec=self._container(image, ids, machine),
            Resources={
                "Limits": whole(**self._limits()),
                "Reservations": whole(
                    **self._reservations(),
                    GenericResources=resources(self.generic_resource),
                ),
            }
            | self._swap(),
            RestartPolicy=self._restart() and RESTART_DEFAULTS | self._restart(),
        )
        task["Placement"] = whole(
            Constraints=list(self.constraint),
            Preferences=[preference(word) for word in self.placement_pref],
            MaxReplicas=self.replicas_max_per_node,
            Platforms=platforms and platform_specs(platforms),
        )
        task |= whole(Networks=networks(self.network, ids), LogDriver=self._log())
        named = {"task_template": task | {"ForceUpdate": 0}, "name": self.name}
        configs = {
            f"{kind}_config": update_config(self._updates(kind))
            for kind in ("update", "rollback")
            if self._updates(kind)
        }
        endpoint: Json = {"Mode": (self.endpoint_mode or "vip").lower()}
        endpoint |= whole(Ports=ports_of(self.publish))
        return Call(
            "client.api.create_service",
            **named,
            labels=keyed(self.label),
            mode=self._mode(),
            **configs,
            endpoint_spec=endpoint,
        )

    def keys(self) -> frozenset[str]:
        """The names of the secrets that its replicas would read."""
        return frozenset(reference(word, "secret")["SecretName"] for word in self.secret)

    def _mode(self) -> Json:
        """The replicas and how they are kept, in the API's words."""
        match self.mode:
            case "global":
                return {"Global": {}}
            case "global-job":
                return {"GlobalJob": {}}
            case "replicated-job":
                most = self.replicas if self.max_concurrent is None else self.max_concurrent
                counts = {"MaxConcurrent": most, "TotalCompletions": self.replicas}
                known = {key: count for key, count in counts.items() if count is not None}
                return {"ReplicatedJob": known}
        return {"Replicated": {} if self.replicas is None else {"Replicas": self.replicas}}

    def _container(self, image: str, ids: Ids, machine: Machine) -> Json:
        adds, drops = capabilities(self.cap_add, self.cap_drop)
        health = self._health()
        if self.health_cmd:
            health = {"Test": ["CMD-SHELL", self.health_cmd]} | health
        if self.no_healthcheck:
            if any(health.values()):
                raise DockerRefused("--no-healthcheck conflicts with --health-* options")
            health = {"Test": ["NONE"]}
        privileges = {}
        configs = references(self.config, "config", ids)
        if self.credential_spec:
            spec = credential_spec(self.credential_spec)
            if "Config" in spec:
                id = ids.named("config", spec["Config"])
                configs.append({"Runtime": {}, "ConfigID": id, "ConfigName": spec["Config"]})
                spec = {"Config": id}
            privileges = {"CredentialSpec": spec}
        first = whole(
            Image=image,
            Labels=keyed(self.container_label),
            Command=shell_words(self.entrypoint or ""),
            Args=list(self.args),
            Hostname=self.hostname,
            Env=environment(self.env_file, self.env, machine),
            Dir=self.workdir,
            User=self.user,
            Groups=list(self.group),
            Privileges=privileges,
        )
        return (
            first
            | {"Init": bool(self.init)}
            | whole(
                StopSignal=self.stop_signal,
                TTY=self.tty,
                ReadOnly=self.read_only,
                Mounts=[mount(word, machine.here) for word in self.mount],
            )
            | (
                {"StopGracePeriod": duration(self.stop_grace_period)}
                if self.stop_grace_period is not None
                else {}
            )
            | whole(Healthcheck=whole(**health), Hosts=[host(word) for word in self.host])
            | {
                "DNSConfig": whole(
                    Nameservers=list(self.dns),
                    Search=list(self.dns_search),
                    Options=list(self.dns_option),
                )
            }
            | whole(
                Secrets=references(self.secret, "secret", ids),
                Configs=configs,
                Isolation=self.isolation,
                Sysctls=keyed(self.sysctl),
                CapabilityAdd=adds,
                CapabilityDrop=drops,
                Ulimits=[ulimit(word) for word in self.ulimit],
                OomScoreAdj=self.oom_score_adj,
            )
        )

    def _python(self) -> str:
        ids = WrittenIds()
        image, before = Code("image"), pinned_text(self.image)
        platforms: Any = Code("platforms")
        if self.no_resolve_image:
            image, before, platforms = named(self.image), "", []  # type: ignore[assignment]
        call = self._call(image, platforms, ids, UNREAD)
        if self.env_file:
            before += "# docker-py reads no --env-file: its variables belong into Env.\n"
        return f'{before}{"".join(ids.prelude)}service = {call}\nprint(service["ID"])\n'

    def _made(self, client: Client, machine: Machine) -> tuple[Json, str]:
        """The engine's answer, and a warning."""
        self._check_api(client)
        image, warning = named(self.image), ""
        platforms: Platforms = []
        if not self.no_resolve_image:
            image, platforms, warning = pinned(client, self.image)
        made: Json = self._call(image, platforms, AskedIds(client), machine).on(client)
        return made, "\n".join([*items(made, "Warnings"), *filter(None, [warning])])

    def _run(self, client: Client, report: Report) -> str:
        return str(self._made(client, DEMO)[0]["ID"])

    def _play(self, client: Client, streams: Streams) -> int:
        made, warning = self._made(client, machine(streams))
        streams.warn(warning)
        streams.print(made["ID"])
        return 0 if self.detach else waited(client, made["ID"], streams, self.quiet)


@command("service scale", changes=True)
class ScaleServices(Command):
    """Change how many replicas services keep. Those that run go on running."""

    detach: bool = switch("--detach", "-d")
    replicas: tuple[tuple[str, int], ...] = arguments("SERVICE=REPLICAS", value=REPLICAS)

    def _python(self) -> str:
        return "\n".join(
            update_service_text(name, [scale(name, count)]) for name, count in self.replicas
        )

    def _scaled(self, client: Client, told: Callable[[str, str], None]) -> str:
        wanted = dict(self.replicas)

        def act(name: str) -> str:
            update_service(client, name, [scale(name, wanted[name])])
            told(name, said := f"{name} scaled to {wanted[name]}")
            return said

        return each(wanted, act)

    def _run(self, client: Client, report: Report) -> str:
        return self._scaled(client, lambda name, said: None)

    def _play(self, client: Client, streams: Streams) -> int:
        scaled: list[str] = []

        def told(name: str, said: str) -> None:
            streams.print(said)
            scaled.append(name)

        wrong = []
        for name, count in self.replicas:
            one = ScaleServices(replicas=((name, count),))
            try:
                one._scaled(client, told)
            except (EngineRejected, InvalidCommand) as refused:
                words = spoken(refused)
                wrong.append(words if words.startswith(f"{name}: ") else f"{name}: {words}")
        if not self.detach:
            wrong += waited_on_each(client, scaled, streams)
        if wrong:
            raise DockerRefused("\n".join(wrong))
        return 0

    def is_noop(self, snapshot: ClusterSnapshot) -> bool:
        found = [(snapshot.service(name), count) for name, count in self.replicas]
        return all(service and service.replicas == count for service, count in found)


@command("service rollback", changes=True)
class RollbackService(Command):
    """Put back the spec that a service had before its last change, a scale included."""

    detach: bool = switch("--detach", "-d")
    quiet: bool = switch("--quiet", "-q")
    service: str = argument("SERVICE")

    def _python(self) -> str:
        return roll_back_text(self.service)

    def _run(self, client: Client, report: Report) -> str:
        roll_back(client, self.service)
        return self.service

    def _play(self, client: Client, streams: Streams) -> int:
        streams.print(self._run(client, no_report))
        return 0 if self.detach else waited(client, self.service, streams, self.quiet)


@command("service rm", "service remove", changes=True, destructive=True)
class RemoveServices(OnEach):
    """Remove services with all their tasks."""

    method = "api.remove_service"
    services: tuple[str, ...] = arguments("SERVICE")
