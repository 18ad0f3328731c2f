"""docker service update: change a service; its replicas are replaced where the change needs it."""

from __future__ import annotations

from typing import Any

from core.cluster.engine_json import Json
from core.cluster.references import tagged
from core.cluster.snapshot import ClusterSnapshot
from core.commands import service_edits as edit
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
    credential_spec,
    host,
    mount,
    preference,
    reference,
    resources,
    ulimit,
)
from core.commands.command import Client, Report, command
from core.commands.convergence import waited
from core.commands.folder import DEMO, UNREAD, Machine, machine
from core.commands.grammar import argument, option, options, parts, switch
from core.commands.quantities import duration
from core.commands.service_edits import CONTAINER, ENDPOINT, PLACEMENT, TASK
from core.commands.service_flags import (
    RESTART_DEFAULTS,
    UPDATE_DEFAULTS,
    VARIABLE,
    WORDS,
    ServiceFlags,
    held,
    keyed,
    shell_words,
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
)
from core.commands.source import Code
from core.commands.specs import Edit, asks_nothing, holds, update_service, update_service_text
from core.commands.streams import Streams
from core.commands.values import MARK
from core.errors import DockerRefused


@command("service update", changes=True)
class UpdateService(ServiceFlags):
    """Change a service; its replicas are replaced one by one where the change needs it."""

    image: str = option("--image")
    args: str | None = option("--args", value=WORDS, default=None)
    rollback: bool = switch("--rollback")
    force: bool = switch("--force")
    env_add: tuple[str, ...] = options("--env-add", value=VARIABLE)
    env_rm: tuple[str, ...] = options("--env-rm")
    label_add: tuple[str, ...] = options("--label-add", value=MARK)
    label_rm: tuple[str, ...] = options("--label-rm")
    container_label_add: tuple[str, ...] = options("--container-label-add", value=MARK)
    container_label_rm: tuple[str, ...] = options("--container-label-rm")
    publish_add: tuple[str, ...] = options("--publish-add", value=PORT)
    publish_rm: tuple[str, ...] = options("--publish-rm", value=PORT)
    constraint_add: tuple[str, ...] = options("--constraint-add")
    constraint_rm: tuple[str, ...] = options("--constraint-rm")
    placement_pref_add: tuple[str, ...] = options("--placement-pref-add", value=PREFERENCE)
    placement_pref_rm: tuple[str, ...] = options("--placement-pref-rm", value=PREFERENCE)
    mount_add: tuple[str, ...] = options("--mount-add", value=MOUNT)
    mount_rm: tuple[str, ...] = options("--mount-rm")
    network_add: tuple[str, ...] = options("--network-add", value=NETWORK)
    network_rm: tuple[str, ...] = options("--network-rm")
    secret_add: tuple[str, ...] = options("--secret-add", value=SECRET)
    secret_rm: tuple[str, ...] = options("--secret-rm")
    config_add: tuple[str, ...] = options("--config-add", value=CONFIG)
    config_rm: tuple[str, ...] = options("--config-rm")
    group_add: tuple[str, ...] = options("--group-add")
    group_rm: tuple[str, ...] = options("--group-rm")
    dns_add: tuple[str, ...] = options("--dns-add", value=ADDRESS)
    dns_rm: tuple[str, ...] = options("--dns-rm")
    dns_option_add: tuple[str, ...] = options("--dns-option-add")
    dns_option_rm: tuple[str, ...] = options("--dns-option-rm")
    dns_search_add: tuple[str, ...] = options("--dns-search-add")
    dns_search_rm: tuple[str, ...] = options("--dns-search-rm")
    host_add: tuple[str, ...] = options("--host-add", value=HOST)
    host_rm: tuple[str, ...] = options("--host-rm")
    sysctl_add: tuple[str, ...] = options("--sysctl-add")
    sysctl_rm: tuple[str, ...] = options("--sysctl-rm")
    ulimit_add: tuple[str, ...] = options("--ulimit-add", value=ULIMIT)
    ulimit_rm: tuple[str, ...] = options("--ulimit-rm")
    generic_resource_add: tuple[str, ...] = options("--generic-resource-add", value=RESOURCE)
    generic_resource_rm: tuple[str, ...] = options("--generic-resource-rm")
    service: str = argument("SERVICE")

    def _edits(self, image: str, platforms: Platforms, ids: Ids, machine: Machine) -> list[Edit]:
        edits = self._settings(machine)
        if image:
            edits.append(edit.put(CONTAINER, {"Image": image}))
            if not self.no_resolve_image:
                edits.append(edit.put(PLACEMENT, {"Platforms": platform_specs(platforms)}))
        edits += self._lists(ids, machine)
        if self.replicas is not None:
            edits.append(edit.set_replicas(self.replicas))
        return edits + ([edit.force()] if self.force else [])

    def keys(self) -> frozenset[str]:
        """The names of the secrets that its replicas would read besides."""
        return frozenset(reference(word, "secret")["SecretName"] for word in self.secret_add)

    def _settings(self, machine: Machine) -> list[Edit]:
        """What has one value."""
        container = held(
            Args=None if self.args is None else shell_words(self.args),
            Command=None if self.entrypoint is None else shell_words(self.entrypoint),
            Hostname=self.hostname,
            Dir=self.workdir,
            User=self.user,
            Init=self.init,
            StopSignal=self.stop_signal,
            TTY=self.tty,
            ReadOnly=self.read_only,
            StopGracePeriod=None
            if self.stop_grace_period is None
            else duration(self.stop_grace_period),
            Isolation=self.isolation,
            OomScoreAdj=self.oom_score_adj,
        )
        changes: list[tuple[tuple[str, ...], Json | None, Json | None]] = [
            (CONTAINER, container, None),
            ((*TASK, "Resources", "Limits"), self._limits(), None),
            ((*TASK, "Resources", "Reservations"), self._reservations(), None),
            ((*TASK, "Resources"), self._swap(), None),
            ((*TASK, "RestartPolicy"), self._restart(), RESTART_DEFAULTS),
            (PLACEMENT, held(MaxReplicas=self.replicas_max_per_node), None),
            (("UpdateConfig",), self._updates("update"), UPDATE_DEFAULTS),
            (("RollbackConfig",), self._updates("rollback"), UPDATE_DEFAULTS),
            (ENDPOINT, held(Mode=self.endpoint_mode), None),
            (TASK, held(LogDriver=self._log()), None),
        ]
        edits = [
            edit.put(path, changed, defaults) for path, changed, defaults in changes if changed
        ]
        health = self._health()
        if self.health_cmd is not None:
            health["Test"] = ["CMD-SHELL", self.health_cmd] if self.health_cmd else []
        if self.no_healthcheck:
            if health:
                raise DockerRefused("--no-healthcheck conflicts with --health-* options")
            edits.append(edit.put(CONTAINER, {"Healthcheck": {"Test": ["NONE"]}}))
        elif health:
            path = (*CONTAINER, "Healthcheck")
            edits += [edit.forget_none_check(), edit.put(path, health)]
        return edits

    def _lists(self, ids: Ids, machine: Machine) -> list[Edit]:
        """What is added and removed."""
        edits: list[Edit] = []
        path: tuple[str, ...]
        name: Any
        for path, added, removed in (
            (("Labels",), self.label_add, self.label_rm),
            ((*CONTAINER, "Labels"), self.container_label_add, self.container_label_rm),
            ((*CONTAINER, "Sysctls"), self.sysctl_add, self.sysctl_rm),
        ):
            if added or removed:
                edits.append(edit.remap(path, removed, keyed(added)))

        def change(
            path: tuple[str, ...], key: edit.Key, removed: Any, added: Any, order: Any = None
        ) -> None:
            if removed or added:
                edits.append(edit.relist(path, key, removed, added, order))

        env = environment((), self.env_add, machine)
        change((*CONTAINER, "Env"), edit.BEFORE_EQUALS, self.env_rm, env)
        mounts = [mount(word, machine.here) for word in self.mount_add]
        if len({each.get("Target") for each in mounts}) < len(mounts):
            raise DockerRefused("duplicate mount target")
        change((*CONTAINER, "Mounts"), edit.TARGET, self.mount_rm, mounts, edit.MOUNT)
        limits = [ulimit(word) for word in self.ulimit_add]
        change((*CONTAINER, "Ulimits"), edit.NAME, self.ulimit_rm, limits, edit.NAME)
        words = edit.WHOLE
        change((*CONTAINER, "Groups"), words, self.group_rm, self.group_add, words)
        change((*PLACEMENT, "Constraints"), words, self.constraint_rm, self.constraint_add, words)
        for name, added, removed in (
            ("Nameservers", self.dns_add, self.dns_rm),
            ("Search", self.dns_search_add, self.dns_search_rm),
            ("Options", self.dns_option_add, self.dns_option_rm),
        ):
            change((*CONTAINER, "DNSConfig", name), words, removed, added, words)
        spreads = [edit.SPREAD.of(preference(word)) for word in self.placement_pref_rm]
        wishes = [preference(word) for word in self.placement_pref_add]
        change((*PLACEMENT, "Preferences"), edit.SPREAD, spreads, wishes)
        closed = [edit.PORT.of(port) for port in ports_of(self.publish_rm)]
        opened = ports_of(self.publish_add)
        if closed or opened:
            path = (*ENDPOINT, "Ports")
            if closed:
                edits.append(edit.relist(path, edit.PORT, closed))
            edits.append(edit.relist(path, edit.WHOLE, (), opened, edit.PUBLICATION))
        secrets, configs = (
            references(added, kind, ids)
            for kind, added in (("secret", self.secret_add), ("config", self.config_add))
        )
        spec = credential_spec(self.credential_spec or "")
        if name := spec.get("Config"):
            spec["Config"] = ids.named("config", name)
            configs.append({"Runtime": {}, "ConfigID": spec["Config"], "ConfigName": name})
        for path, key, removed, adds in (
            ((*CONTAINER, "Secrets"), edit.SECRET, self.secret_rm, secrets),
            ((*CONTAINER, "Configs"), edit.CONFIG, self.config_rm, configs),
        ):
            if removed or adds:
                edits.append(edit.relist(path, key, removed, adds, replaces=False))
        if self.network_add or self.network_rm:
            gone = [ids.network(name) for name in self.network_rm]
            path = (*TASK, "Networks")
            edits.append(
                edit.relist(path, edit.TARGET, gone, networks(self.network_add, ids), edit.TARGET)
            )
        reserved = resources(self.generic_resource_add)
        if self.generic_resource_rm:
            edits.append(edit.known_resources(self.generic_resource_rm))
        path = (*TASK, "Resources", "Reservations", "GenericResources")
        change(path, edit.RESOURCE, self.generic_resource_rm, reserved)
        if self.host_add or self.host_rm:
            edits.append(edit.hosts(self.host_rm, [host(word) for word in self.host_add]))
        if self.cap_add or self.cap_drop:
            edits.append(edit.rights(self.cap_add, self.cap_drop))
        if self.credential_spec is not None:
            edits.append(edit.put((*CONTAINER, "Privileges"), {"CredentialSpec": spec or None}))
        return edits

    def _python(self) -> str:
        if self.rollback:
            return edit.roll_back_text(self.service)
        ids = WrittenIds()
        image, before = "", ""
        platforms: Platforms = []
        if self.image and self.no_resolve_image:
            image = named(self.image)
        elif self.image:
            image, platforms, before = Code("image"), Code("platforms"), pinned_text(self.image)  # type: ignore[assignment]
        edits = self._edits(image, platforms, ids, UNREAD)
        return before + "".join(ids.prelude) + update_service_text(self.service, edits)

    def _changed(self, client: Client, machine: Machine) -> str:
        """Change it, and return a warning."""
        self._check_api(client)
        if self.rollback:
            kept = ("rollback", "detach", "quiet", "service")
            if any(
                getattr(self, name) != part.default
                for name, part in parts(self).items()
                if name not in kept
            ):
                raise DockerRefused("other flags may not be combined with --rollback")
            edit.roll_back(client, self.service)
            return ""
        client.api.inspect_service(self.service)  # its refusal comes before all others
        image, warning = "", ""
        platforms: Platforms = []
        if self.image:
            image = named(self.image)
            if not self.no_resolve_image:
                image, platforms, warning = pinned(client, self.image)
        edits = self._edits(image, platforms, AskedIds(client), machine)
        update_service(client, self.service, edits)
        return warning

    def _run(self, client: Client, report: Report) -> str:
        self._changed(client, DEMO)
        return self.service

    def _play(self, client: Client, streams: Streams) -> int:
        streams.warn(self._changed(client, machine(streams)))
        streams.print(self.service)
        return 0 if self.detach else waited(client, self.service, streams, self.quiet)

    def is_noop(self, snapshot: ClusterSnapshot) -> bool:
        service = snapshot.service(self.service)
        if service is None:
            return False
        return asks_nothing(
            self,
            "service",
            "detach",
            "quiet",
            image=not self.image or tagged(self.image) == tagged(service.image),
            replicas=self.replicas in (None, service.replicas),
            env_add=holds(service.env, self.env_add),
            env_rm=not set(self.env_rm) & dict(service.env).keys(),
            label_add=holds(service.labels, self.label_add),
            label_rm=not set(self.label_rm) & dict(service.labels).keys(),
        )
