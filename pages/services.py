"""Services: their specs and tasks, and every change to them."""

import streamlit as st

from core.cluster.snapshot import Service
from core.commands import service_logs, service_views
from core.commands.services import (
    CreateService,
    RemoveServices,
    RollbackService,
    ScaleServices,
    UpdateService,
)
from core.presentation import marks, tables
from core.ui import faults
from core.ui.alive import not_alive, not_known
from core.ui.forms import cells, number, row, variables, within, words
from core.ui.frame import head, locked_hint, swarm_missing
from core.ui.lines import asking_button, button, last_action
from core.ui.links import node_links
from core.ui.output import answer
from core.ui.selection import choose
from core.ui.session import _, act, control, may, seen
from core.ui.tables import table


def create() -> None:
    with st.form("create_service", border=False):
        cell = cells()
        name = next(cell).text_input(_("Name"), placeholder="web")
        image = next(cell).text_input(_("Image"), placeholder="nginx:latest")
        failing = faults.image(next(cell)) if control().practice else ""
        replicas = number(_("Replicas"), 1, key="create_replicas", place=next(cell))
        publish = next(cell).text_input(_("Published ports"), placeholder="80:80 8080:80")
        env = next(cell).text_input(_("Environment"), placeholder="COLOR=blue SIZE=2")
        constraint = next(cell).text_input(_("Constraint"), placeholder="node.role==worker")
        command = next(cell).text_input(_("Command"), placeholder=_("empty: the image's own"))
        everywhere = next(cell).checkbox(_("One replica on every node (global)"))
        made = st.form_submit_button(
            _("Create the service"), type="primary", disabled=not may(CreateService)
        )
    if made:
        act(
            lambda: CreateService(
                name=name.strip(),
                mode="global" if everywhere else "replicated",
                replicas=None if everywhere else within(_("Replicas"), replicas, 0, 1000),
                publish=words(publish),
                env=variables(env),
                constraint=(constraint.strip(),) if constraint.strip() else (),
                image=image.strip() or failing,
                args=words(command),
            )
        )
        st.rerun()


def change(service: Service) -> None:
    with st.form(f"change_{service.id}", border=False):
        cell = cells()
        image = next(cell).text_input(_("Image"), service.image)
        env_add = next(cell).text_input(_("Set environment"), placeholder="COLOR=green")
        env_rm = next(cell).text_input(_("Remove environment"), placeholder="SIZE")
        replicas = None
        if service.replicas is not None:
            known = f"replicas_{service.replicas}_of_{service.id}"  # new after a change elsewhere
            replicas = number(_("Replicas"), service.replicas, key=known, place=next(cell))
        force = next(cell).checkbox(_("Replace every replica even if nothing changed (force)"))
        sent = st.form_submit_button(_("Update the service"), disabled=not may(UpdateService))
    if not sent:
        return
    fresh_image = image.strip() if image.strip() != service.image else ""
    scaled = replicas != service.replicas

    def wanted() -> int:
        return within(_("Replicas"), replicas, 0, 10_000)

    if scaled and not (fresh_image or env_add.strip() or env_rm.strip() or force):
        act(lambda: ScaleServices(replicas=((service.name, wanted()),)))
    else:
        act(
            lambda: UpdateService(
                service=service.name,
                image=fresh_image,
                env_add=variables(env_add),
                env_rm=words(env_rm),
                replicas=wanted() if scaled else None,
                force=force,
            )
        )
    st.rerun()


def detail(service: Service) -> None:
    with row():
        button(
            _("Roll back"),
            lambda: RollbackService(service=service.name),
            RollbackService,
            key="rollback",
            icon=":material/undo:",
            help=_("Back to the spec before its last change; this undoes a scale, too."),
        )
        asking_button(
            _("Remove {service}").format(service=service.name),
            _("This stops all its replicas and forgets the service."),
            lambda: RemoveServices(services=(service.name,)),
            RemoveServices,
            key="remove_service",
            icon=":material/delete:",
        )
        node_links(service)
    if service.update:
        st.caption(f"{marks.update(service.update.state, _)} · {service.update.message}")
    names = (_("Tasks"), _("Change"), _("Logs"), _("Inspect"))
    chosen = st.segmented_control(
        _("Show"), names, default=names[0], key="service_part", label_visibility="collapsed"
    )
    if chosen == names[1]:
        change(service)
    elif chosen in names[2:]:
        command = (
            service_logs.ServiceLogs(tail="200", service=service.name)
            if chosen == names[2]
            else service_views.InspectServices(services=(service.name,))
        )
        answer(command, height=420)
    else:
        shown = tables.tasks(seen(), service, _)
        table(shown, _("No task yet."), "tasks")


head(_("Services"))
if not swarm_missing():
    locked_hint()
    last_action()
    services = control().snapshot.services
    none = _("No service yet: create the first one below, or on the Cluster page.")
    table(tables.services(control().snapshot, _), none, "services", drawn="services")
    if services:
        not_known()
        not_alive()
        names = [service.name for service in services]
        chosen = choose(_("Service"), names, "service")
        detail(next(s for s in services if s.name == chosen))
    with st.expander(_("Create a service"), expanded=not services, key="create_expander"):
        create()
