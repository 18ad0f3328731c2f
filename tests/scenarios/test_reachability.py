"""Who reaches whom is the same on both engines: on every kind of network, each with each.

Each two of them, with their networks, are a cluster that Hypothesis might have drawn.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from .engines import Swarm

NETWORKS = {
    "essaim-a": "",
    "essaim-b": "",
    "essaim-closed": "--internal",
    "essaim-over": "-d overlay --attachable",
    "essaim-cover": "-d overlay --attachable --internal",
}
PLACES = {
    "essaim-n": ("none",),
    "essaim-d": ("bridge",),
    "essaim-1": ("essaim-a",),
    "essaim-2": ("essaim-b", "essaim-a"),
    "essaim-3": ("essaim-closed",),
    "essaim-4": ("essaim-closed", "essaim-b"),
    "essaim-5": ("essaim-over",),
    "essaim-6": ("essaim-cover", "essaim-closed"),
    "essaim-7": ("essaim-cover",),
    "essaim-h": ("host",),
}
#: The lines of nine pings at once, each told in a word; nobody waits for more than a second.
PINGS = """
for target in {targets}; do (
  said=$(ping -c 1 -W 1 $target 2>&1)
  case "$said" in
    *", 0% packet loss"*) echo $target came;;
    *unreachable*) echo $target no way;;
    *"bad address"*) echo $target no name;;
    *) echo $target lost;;
  esac
) & done; wait
"""


def matrix(swarm: Swarm) -> dict[tuple[str, str], str]:
    """What a ping from each to each comes to, by name and by each address."""
    for name, options in NETWORKS.items():
        swarm.cli("network", "create", *options.split(), name)
    for name, networks in PLACES.items():
        first, *others = networks
        swarm.cli("run", "-d", "--name", name, "--network", first, "alpine", "sleep", "600")
        for network in others:
            swarm.cli("network", "connect", network, name)
    homes = addresses(swarm)
    found = {}
    for name in PLACES:
        targets = [other for other in PLACES if other != name]
        known = [a for a, (owner, _) in homes.items() if owner != name]
        script = PINGS.format(targets=" ".join([*targets, *known, "127.0.0.1"]))
        for row in swarm.cli("exec", name, "sh", "-c", script).splitlines():
            target, _, came = row.partition(" ")
            where = ":".join(homes[target]) if target in homes else target
            found[name, where] = came
    return found


def addresses(swarm: Swarm) -> Mapping[str, tuple[str, str]]:
    """Container and network of each address."""
    found = {}
    for name in PLACES:
        settings = swarm.client.api.inspect_container(name)["NetworkSettings"]["Networks"]
        for network, place in settings.items():
            if re.fullmatch(r"[0-9.]+", place["IPAddress"]):
                found[place["IPAddress"]] = (name, network)
    return found


def expected(one: str, other: str, network: str = "") -> str:
    """What it must come to: by name, or by the address on a network."""
    mine, theirs = PLACES[one], PLACES[other]
    if not network:
        names = set(mine) & set(theirs) - {"none", "bridge", "host"}
        return "came" if names else "no name"
    if network in mine:
        return "came"
    if one == "essaim-h":
        return "lost" if "ov" in network else "came"
    leads_out = {"bridge", "essaim-a", "essaim-b", "essaim-over"} & set(mine)
    return "lost" if leads_out else "no way"


def test_each_reaches_whom_its_networks_hold(swarm: Swarm) -> None:
    swarm.run("docker pull alpine")
    found = matrix(swarm)
    wrong = {}
    for (one, target), came in found.items():
        if target == "127.0.0.1":
            wanted = "came"
        else:
            other, _, network = target.partition(":")
            wanted = expected(one, other, network)
        if came != wanted:
            wrong[one, target] = (came, wanted)
    assert not wrong
    assert len(found) > 150
