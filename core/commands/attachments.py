"""What a service is given from elsewhere: mounts, networks, secrets, configs, limits.

Each is one word of the line, with commas between its fields; the refusals are docker's own.
"""

from __future__ import annotations

import ipaddress
import posixpath
import re
from collections.abc import Iterable

from core.cluster.engine_json import Json
from core.commands.quantities import checked, go_integer
from core.commands.values import FALSE, TRUE, Value, fields, refused, size
from core.errors import DockerRefused

#: Fields of a mount that need no value.
_ALONE = ("readonly", "ro", "volume-nocopy", "bind-nonrecursive", "bind-create-src")
_LONG = re.compile(r"\w=\w")  # somewhere: docker's own \w+=\w+ takes long to find none


def _pair(
    field: str, words: str = "invalid field '{}' must be a key=value pair"
) -> tuple[str, str]:
    key, equals, value = field.partition("=")
    if not equals or not key:
        raise refused(words.format(field))
    return key, value


def mount(word: str, here: str = "") -> Json:
    """``type=volume,source=data,target=/data`` in the API's words.

    here: the folder that a relative source starts at. Raises InvalidValue.
    """
    made: Json = {"Type": "volume"}
    kinds: dict[str, Json] = {}

    def of(kind: str) -> Json:
        return kinds.setdefault(kind, {})

    for field in fields(word):
        key, equals, value = field.partition("=")
        if not equals and key not in _ALONE:
            raise refused(f"invalid field '{field}' must be a key=value pair")
        match key:
            case "type":
                made["Type"] = value.lower()
            case "source" | "src":
                relative = value == "." or value.startswith("./")
                made["Source"] = posixpath.normpath(f"{here}/{value}") if relative else value
            case "target" | "dst" | "destination":
                made["Target"] = value
            case "readonly" | "ro":
                made["ReadOnly"] = _truth(key, value, equals)
            case "consistency":
                made["Consistency"] = value.lower()
            case "bind-propagation":
                of("Bind")["Propagation"] = value.lower()
            case "bind-recursive":
                _recursive(of("Bind"), value)
            case "bind-nonrecursive":
                raise refused(f"{key} is deprecated, use bind-recursive=disabled instead")
            case "bind-create-src":
                of("Bind")["CreateMountpoint"] = _truth(key, value, equals)
            case "volume-subpath":
                of("Volume")["Subpath"] = value
            case "volume-nocopy":
                of("Volume")["NoCopy"] = _truth(key, value, equals)
            case "volume-label":
                of("Volume").setdefault("Labels", {}).update(_entry(value))
            case "volume-driver":
                of("Volume").setdefault("DriverConfig", {})["Name"] = value
            case "volume-opt":
                driver = of("Volume").setdefault("DriverConfig", {})
                driver.setdefault("Options", {}).update(_entry(value))
            case "image-subpath":
                of("Image")["Subpath"] = value
            case "tmpfs-size":
                of("Tmpfs")["SizeBytes"] = _tmpfs(key, value, size)
            case "tmpfs-mode":
                of("Tmpfs")["Mode"] = _tmpfs(key, value, lambda text: int(text, 8))
            case _:
                raise refused(f"unexpected key '{key}' in '{field}'")
    for kind in kinds:
        if made["Type"] != kind.lower():
            words = f"cannot mix '{kind.lower()}-*' options with mount type '{made['Type']}'"
            raise refused(words)
    if "Volume" in kinds:
        given: Json = {"Labels": {}, "DriverConfig": {}} | kinds["Volume"]
        order = ("NoCopy", "Labels", "Subpath", "DriverConfig")
        kinds["Volume"] = {name: given[name] for name in order if name in given}
    words = "option 'bind-recursive={}' requires '{}' to be specified in conjunction"
    bind = kinds.get("Bind", {})
    if bind.get("ReadOnlyNonRecursive") and not made.get("ReadOnly"):
        raise refused(words.format("writable", "readonly"))
    if bind.get("ReadOnlyForceRecursive"):
        if not made.get("ReadOnly"):
            raise refused(words.format("readonly", "readonly"))
        if bind.get("Propagation") != "rprivate":
            raise refused(words.format("readonly", "bind-propagation=rprivate"))
    names = ("Type", "Source", "Target", "ReadOnly", "Consistency")
    ordered = {name: made[name] for name in names if made.get(name)}
    return ordered | {f"{kind}Options": options for kind, options in kinds.items()}


