"""Every field of a container and of a service has an effect, or is named as without one."""

from __future__ import annotations

import re
from pathlib import Path

from essaim_practice.protocol import bodies
from essaim_practice.protocol.shapes import Struct

PACKAGE = Path(__file__).parents[1]
_, _, PART = (PACKAGE / "API.md").read_text().partition("## Kept, shown, and not played")
NAMED = {
    name for row in re.findall(r"^\| (`.*?) \|", PART, re.M) for name in re.findall("`(.+?)`", row)
}

#: Modules that check what is asked, keep it and show it, and do nothing else with it.
_SHOW = {
    *("api/host_config.py", "api/host_defaults.py", "api/host_limits.py", "api/container_json.py"),
    *("api/old_versions.py", "api/edition_29.py", "api/system.py", "engine/start_errors.py"),
    *("files/proc_files.py", "files/sys_files.py", "engine/container_facts.py"),  # in files
    *("protocol/bodies.py", "swarm/canonical.py", "swarm/render.py", "swarm/validation.py"),
    *("swarm/task_container.py", "images/commits.py"),
}
#: What a service's container has under another name, or what others than its container play.
_OF_SERVICES = {"Args", "CapabilityAdd", "CapabilityDrop", "Command", "DNSConfig", "Dir", "Groups"}
_OF_SERVICES |= {"Hosts", "LogDriver", "Privileges", "StopGracePeriod", "TTY", "ReadOnly"}
#: Tasks of other kinds, which the manager refuses; a number that makes tasks new.
_TASKS = {"PluginSpec", "NetworkAttachmentSpec", "ForceUpdate"}


def _unread(shape: Struct) -> set[str]:
    """The fields of a shape that no module reads to do something."""
    folder = PACKAGE / "src/essaim_practice"
    texts = [p.read_text() for p in folder.rglob("*.py") if str(p.relative_to(folder)) not in _SHOW]
    return {name for name in shape.fields if not any(f'"{name}"' in text for text in texts)}


def test_what_nobody_reads_of_a_container_is_named_as_not_played() -> None:
    shapes = (bodies.HOST, bodies.CONTAINER)
    unread = _unread(shapes[0]) | _unread(shapes[1])
    assert unread - NAMED == set()
    assert {name for name in NAMED if not any(name in shape.fields for shape in shapes)} == set()


def test_what_is_named_as_not_played_is_not() -> None:
    played = NAMED - _unread(bodies.HOST) - _unread(bodies.CONTAINER)
    assert played <= {
        "ConsoleSize",
        "Isolation",
        "KernelMemory",
        "KernelMemoryTCP",
        "MemorySwap",
        "Runtime",
    }  # of others, too


def test_what_a_service_asks_is_in_its_containers() -> None:
    unread = _unread(bodies.CONTAINER_SPEC) | _unread(bodies.TASK)
    assert unread - NAMED - _OF_SERVICES == _TASKS & unread
