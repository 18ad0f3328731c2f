"""A node as ``docker node inspect --pretty`` tells of it (docker/cli, node/formatter.go)."""

from __future__ import annotations

from collections.abc import Iterator

from core.cluster.engine_json import Json, count, items, part, text
from core.commands.inspections import labels
from core.commands.table import memory
from core.templates.moments import moment


def pretty(node: Json) -> str:
    """The whole text, with a line's end."""
    return "".join(f"{line}\n" for line in _lines(node))


def _lines(node: Json) -> Iterator[str]:
    spec, described, status = (part(node, key) for key in ("Spec", "Description", "Status"))
    yield f"ID:\t\t\t{node['ID']}"
    if name := text(spec, "Name"):
        yield f"Name:\t\t\t{name}"
    if marks := part(spec, "Labels"):
        yield "Labels:"
        yield from labels(marks, " - ")
    yield f"Hostname:              \t{text(described, 'Hostname')}"
    yield f"Joined at:             \t{moment(text(node, 'CreatedAt')).lower()}"
    yield "Status:"
    yield f" State:\t\t\t{text(status, 'State').capitalize()}"
    if message := text(status, "Message"):
        yield f" Message:              \t{message.capitalize()}"
    yield f" Availability:         \t{text(spec, 'Availability').capitalize()}"
    if address := text(status, "Addr"):
        yield f" Address:\t\t{address}"
    if node.get("ManagerStatus") is not None:
        manager = part(node, "ManagerStatus")
        yield "Manager Status:"
        yield f" Address:\t\t{text(manager, 'Addr')}"
        yield f" Raft Status:\t\t{text(manager, 'Reachability').capitalize()}"
        yield f" Leader:\t\t{'Yes' if manager.get('Leader') else 'No'}"
    yield "Platform:"
    yield f" Operating System:\t{text(described, 'Platform', 'OS')}"
    yield f" Architecture:\t\t{text(described, 'Platform', 'Architecture')}"
    yield "Resources:"
    yield f" CPUs:\t\t\t{count(described, 'Resources', 'NanoCPUs') // 10**9}"
    size = count(described, "Resources", "MemoryBytes")
    yield f" Memory:\t\t{memory(size) if size else ''}"
    plugins: dict[str, list[str]] = {}
    for plugin in items(described, "Engine", "Plugins"):
        plugins.setdefault(text(plugin, "Type"), []).append(text(plugin, "Name"))
    if plugins:
        yield "Plugins:"
        for kind in sorted(plugins):
            yield f" {kind}:\t\t{', '.join(plugins[kind])}"
    yield f"Engine Version:\t\t{text(described, 'Engine', 'EngineVersion')}"
    if marks := part(described, "Engine", "Labels"):
        yield "Engine Labels:"
        yield from labels(marks, " - ")
    if tls := part(described, "TLSInfo"):
        yield "TLS Info:"
        yield " TrustRoot:"
        yield text(tls, "TrustRoot")
        yield f" Issuer Subject:\t{text(tls, 'CertIssuerSubject')}"
        yield f" Issuer Public Key:\t{text(tls, 'CertIssuerPublicKey')}"