def settings(word: str) -> str:
    """The end of a mount's word that may hold a password: its first option for a driver, and on."""
    return word.partition("volume-opt=")[2]


def _truth(key: str, value: str, equals: str) -> bool:
    if equals and value not in TRUE | FALSE:
        raise refused(f"invalid value for {key}: {value}")
    return not equals or value in TRUE


def _recursive(bind: Json, value: str) -> None:
    match value:
        case "enabled":
            pass
        case "disabled":
            bind["NonRecursive"] = True
        case "writable":
            bind["ReadOnlyNonRecursive"] = True
        case "readonly":
            bind["ReadOnlyForceRecursive"] = True
        case _:
            raise refused(
                f'invalid value for bind-recursive: {value} (must be "enabled", "disabled", '
                '"writable", or "readonly")'
            )


def _entry(text: str) -> dict[str, str]:
    key, _equals, value = text.partition("=")
    return {key: value} if key else {}


def _tmpfs(key: str, value: str, read: object) -> int:
    try:
        return int(read(value))  # type: ignore[operator]
    except ValueError:
        raise refused(f"invalid value for {key}: {value}") from None


def network(word: str) -> Json:
    """``backend`` or ``name=backend,alias=db``; Target is still a name. Raises InvalidValue."""
    if not _LONG.search(word):
        return {"Target": word}
    made: Json = {"Target": "", "Aliases": []}
    for field in fields(word):
        key, value = (part.strip() for part in _pair(field, "invalid field {}"))
        match key:
            case "name":
                made["Target"] = value
            case "alias":
                made["Aliases"].append(value)
            case "driver-opt":
                option, equals, setting = value.partition("=")
                if not equals or not option:
                    raise refused("invalid key value pair format in driver options")
                made.setdefault("DriverOpts", {})[option.strip()] = setting.strip()
            case "ip" | "ip6" | "mac-address" | "link-local-ip" | "gw-priority":
                pass  # of containers alone
            case _:
                raise refused(f"invalid field key {key}")
    if not made["Target"]:
        raise refused("network name/id is not specified")
    return {key: value for key, value in made.items() if value}


def reference(word: str, kind: str) -> Json:
    """A secret or config: ``source=key,target=/k,mode=0400``; its id is still missing.

    kind: secret or config. Raises InvalidValue.
    """
    found = fields(word)
    name = f"{kind.capitalize()}Name"
    file: Json = {"Name": "", "UID": "0", "GID": "0", "Mode": 0o444}
    source = ""
    if len(found) == 1 and "=" not in found[0]:
        return {"File": file | {"Name": found[0]}, name: found[0]}
    for field in found:
        key, value = _pair(field)
        match key.lower():
            case "source" | "src":
                source = value
            case "target":
                file["Name"] = value
            case "uid" | "gid":
                file[key.upper()] = value
            case "mode":
                try:
                    file["Mode"] = go_integer(value)
                except ValueError:
                    why = f'strconv.ParseUint: parsing "{value}": invalid syntax'
                    raise refused(f"invalid mode specified: {why}") from None
            case _:
                raise refused(f"invalid field in {kind} request: {key}")
    if not source:
        raise refused("source is required")
    file["Name"] = file["Name"] or source
    return {"File": file, name: source}


def preference(word: str) -> Json:
    """``spread=node.labels.rack``. Raises InvalidValue."""
    strategy, equals, descriptor = word.partition("=")
    if not equals or not strategy:
        raise refused('placement preference must be of the format "<strategy>=<arg>"')
    if strategy != "spread":
        raise refused(f"unsupported placement preference {strategy} (only spread is supported)")
    return {"Spread": {"SpreadDescriptor": descriptor}}


def ulimit(word: str) -> Json:
    """``nofile=1024:2048`` (docker/go-units, ulimit.go). Raises InvalidValue."""
    name, equals, limits = word.partition("=")
    if not equals:
        raise refused(f"invalid ulimit argument: {word}")
    if name not in _ULIMITS:
        raise refused(f"invalid ulimit type: {name}")
    numbers = []
    for text in limits.split(":"):
        if not re.fullmatch(r"[+-]?[0-9]+", text):
            raise refused(f'strconv.ParseInt: parsing "{text}": invalid syntax')
        numbers.append(int(text))
    if len(numbers) > 2:
        raise refused(
            f"too many limit value arguments - {limits}, can only have up to two, `soft[:hard]`"
        )
    soft, hard = numbers[0], numbers[-1]
    if hard != -1 and (soft == -1 or soft > hard):
        both = f"soft: -1 (unlimited), hard: {hard}" if soft == -1 else f"{soft} > {hard}"
        raise refused(f"ulimit soft limit must be less than or equal to hard limit: {both}")
    return {"Name": name, "Hard": hard, "Soft": soft}


