"""A compose file made into the API's words.

The names, labels and defaults are those of the docker command (docker/cli, cli/compose/convert), so
that each of the two can go on with a stack that the other has deployed.
"""

from __future__ import annotations

import posixpath
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from core.cluster.engine_json import Json
from core.commands.attachments import capabilities
from core.commands.compose import Composed, composed, mapping, wrong
from core.commands.compose_values import (
    health_check,
    hosts,
    listed,
    mode,
    pairs,
    published,
    resources,
    restart_policy,
    scalar,
    shell_words,
    span,
    ulimits,
    update_config,
    volume,
)
from core.commands.folder import UNREAD, Machine
from core.commands.service_specs import env_lines, whole
from core.i18n import later as _

#: Labels by which the docker command knows the services of a stack, and their images.
NAMESPACE = "com.docker.stack.namespace"
IMAGE = "com.docker.stack.image"


@dataclass(frozen=True, slots=True)
class Plan:
    """The parts of a stack, under the names that they have in the Swarm.

    networks: those to create, with docker-py's keywords. external: networks that have to be there.
    secrets, configs: those to create, with the file that each comes from. services: docker-py's
    keywords for create_service, with images not pinned yet; secrets and configs lack their ids.
    """

    networks: dict[str, Json]
    external: tuple[str, ...]
    secrets: dict[str, str]
    configs: dict[str, str]
    services: tuple[Json, ...]


def plan(
    stack: str,
    *texts: str,
    machine: Machine = UNREAD,
    beside: str = "",
    warn: Callable[[str], object] = str,
) -> Plan:
    """Read compose files. Raises InvalidCommand with one sentence on the first thing wrong.

    machine: whose variables are filled in. beside: the folder at which the file's paths start.
    warn: hears what docker says of parts that a Swarm ignores.
    """
    file = composed(texts, machine.environment)
    warn(file.warnings)
    if not file.services:
        raise wrong(_("The compose file has no services."), "no services in the compose file")
    reader = _Reader(stack, file, machine, beside)
    services = tuple(reader.service(name, service) for name, service in file.services.items())
    used = dict.fromkeys(name for service in file.services.values() for name in _networks(service))
    wanted = {name: file.networks.get(name, {}) for name in used}
    secrets, configs = (
        {
            reader.called(name, options): reader.file(f"{kind}.{name}", options)
            for name, options in getattr(file, kind).items()
            if not _external(options)
        }
        for kind in ("secrets", "configs")
    )
    return Plan(
        {reader.called(n, o): reader.network(o) for n, o in wanted.items() if not _external(o)},
        tuple(reader.called(n, o) for n, o in wanted.items() if _external(o)),
        secrets,
        configs,
        services,
    )


def _networks(service: Json) -> list[str]:
    return list(service.get("networks") or ("default",))


def _external(options: Json) -> bool:
    return bool(options.get("external"))


