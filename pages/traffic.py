"""Traffic: real requests to replicas, while the cluster is disturbed."""

import streamlit as st

from core.cluster.snapshot import Service
from core.errors import InvalidCommand
from core.traffic.endpoints import open_ports
from core.traffic.plan import MAX_RATE, MAX_SECONDS, Plan
from core.ui.disturbances import disturbance_buttons
from core.ui.forms import row
from core.ui.frame import head, locked_hint, swarm_missing
from core.ui.lines import journal, last_action
from core.ui.selection import remembered
from core.ui.session import _, control
from core.ui.traffic import may_send, nothing, picture

RATES = (1, 2, 5, 10, 20, 50, 100, int(MAX_RATE))
SECONDS = (10, 30, 60, 120, int(MAX_SECONDS))


def choices(services: list[Service]) -> Service:
    """Fields for the target, rate and duration of the requests; the chosen service."""
    names = [service.name for service in services]
    free = not may_send()
    with row("bottom", key="traffic_choices"):
        name = remembered(names, "traffic_service", default="web")
        name = st.selectbox(
            _("Service"), names, index=names.index(name), key="traffic_service", width=140
        )
        service = services[names.index(name)]
        ports = [port.published for port in open_ports(service)]
        remembered([str(port) for port in ports], "traffic_port")
        st.selectbox(
            _("Port"), [str(port) for port in ports], index=0, key="traffic_port", width=100
        )
        st.select_slider(
            _("Requests per second"), RATES, 10, key="traffic_rate", width=210, disabled=free
        )
        st.selectbox(
            _("For"),
            SECONDS,
            index=2,
            format_func=lambda seconds: f"{seconds} s",
            key="traffic_seconds",
            width=110,
        )
        st.segmented_control(
            _("Connection"),
            (False, True),
            default=False,
            format_func=lambda kept: _("kept alive") if kept else _("new for each request"),
            key="traffic_kept",
            required=True,
        )
        nodes = {"": _("every node in turn")}
        nodes |= {node.id: node.name for node in control().snapshot.nodes}
        remembered(list(nodes), "traffic_entry")  # forgets a node that has left
        st.selectbox(
            _("Entered by"),
            list(nodes),
            format_func=lambda id: nodes.get(id, id),
            key="traffic_entry",
            width=180,
        )
    return service


def plan() -> Plan:
    """The plan of the fields, as they are when the button is pressed."""
    entered = st.session_state
    service = control().snapshot.service(entered["traffic_service"])
    if service is None:
        raise InvalidCommand(_("There is no such service."))
    return Plan(
        service.id,
        int(entered["traffic_port"]),
        float(entered["traffic_rate"]),
        float(entered["traffic_seconds"]),
        bool(entered["traffic_kept"]),
        entered["traffic_entry"],
    )


head(_("Traffic"), watch="shape")
if not swarm_missing():
    locked_hint()
    there = [service for service in control().snapshot.workloads if open_ports(service)]
    if there:
        chosen = choices(there)
        disturbance_buttons(chosen)
        picture(plan)
        last_action()
    else:
        nothing(
            "traffic",
            _("No service publishes a TCP port yet: there is nobody to send requests to."),
        )
    journal()
