"""docker swarm update, ca, unlock-key and unlock: what settles how a Swarm works."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any

from core.cluster.engine_json import Json, part, text
from core.commands import reference
from core.commands.command import Client, Command, Report, command
from core.commands.convergence import interruptible
from core.commands.display import Display
from core.commands.folder import DEMO, UNREAD, Machine, machine
from core.commands.grammar import option, options, switch
from core.commands.quantities import SPAN, UINT, checked, duration
from core.commands.service_flags import held
from core.commands.source import literal
from core.commands.streams import Streams
from core.commands.values import INTEGER, TEXT, Value, fields, refused
from core.errors import DockerRefused, InvalidCommand
from core.i18n import later as _


def authority(word: str, files: Machine = UNREAD) -> Json:
    """``protocol=cfssl,url=https://…`` in the API's words. Raises InvalidValue."""
    made: Json = {"Options": {}}
    for field in fields(word):
        key, equals, value = field.partition("=")
        if not equals:
            raise refused(f"invalid field '{field}' must be a key=value pair")
        match key:
            case "protocol":
                if value.lower() != "cfssl":
                    raise refused(f"unrecognized external CA protocol {value}")
                made["Protocol"] = "cfssl"
            case "url":
                made["URL"] = value
            case "cacert":
                made["CACert"] = files.read(value).decode(errors="replace")
            case _:
                made["Options"][key] = value
    for key, name in (("Protocol", "protocol"), ("URL", "url")):
        if key not in made:
            raise refused(f"the external-ca option needs a {name}= parameter")
    return made


AUTHORITY = checked("external-ca", authority)


