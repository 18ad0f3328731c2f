"""Links to published ports that work from any browser."""

from __future__ import annotations

from collections.abc import Iterable
from urllib.parse import urlsplit

import streamlit as st

from core.cluster.snapshot import ClusterSnapshot, Port, Service
from core.traffic.endpoints import open_ports, real
from core.ui.session import _, control, key
from core.web.published import address


def open_links(ports: Iterable[Port]) -> None:
    """A link for each published TCP port."""
    for port in ports:
        if port.published and port.protocol == "tcp":
            port_link(port.published, url(port.published))


def port_link(port: int, target: str) -> None:
    label = _("Open port {port}").format(port=port)
    st.link_button(label, target, icon=":material/open_in_new:")


def node_links(service: Service) -> None:
    """The same for a service, and a link by each other node: every one answers."""
    open_links(service.ports)
    here = control()
    engine = here.snapshot.engine
    for port in open_ports(service):
        for entry in real(here.snapshot, service, port, here.connection.base_url):
            if engine is None or entry.node != engine.node_id:
                node = here.snapshot.node(entry.node)
                st.link_button(
                    _("Port {port} of {node}").format(port=entry.way.port, node=entry.name),
                    address(node.hostname if node else entry.name, entry.way.port, key())
                    if here.practice
                    else f"{entry.way.url}/",
                    icon=":material/open_in_new:",
                )


def url(port: int) -> str:
    """The address of a port that the connected engine publishes.

    For practice it is a path of the dashboard; for a real engine, the node's address.
    """
    here = control()
    engine = here.snapshot.engine
    if here.practice:
        return address(engine.name if engine else "node1", port, key())
    remote = urlsplit(here.connection.base_url)
    host = remote.hostname if remote.scheme in ("tcp", "http", "https") else ""
    if not host and engine:
        host = engine.node_address
    if not host:
        host = urlsplit(str(st.context.url or "")).hostname or "localhost"
    return f"http://{host}:{port}/"


def free_port(wanted: int, snapshot: ClusterSnapshot | None = None) -> int:
    """The first port from ``wanted`` on that no service or container publishes."""
    snapshot = snapshot or control().snapshot
    published = [service.ports for service in snapshot.services]
    published += [container.ports for container in snapshot.containers]
    taken = {port.published for ports in published for port in ports}
    return next((port for port in range(wanted, 65536) if port not in taken), wanted)
