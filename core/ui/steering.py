"""The form that creates a service, and what moves the replicas of one."""

from __future__ import annotations

import streamlit as st

from core.cluster.snapshot import Service
from core.commands.services import CreateService, RemoveServices, UpdateService
from core.ui.forms import number, port, row, within
from core.ui.lines import asking_button, button
from core.ui.replicas import slider
from core.ui.selection import remembered, segments
from core.ui.session import _, control, plural


def create() -> None:
    fields = st.form("new", border=False).container(horizontal=True, vertical_alignment="bottom")
    with fields:
        st.text_input(_("Name"), "web", key="new_name", width=110)
        st.text_input(_("Image"), "nginx:latest", key="new_image", width=150)
        number(_("Port"), 80, key="new_port", width=90)
        number(_("Replicas"), 3, key="new_replicas", width=95)
        button(
            _("Create the service"),
            new_service,
            CreateService,
            key="create",
            icon=":material/add:",
            primary=True,
            form=True,
        )


def new_service() -> CreateService:
    """The service of the fields, as they are when the button is pressed."""
    entered = st.session_state
    return CreateService(
        name=entered["new_name"].strip(),
        image=entered["new_image"].strip(),
        publish=(f"{port(entered['new_port'])}:80",),
        replicas=within(_("Replicas"), entered["new_replicas"], 0, 200),
    )


def looked_at() -> Service:
    """The chosen service."""
    services = control().snapshot.workloads
    names = [service.name for service in services]
    chosen = remembered(names, "steered", "web")
    if len(names) > 1:
        chosen = segments(_("Service"), names, "steered", "web")
    return services[names.index(chosen)]


def steer(service: Service) -> None:
    """The slider and the buttons of one service."""
    name = service.name
    with row("bottom"):
        if service.replicas is not None:
            slider(service)
        button(
            _("Rebalance"),
            lambda: UpdateService(service=name, force=True),
            UpdateService,
            key="rebalance",
            icon=":material/balance:",
            help=_(
                "Swarm never moves running replicas by itself. A forced update replaces them one "
                "by one, and spreads them evenly again."
            ),
        )
        asking_button(
            _("Remove {service}").format(service=name),
            plural(
                "This stops {count} replica and forgets the service.",
                "This stops {count} replicas and forgets the service.",
                service.running if service.replicas is None else service.replicas,
            ),
            lambda: RemoveServices(services=(name,)),
            RemoveServices,
            key="remove",
            icon=":material/delete:",
        )