@dataclass(frozen=True, slots=True)
class _Reader:
    """Reads the parts of one file, which refer to one another."""

    stack: str
    composed: Composed
    machine: Machine
    beside: str = field(default="")

    def called(self, name: str, options: Json) -> str:
        """The name in the Swarm: the stack's own are prefixed, those of others are not."""
        external = options.get("external")
        given = external.get("name") if isinstance(external, dict) else ""
        own = name if external else f"{self.stack}_{name}"
        return str(options.get("name") or given or own)

    def network(self, options: Json) -> Json:
        labels = pairs(options.get("labels") or {}, "labels") | {NAMESPACE: self.stack}
        switches = {key: True for key in ("attachable", "internal") if options.get(key)}
        made: Json = {"driver": options.get("driver") or "overlay", "labels": labels, **switches}
        if options.get("driver_opts"):
            made["options"] = pairs(options["driver_opts"], "driver_opts")
        pools = mapping(options.get("ipam") or {}, "ipam")
        if pools:
            subnets = [{"Subnet": pool.get("subnet", "")} for pool in pools.get("config") or ()]
            made["ipam"] = {"Driver": pools.get("driver", "default"), "Config": subnets}
        return made

    def file(self, where: str, options: Json) -> str:
        if not options.get("file"):
            sentence = _("{where} wants file: or external: true.")
            raise wrong(sentence, "open : no such file or directory", where=where)
        return str(options["file"])

    def service(self, name: str, raw: Json) -> Json:
        where = f"services.{name}"
        if not raw.get("image"):
            spoken = f"invalid image reference for service {name}: no image specified"
            sentence = _("{where} wants an image: a Swarm builds none.")
            raise wrong(sentence, spoken, where=where)
        deploy = raw.get("deploy") or {}
        labels = pairs(deploy.get("labels") or {}, f"{where}.deploy.labels")
        opened = [port for each in raw.get("ports") or () for port in published(each, where)]
        opened.sort(key=lambda port: (port.get("PublishedPort", 0), port["TargetPort"]))
        made: Json = {
            "name": f"{self.stack}_{name}",
            "labels": labels | {IMAGE: raw["image"], NAMESPACE: self.stack},
            "mode": mode(deploy, f"{where}.deploy"),
            "task_template": self._task(name, raw, deploy, where),
            "endpoint_spec": whole(
                Mode=str(deploy.get("endpoint_mode") or "").lower(), Ports=opened
            ),
        }
        for key in ("update_config", "rollback_config"):
            if key in deploy:
                made[key] = update_config(deploy[key], f"{where}.deploy.{key}")
        return made

    def _task(self, name: str, raw: Json, deploy: Json, where: str) -> Json:
        placement = mapping(deploy.get("placement") or {}, f"{where}.deploy.placement")
        made: Json = {
            "ContainerSpec": self._container(raw, where),
            "Resources": resources(deploy.get("resources") or {}, f"{where}.deploy.resources"),
        }
        policy = restart_policy(deploy, raw, where)
        made |= {"RestartPolicy": policy} if policy else {}
        made["Placement"] = whole(
            Constraints=list(placement.get("constraints") or ()),
            Preferences=[
                {"Spread": {"SpreadDescriptor": wish.get("spread", "")}}
                for wish in placement.get("preferences") or ()
            ],
            MaxReplicas=placement.get("max_replicas_per_node"),
        )
        made["Networks"] = self._attached(name, raw, where)
        if log := raw.get("logging"):
            options = pairs(log.get("options") or {}, f"{where}.logging.options")
            made["LogDriver"] = whole(Name=log.get("driver"), Options=options)
        return made | {"ForceUpdate": 0}

    def _attached(self, name: str, raw: Json, where: str) -> list[Json]:
        networks, found = raw.get("networks") or ("default",), []
        for network in networks:
            known = self.composed.networks
            if network not in known and network != "default":
                sentence = _("{where}: the file declares no network {name}.")
                spoken = f'service {name}: undefined network "{network}"'
                raise wrong(sentence, spoken, where=where, name=network)
            target = self.called(network, known.get(network, {}))
            options = (networks[network] or {}) if isinstance(networks, dict) else {}
            aliases = list(options.get("aliases") or ())
            if target not in ("host", "bridge", "none"):
                aliases.append(name)
            found.append(
                {"Target": target}
                | whole(Aliases=aliases, DriverOpts=dict(options.get("driver_opts") or {}))
            )
        return sorted(found, key=lambda network: str(network["Target"]))

    def _container(self, raw: Json, where: str) -> Json:
        adds, drops = capabilities(raw.get("cap_add") or (), raw.get("cap_drop") or ())
        init = {"Init": raw["init"]} if isinstance(raw.get("init"), bool) else {}
        dns = whole(Nameservers=listed(raw.get("dns")), Search=listed(raw.get("dns_search")))
        first = whole(
            Image=raw["image"],
            Labels=pairs(raw.get("labels") or {}, f"{where}.labels") | {NAMESPACE: self.stack},
            Command=shell_words(raw.get("entrypoint"), f"{where}.entrypoint"),
            Args=shell_words(raw.get("command"), f"{where}.command"),
            Hostname=raw.get("hostname"),
            Env=self._environment(raw, where),
            Dir=raw.get("working_dir"),
            User=None if raw.get("user") is None else str(raw["user"]),
        )
        grace = raw.get("stop_grace_period")
        return (
            first
            | {"Privileges": {}}
            | init
            | whole(
                StopSignal=raw.get("stop_signal"),
                TTY=raw.get("tty"),
                OpenStdin=raw.get("stdin_open"),
                ReadOnly=raw.get("read_only"),
                Mounts=[self._mount(each, where) for each in raw.get("volumes") or ()],
                StopGracePeriod=None if grace is None else span(grace, f"{where}.stop"),
                Healthcheck=health_check(raw.get("healthcheck"), f"{where}.healthcheck"),
                Hosts=hosts(raw.get("extra_hosts") or ()),
                DNSConfig=dns,
                Secrets=[
                    self._reference(each, "secret", where) for each in raw.get("secrets") or ()
                ],
                Configs=[
                    self._reference(each, "config", where) for each in raw.get("configs") or ()
                ],
                Isolation=raw.get("isolation"),
                Sysctls=pairs(raw.get("sysctls") or {}, f"{where}.sysctls"),
                CapabilityAdd=adds,
                CapabilityDrop=drops,
                Ulimits=ulimits(raw.get("ulimits") or {}),
                OomScoreAdj=raw.get("oom_score_adj"),
            )
        )

    def _environment(self, raw: Json, where: str) -> list[str]:
        known: dict[str, str | None] = {}
        for path in listed(raw.get("env_file")):
            lines = env_lines(path, self.machine.read(self._path(path)).decode(errors="replace"))
            known |= {key: value for key, _eq, value in (line.partition("=") for line in lines)}
        given = raw.get("environment") or {}
        if isinstance(given, list):
            given = {
                key: value if equals else None
                for key, equals, value in (str(each).partition("=") for each in given)
            }
        for key, value in mapping(given, f"{where}.environment").items():
            here = self.machine.environment.get(str(key))
            known[str(key)] = here if value in (None, "") and here is not None else value
        return sorted(k if v is None else f"{k}={scalar(v)}" for k, v in known.items())

    def _path(self, path: str) -> str:
        return path if path.startswith("/") else posixpath.normpath(f"{self.beside}/{path}")

    def _mount(self, raw: Any, where: str) -> Json:
        if isinstance(raw, str):
            raw = volume(raw)
        kind, source = raw.get("type", "volume"), str(raw.get("source") or "")
        made = whole(Target=raw.get("target"), ReadOnly=raw.get("read_only"))
        made |= whole(Consistency=raw.get("consistency"))
        if kind == "bind":
            if not source:
                spoken = 'invalid mount config for type "bind": field Source must not be empty'
                raise wrong(_("{where}: a bind wants a source."), spoken, where=where)
            options = whole(Propagation=(raw.get("bind") or {}).get("propagation"))
            more = {"BindOptions": options} if options else {}
            home = self.machine.environment.get("HOME", "~")
            here = home + source[1:] if source.startswith("~") else self._path(source)
            return {"Type": "bind", "Source": here} | made | more
        if kind == "tmpfs":
            options = whole(SizeBytes=(raw.get("tmpfs") or {}).get("size"))
            return {"Type": "tmpfs"} | made | ({"TmpfsOptions": options} if options else {})
        if not source or kind != "volume":
            return {"Type": kind} | whole(Source=source) | made
        if source not in self.composed.volumes:
            sentence = _("{where}: the file declares no volume {name}.")
            raise wrong(sentence, f'undefined volume "{source}"', where=where, name=source)
        known = self.composed.volumes[source]
        options = whole(NoCopy=(raw.get("volume") or {}).get("nocopy"))
        if not _external(known):
            labels = pairs(known.get("labels") or {}, "labels") | {NAMESPACE: self.stack}
            options["Labels"] = labels
            if known.get("driver") or known.get("driver_opts"):
                settings = pairs(known.get("driver_opts") or {}, "driver_opts")
                options["DriverConfig"] = whole(Name=known.get("driver"), Options=settings)
        return (
            {"Type": "volume", "Source": self.called(source, known)}
            | made
            | {"VolumeOptions": options}
        )

    def _reference(self, raw: Any, kind: str, where: str) -> Json:
        known: dict[str, Json] = getattr(self.composed, f"{kind}s")
        given = {"source": raw} if isinstance(raw, str) else mapping(raw, f"{where}.{kind}s")
        source = given.get("source")
        if source not in known:
            sentence = _("{where}: the file declares no {kind} {name}.")
            service = where.removeprefix("services.")
            spoken = f'service {service}: undefined {kind} "{source}"'
            raise wrong(sentence, spoken, where=where, name=source, kind=kind)
        return {
            "File": {
                "Name": given.get("target") or source,
                "UID": str(given.get("uid", "0")),
                "GID": str(given.get("gid", "0")),
                "Mode": given.get("mode", 0o444),
            },
            f"{kind.capitalize()}Name": self.called(source, known[source]),
        }
