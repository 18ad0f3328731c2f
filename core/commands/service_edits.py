"""The changes that ``docker service update`` and ``scale`` make to a stored spec.

Each is an ``Edit``: Python text about ``spec``, and a function that does the same. Removals come
before additions, so that a thing can be replaced in one go.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from core.cluster.engine_json import Json, count, items, part
from core.commands.attachments import capability
from core.commands.command import Client
from core.commands.source import literal
from core.commands.specs import Edit
from core.errors import DockerRefused, InvalidCommand
from core.i18n import later as _

TASK = ("TaskTemplate",)
CONTAINER = ("TaskTemplate", "ContainerSpec")
PLACEMENT = (*TASK, "Placement")
ENDPOINT = ("EndpointSpec",)
_ALWAYS = {TASK, CONTAINER, ("Mode",), ()}  # parts of every spec


@dataclass(frozen=True, slots=True)
class Key:
    """What tells the things of a list apart: as Python text about ``e``, and as a function."""

    text: str
    of: Callable[[Any], Any]


def _field(*names: str) -> Key:
    def of(thing: Any) -> Any:
        for name in names:
            thing = (thing or {}).get(name)
        return thing

    return Key("e" + "".join(f'["{name}"]' for name in names), of)


WHOLE = Key("e", lambda e: e)
BEFORE_EQUALS = Key('e.partition("=")[0]', lambda e: e.partition("=")[0])
TARGET, NAME = _field("Target"), _field("Name")
SECRET, CONFIG = _field("SecretName"), _field("ConfigName")
SPREAD = _field("Spread", "SpreadDescriptor")
RESOURCE = _field("DiscreteResourceSpec", "Kind")
PORT = Key(
    '(e["TargetPort"], e.get("Protocol", "tcp"), e.get("PublishMode", "ingress"))',
    lambda e: (e["TargetPort"], e.get("Protocol", "tcp"), e.get("PublishMode", "ingress")),
)
MOUNT = Key('(e.get("Source", ""), e["Target"])', lambda e: (e.get("Source", ""), e["Target"]))
PUBLICATION = Key(
    "f\"{e.get('PublishedPort', 0)}:{e['TargetPort']}\"",
    lambda e: f"{e.get('PublishedPort', 0)}:{e['TargetPort']}",
)


def _opened(path: Sequence[str]) -> str:
    """Lines that make the parts on the way where there are none; ``at`` is the last of them."""
    lines = ["at = spec"]
    for end in range(1, len(path) + 1):
        key = literal(path[end - 1])
        if tuple(path[:end]) in _ALWAYS:
            lines[-1] += f"[{key}]"
        else:
            lines.append(f"at[{key}] = at.get({key}) or {{}}\nat = at[{key}]")
    return "\n".join(lines) + "\n"


def _at(spec: Json, path: Sequence[str]) -> Json:
    for key in path:
        spec[key] = spec.get(key) or {}
        spec = spec[key]
    return spec


def put(path: Sequence[str], changes: Json, defaults: Json | None = None) -> Edit:
    """Set fields of a part. defaults: what it is where there is none yet."""

    def make(spec: Json) -> None:
        at = _at(spec, path[:-1])
        at[path[-1]] = (at.get(path[-1]) or defaults or {}) | changes

    key = literal(path[-1])
    text = f"{_opened(path[:-1])}at[{key}] = (at.get({key}) or {literal(defaults or {})})"
    return Edit(f"{text} | {literal(changes)}", make)


def relist(
    path: Sequence[str],
    key: Key,
    removed: Iterable[Any] = (),
    added: Iterable[Any] = (),
    order: Key | None = None,
    replaces: bool = True,
) -> Edit:
    """Change a list: those with a removed key go, the added ones come.

    replaces: whether an added thing takes the place of the one with its key. order: sorts them.
    """
    new = list(added)
    gone = [*dict.fromkeys(removed), *(key.of(thing) for thing in new if replaces)]

    def make(spec: Json) -> None:
        at = _at(spec, path[:-1])
        made = [e for e in items(at, path[-1]) if key.of(e) not in gone] + new
        at[path[-1]] = sorted(made, key=order.of) if order else made

    last = literal(path[-1])
    kept = f"[e for e in at.get({last}) or [] if {key.text} not in {literal(gone)}]"
    made = f"{kept} + {literal(new)}" if new else kept
    if order:
        by = "" if order is WHOLE else f", key=lambda e: {order.text}"
        made = f"sorted({made}{by})"
    return Edit(f"{_opened(path[:-1])}at[{last}] = {made}", make)


def remap(path: Sequence[str], removed: Iterable[str] = (), added: Json | None = None) -> Edit:
    """Change a map of names to values, such as labels."""
    gone, new = list(removed), added or {}

    def make(spec: Json) -> None:
        at = _at(spec, path[:-1])
        kept = {key: value for key, value in part(at, path[-1]).items() if key not in gone}
        at[path[-1]] = kept | new

    last = literal(path[-1])
    known = f"(at.get({last}) or {{}})"
    if gone:
        known = f"{{k: v for k, v in {known}.items() if k not in {literal(gone)}}}"
    text = f"{_opened(path[:-1])}at[{last}] = {known}"
    return Edit(f"{text} | {literal(new)}" if new else text, make)


def set_replicas(wanted: int) -> Edit:
    """Set the number of replicas. Made, it raises InvalidCommand for any but a replicated one."""

    def make(spec: Json) -> None:
        if "Replicated" not in part(spec, "Mode"):
            raise InvalidCommand(_("replicas can only be used with replicated mode"))
        spec["Mode"]["Replicated"] = part(spec, "Mode", "Replicated") | {"Replicas": wanted}

    return Edit(f'spec["Mode"]["Replicated"]["Replicas"] = {wanted}', make)


def scale(service: str, wanted: int) -> Edit:
    """The same as ``docker service scale`` does it: of a job, the completions, all done again.

    Made, it raises InvalidCommand for a global service or job.
    """

    def make(spec: Json) -> None:
        mode = part(spec, "Mode")
        if "ReplicatedJob" in mode:
            mode["ReplicatedJob"] = part(mode, "ReplicatedJob") | {"TotalCompletions": wanted}
        elif "Replicated" in mode:
            mode["Replicated"] = part(mode, "Replicated") | {"Replicas": wanted}
        else:
            sentence = _("{service}: scale can only be used with replicated or replicated-job mode")
            raise InvalidCommand(sentence, service=service)

    text = f"""\