def _maybe(*flags: str, value: Value = TEXT) -> Any:
    return option(*flags, value=value, default=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings(Command):
    """A command that settles how a Swarm works."""

    autolock: bool | None = switch("--autolock", default=None)
    cert_expiry: str | None = _maybe("--cert-expiry", value=SPAN)
    dispatcher_heartbeat: str | None = _maybe("--dispatcher-heartbeat", value=SPAN)
    external_ca: tuple[str, ...] = options("--external-ca", value=AUTHORITY)
    max_snapshots: int | None = _maybe("--max-snapshots", value=UINT)
    snapshot_interval: int | None = _maybe("--snapshot-interval", value=UINT)
    task_history_limit: int | None = _maybe("--task-history-limit", value=INTEGER)

    def spec(self, files: Machine, trust: str = "") -> dict[str, Json]:
        """The parts of the Swarm's spec that the line changes. trust: the root of the CA."""
        return {
            name: changes
            for name, changes in {
                "Orchestration": held(TaskHistoryRetentionLimit=self.task_history_limit),
                "Raft": held(
                    SnapshotInterval=self.snapshot_interval, KeepOldSnapshots=self.max_snapshots
                ),
                "Dispatcher": held(HeartbeatPeriod=_read(self.dispatcher_heartbeat)),
                "CAConfig": ca_config(self.cert_expiry, self.external_ca, files, trust),
                "EncryptionConfig": held(AutoLockManagers=self.autolock),
            }.items()
            if changes
        }


def ca_config(
    expiry: str | None, authorities: tuple[str, ...], files: Machine, trust: str = ""
) -> Json:
    """The settings of certificates that a line has."""
    external = [authority(word, files) | held(CACert=trust or None) for word in authorities]
    return held(NodeCertExpiry=_read(expiry), ExternalCAs=external or None)


def _read(word: str | None) -> int | None:
    return None if word is None else duration(word)


_UPDATE_TEXT = """\
swarm = client.api.inspect_swarm()
spec = swarm["Spec"]
for name, fields in {changes}.items():
    spec[name] = (spec.get(name) or {{}}) | fields
client.api.update_swarm(swarm["Version"]["Index"], swarm_spec=spec)
"""


def _merge(swarm: Json, changes: dict[str, Json]) -> Json:
    """The Swarm's whole spec with these changes."""
    spec = dict(part(swarm, "Spec"))
    for name, changed in changes.items():
        spec[name] = part(spec, name) | changed
    return spec


@command("swarm update", changes=True, reveals=True)  # it shows the unlock key with --autolock
class UpdateSwarm(Settings):
    """Change how the Swarm works: certificates, history, snapshots, the lock of its managers."""

    def _python(self) -> str:
        return _UPDATE_TEXT.format(changes=literal(self.spec(UNREAD)))

    def _update(self, client: Client, files: Machine) -> str:
        swarm = client.api.inspect_swarm()
        spec = _merge(swarm, self.spec(files, text(swarm, "TLSInfo", "TrustRoot")))
        client.api.update_swarm(swarm["Version"]["Index"], swarm_spec=spec)
        locked = part(swarm, "Spec", "EncryptionConfig").get("AutoLockManagers")
        return "Swarm updated.\n" + (unlocking(client) if self.autolock and not locked else "")

    def _run(self, client: Client, report: Report) -> str:
        return self._update(client, DEMO)

    def _play(self, client: Client, streams: Streams) -> int:
        if self == UpdateSwarm():  # docker shows the help then
            streams.print(reference.help_text(self.verb, self.verb))
            return 0
        streams.write(self._update(client, machine(streams)).encode())
        return 0


def unlocking(client: Client) -> str:
    """How to unlock a manager, with the key."""
    key = text(client.api.get_unlock_key() or {}, "UnlockKey")
    return (
        key
        and f"""\
To unlock a swarm manager after it restarts, run the `docker swarm unlock`
command and provide the following key:

    {key}

Remember to store this key in a password manager, since without it you
will not be able to restart the manager.
"""
    )


@command("swarm unlock-key", changes=True, reveals=True)  # it changes with --rotate
class UnlockKey(Command):
    """Show, or renew, the key that a locked manager wants when it has started again."""

    quiet: bool = switch("--quiet", "-q")
    rotate: bool = switch("--rotate")

    def _python(self) -> str:
        rotate = """\
swarm = client.api.inspect_swarm()
client.api.update_swarm(
    swarm["Version"]["Index"], swarm_spec=swarm["Spec"], rotate_manager_unlock_key=True
)
"""
        show = 'print(client.api.get_unlock_key()["UnlockKey"])\n'
        return rotate + show if self.rotate else show

    def _run(self, client: Client, report: Report) -> str:
        news = ""
        if self.rotate:
            swarm = client.api.inspect_swarm()
            if not part(swarm, "Spec", "EncryptionConfig").get("AutoLockManagers"):
                raise DockerRefused("cannot rotate because autolock is not turned on")
            index, spec = swarm["Version"]["Index"], swarm["Spec"]
            client.api.update_swarm(index, swarm_spec=spec, rotate_manager_unlock_key=True)
            news = "" if self.quiet else "Successfully rotated manager unlock key.\n"
        shown = unlocking(client)
        if not shown:
            raise DockerRefused("no unlock key is set")
        if self.quiet:
            return text(client.api.get_unlock_key(), "UnlockKey")
        return (news + shown).removesuffix("\n")


@command("swarm unlock", changes=True)
class UnlockSwarm(Command):
    """Let a locked manager work again: it asks for the key."""

    def _python(self) -> str:
        return "import sys\n\nclient.api.unlock_swarm(sys.stdin.readline().strip())\n"

    def _run(self, client: Client, report: Report) -> str:
        self._wants_key(client)
        sentence = _("There is no keyboard here for {verb}: type it into the console.")
        raise InvalidCommand(sentence, verb=" ".join(self.verb))

    def _wants_key(self, client: Client) -> None:
        state = text(client.api.info(), "Swarm", "LocalNodeState")
        if state == "inactive":
            raise DockerRefused("Error: This node is not part of a swarm")
        if state != "locked":
            raise DockerRefused("Error: swarm is not locked")

    def _play(self, client: Client, streams: Streams) -> int:
        self._wants_key(client)
        if streams.in_is_terminal:
            streams.write(b"Enter unlock key: ")
        key = streams.line().strip()
        if streams.in_is_terminal:
            streams.write(b"\n")
        client.api.unlock_swarm(key)
        return 0


@command("swarm ca", changes=True)  # it changes with --rotate
class SwarmAuthority(Command):
    """Show the root certificate of the Swarm, or renew it."""

    ca_cert: str = option("--ca-cert")
    ca_key: str = option("--ca-key")
    cert_expiry: str | None = _maybe("--cert-expiry", value=SPAN)
    external_ca: tuple[str, ...] = options("--external-ca", value=AUTHORITY)
    rotate: bool = switch("--rotate")
    detach: bool = switch("--detach", "-d")
    quiet: bool = switch("--quiet", "-q")

    def _check(self) -> None:
        """Raise DockerRefused for flags that make no sense together."""
        given = {
            "ca-cert": self.ca_cert,
            "ca-key": self.ca_key,
            "cert-expiry": self.cert_expiry,
            "external-ca": self.external_ca,
        }
        for flag, value in given.items():
            if value and not self.rotate:
                why = f"`--{flag}` flag requires the `--rotate` flag to update the CA"
                raise DockerRefused(why)
        if self.external_ca and not self.ca_cert:
            raise DockerRefused(
                "rotating to an external CA requires the `--ca-cert` flag to specify the external "
                "CA's cert - to add an external CA with the current root CA certificate, use the "
                "`update` command instead"
            )
        if self.ca_cert and not self.external_ca and not self.ca_key:
            raise DockerRefused(
                "the --ca-cert flag requires that a --ca-key flag and/or --external-ca flag be "
                "provided as well"
            )

    def _changes(self, files: Machine) -> Json:
        """The settings of certificates."""
        cert, key = (
            files.read(path).decode(errors="replace") if path else ""
            for path in (self.ca_cert, self.ca_key)
        )
        changes = ca_config(self.cert_expiry, self.external_ca, files, cert)
        return changes | {"SigningCACert": cert, "SigningCAKey": key}

    def _python(self) -> str:
        show = 'print(client.api.inspect_swarm()["TLSInfo"]["TrustRoot"].strip())\n'
        if not self.rotate:
            return show
        forced = "" if self.ca_cert or self.ca_key else _FORCE_TEXT
        return f"""\
swarm = client.api.inspect_swarm()
spec = swarm["Spec"]
spec["CAConfig"] = (spec.get("CAConfig") or {{}}) | {literal(self._changes(UNREAD))}
{forced}client.api.update_swarm(swarm["Version"]["Index"], swarm_spec=spec)
{show}"""

    def _rotated(self, client: Client, files: Machine) -> None:
        """Ask for a new root, where the line does."""
        swarm = client.api.inspect_swarm()
        self._check()
        changes = self._changes(files)
        if self.rotate:
            spec = _merge(swarm, {"CAConfig": changes})
            if not self.ca_cert and not self.ca_key:
                spec["CAConfig"]["ForceRotate"] = spec["CAConfig"].get("ForceRotate", 0) + 1
            client.api.update_swarm(swarm["Version"]["Index"], swarm_spec=spec)

    def _root(self, client: Client) -> str:
        root = text(client.api.inspect_swarm(), "TLSInfo", "TrustRoot").strip()
        if not root:
            raise DockerRefused("No CA information available")
        return root

    def _run(self, client: Client, report: Report) -> str:
        self._rotated(client, DEMO)
        return self._root(client)

    def _play(self, client: Client, streams: Streams) -> int:
        self._rotated(client, machine(streams))
        if self.rotate and self.detach:
            return 0
        if self.rotate:
            self._follow_rotation(client, streams)
        if not (self.rotate and self.quiet):
            streams.print(self._root(client))
        return 0

    def _follow_rotation(self, client: Client, streams: Streams) -> None:
        display = Display(streams, silent=self.quiet)
        certificates, roots = "  rotated TLS certificates", "  rotated CA certificates"
        for id, words in (("desired root digest", ""), (certificates, ""), (roots, " ")):
            display.say(id, words)
        with interruptible(streams) as pressed:
            while not self._shown(client, display, certificates, roots):
                if pressed.wait(_PAUSE):
                    display.tell("Operation continuing in background.")
                    display.tell("Use `swarmctl cluster inspect default` to check progress.")
                    return

    def _shown(self, client: Client, display: Display, certificates: str, roots: str) -> bool:
        """Print how far a rotation is; whether it is done."""
        swarm = client.api.inspect_swarm()
        wanted = part(swarm, "TLSInfo")
        known = [part(node, "Description", "TLSInfo") for node in client.api.nodes() or ()]
        digest = hashlib.sha256(text(wanted, "TrustRoot").encode()).hexdigest()
        display.say("desired root digest", f"sha256:{digest}")
        issuer = ("CertIssuerPublicKey", "CertIssuerSubject")
        right = sum(all(tls.get(key) == wanted.get(key) for key in issuer) for tls in known)
        trusted = sum(tls.get("TrustRoot") == wanted.get("TrustRoot") for tls in known)
        display.say(certificates, "", right, len(known))
        turned = right == len(known) and not swarm.get("RootRotationInProgress")
        display.say(roots, " ", trusted if turned else 0, len(known))
        return turned and trusted == len(known)


_PAUSE = 0.2  # seconds between two looks
_FORCE_TEXT = """\
spec["CAConfig"]["ForceRotate"] = spec["CAConfig"].get("ForceRotate", 0) + 1
"""