_ULIMITS = {
    "core", "cpu", "data", "fsize", "locks", "memlock", "msgqueue", "nice", "nofile", "nproc",
    "rss", "rtprio", "rttime", "sigpending", "stack",
}  # fmt: skip


def _resource(word: str) -> str:
    if "=" not in word:
        raise refused(f"invalid generic-resource format `{word}` expected `name=value`")
    return word


def resources(words: Iterable[str]) -> list[Json]:
    """``SSD=1``: numbers of things that nodes say they have.

    Raises DockerRefused, in the words of swarmkit (api/genericresource/parse.go).
    """
    found: dict[str, list[str]] = {}
    for word in words:
        kind, *counts = word.split("=")
        if len(counts) != 1:
            raise _no_resource(f"incorrect term {word}, missing '=' or malformed expression")
        found.setdefault(kind, []).extend(counts)
    made = []
    for kind, (count, *more) in found.items():
        numbers = [text for text in (count, *more) if re.fullmatch(r"[+-]?[0-9]+", text)]
        if not numbers:
            why = "Named Generic Resources is not supported for service create or update"
            raise DockerRefused(f"invalid generic-resource request `{kind}={count}`, {why}")
        if more:
            both = f"{kind}=[{' '.join((count, *more))}]"
            raise _no_resource(f"mixed discrete and named resources in expression '{both}'")
        if int(count) < 0:
            raise _no_resource(f"cannot ask for negative resource {kind}")
        made.append({"DiscreteResourceSpec": {"Kind": kind, "Value": int(count)}})
    return made


def _no_resource(why: str) -> DockerRefused:
    return DockerRefused(
        f"invalid generic resource specification: could not parse GenericResource: {why}"
    )


def capability(word: str) -> str:
    """``NET_ADMIN`` and ``cap_net_admin`` as ``CAP_NET_ADMIN``."""
    name = word.strip().upper()
    if name in ("ALL", "RESET") or name.startswith("CAP_"):
        return name
    return f"CAP_{name}"


def capabilities(added: Iterable[str], dropped: Iterable[str]) -> tuple[list[str], list[str]]:
    """What a new service adds and drops: adding wins."""
    adds, drops = ({capability(word) for word in words} for words in (added, dropped))
    if "ALL" in adds:
        adds = {"ALL"}
    if "ALL" in drops:
        drops = {"ALL"}
    return sorted(adds - {"RESET"}), sorted(drops - adds - {"RESET"})


def credential_spec(word: str) -> Json:
    """``file://x``, ``registry://x`` or ``config://name``; '' removes it. Raises InvalidValue."""
    scheme, found, value = word.partition("://")
    if word and (not found or scheme not in ("config", "file", "registry")):
        raise refused(
            'invalid credential spec: value must be prefixed with "config://", "file://", or '
            '"registry://"'
        )
    return {scheme.capitalize(): value} if word else {}


def host(word: str) -> str:
    """``name:address`` as Swarm keeps it: ``address name``. Raises InvalidValue."""
    name, colon, address = word.partition(":")
    if not colon or not name:
        raise refused(f'bad format for add-host: "{word}"')
    if address != "host-gateway":
        try:
            ipaddress.ip_address(address.strip("[]"))
        except ValueError:
            raise refused(f'invalid IP address in add-host: "{address}"') from None
    return f"{address} {name}"


def _address(word: str) -> str:
    try:
        return str(ipaddress.ip_address(word.strip()))
    except ValueError:
        raise refused(f"IP address is not correctly formatted: {word}") from None


MOUNT = checked("mount", mount, settings)
NETWORK = checked("network", network)
SECRET = checked("secret", lambda word: reference(word, "secret"))
CONFIG = checked("config", lambda word: reference(word, "config"))
RESOURCE = Value("list", read=_resource)
PREFERENCE = checked("pref", preference)
ULIMIT = checked("ulimit", ulimit)
CREDENTIAL_SPEC = checked("credential-spec", credential_spec)
HOST = checked("list", host)
ADDRESS = Value("list", read=_address)