mode = spec["Mode"]
if "ReplicatedJob" in mode:
    mode["ReplicatedJob"]["TotalCompletions"] = {wanted}
else:
    mode["Replicated"]["Replicas"] = {wanted}"""
    return Edit(text, make)


def force() -> Edit:
    """Another task template with the same content: every replica is replaced."""
    return Edit(
        'task = spec["TaskTemplate"]\ntask["ForceUpdate"] = (task.get("ForceUpdate") or 0) + 1',
        lambda spec: spec["TaskTemplate"].update(
            ForceUpdate=count(spec, "TaskTemplate", "ForceUpdate") + 1
        ),
    )


def forget_none_check() -> Edit:
    """A health check that was switched off is none that can be changed."""

    def make(spec: Json) -> None:
        health = _at(spec, (*CONTAINER, "Healthcheck"))
        if items(health, "Test")[:1] == ["NONE"]:
            del health["Test"]

    text = f"{_opened((*CONTAINER, 'Healthcheck'))}if (at.get('Test') or [])[:1] == ['NONE']:\n"
    return Edit(f"{text}    del at['Test']", make)


def hosts(removed: Iterable[str], added: Sequence[str]) -> Edit:
    """Entries of /etc/hosts. removed: ``name`` or ``name:address``. added: ``address name``."""
    gone = [(host, address) for host, _, address in (word.partition(":") for word in removed)]

    def kept(entry: str) -> str:
        address, *names = entry.split()
        here = [name for name, at in gone if at in ("", address)]
        left = [name for name in names if name not in here]
        return " ".join((address, *left)) if left else ""

    def make(spec: Json) -> None:
        container = _at(spec, CONTAINER)
        old = [kept(entry) for entry in items(container, "Hosts")]
        container["Hosts"] = list(dict.fromkeys(filter(None, [*old, *added])))

    text = f"""\
{_opened(CONTAINER)}gone = {literal(gone)}
hosts = []
for entry in at.get("Hosts") or []:
    address, *names = entry.split()
    names = [n for n in names if (n, "") not in gone and (n, address) not in gone]
    hosts += [" ".join([address, *names])] if names else []
at["Hosts"] = list(dict.fromkeys(hosts + {literal(list(added))}))"""
    return Edit(text, make)


def rights(added: Iterable[str], dropped: Iterable[str]) -> Edit:
    """Capabilities: what was dropped is added by being dropped no more, and the other way round."""
    more, less = ([*dict.fromkeys(map(capability, words))] for words in (added, dropped))
    less = [word for word in less if word not in more or word == "RESET"]

    def make(spec: Json) -> None:
        container = _at(spec, CONTAINER)
        adds, drops = (set(items(container, f"Capability{kind}")) for kind in ("Add", "Drop"))
        adds, drops = (set() if "RESET" in more else adds), (set() if "RESET" in less else drops)
        for word in filter(_names_one, less):
            (adds.remove if word in adds else drops.add)(word)
        for word in filter(_names_one, more):
            (drops.remove if word in drops else adds.add)(word)
        for kind, words in (("Add", adds), ("Drop", drops)):
            container[f"Capability{kind}"] = _sorted(words)

    text = f"""\
{_opened(CONTAINER)}more, less = {literal(more)}, {literal(less)}
adds = set() if "RESET" in more else set(at.get("CapabilityAdd") or [])
drops = set() if "RESET" in less else set(at.get("CapabilityDrop") or [])
for word in less:
    if word != "RESET":
        (adds.remove if word in adds else drops.add)(word)
for word in more:
    if word != "RESET":
        (drops.remove if word in drops else adds.add)(word)
for key, words in (("CapabilityAdd", adds), ("CapabilityDrop", drops)):
    at[key] = ["ALL"] if "ALL" in words else sorted(words)"""
    return Edit(text, make)


def _sorted(words: set[str]) -> list[str]:
    return ["ALL"] if "ALL" in words else sorted(words)


def _names_one(word: str) -> bool:
    return word != "RESET"


def known_resources(removed: Sequence[str]) -> Edit:
    """Refuse to remove what nodes need not have. Made, it raises DockerRefused."""

    def make(spec: Json) -> None:
        reserved = items(spec, *TASK, "Resources", "Reservations", "GenericResources")
        known = [RESOURCE.of(each) for each in reserved]
        for name in removed:
            if name not in known:
                raise DockerRefused(f"could not find generic-resource `{name}` to remove it")

    return Edit(f"# {', '.join(map(repr, removed))} must be there.", make)


def roll_back(client: Client, reference: str) -> None:
    """Put back the spec that a service had before; docker-py has no call for it."""
    api = client.api
    service = api.inspect_service(reference)
    answer = api.post(
        f"{api.base_url}/v{api.api_version}/services/{service['ID']}/update",
        params={"version": service["Version"]["Index"], "rollback": "previous"},
        json=service["Spec"],
        timeout=api.timeout,
    )
    answer.raise_for_status()


def roll_back_text(reference: str) -> str:
    """The Python text of ``roll_back``."""
    return f"""\
service = client.api.inspect_service({literal(reference)})
# docker-py has no call for this; its session speaks to the engine's API all the same.
answer = client.api.post(
    f"{{client.api.base_url}}/v{{client.api.api_version}}/services/{{service['ID']}}/update",
    params={{"version": service["Version"]["Index"], "rollback": "previous"}},
    json=service["Spec"],
)
answer.raise_for_status()
"""
