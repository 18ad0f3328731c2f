"""Images of the connected engine: list, pull with progress, tag, history, remove, prune."""

import streamlit as st

from core.commands.image_history import ImageHistory
from core.commands.images import (
    InspectImages,
    PruneImages,
    RemoveImages,
    TagImage,
)
from core.commands.transfers import PullImage
from core.presentation import tables
from core.ui import jobs
from core.ui.forms import row
from core.ui.frame import engine_missing, head, locked_hint
from core.ui.lines import asking_button, button, last_action
from core.ui.output import on_opening
from core.ui.selection import choose
from core.ui.session import _, control, may
from core.ui.tables import table

SUGGESTED = ("alpine", "nginx:latest", "hello-world", "python:3.11-slim")


def pull() -> None:
    fields = st.form("pull", border=False).container(horizontal=True, vertical_alignment="bottom")
    image = fields.text_input(
        _("Pull an image"), placeholder=", ".join(SUGGESTED), width=420, key="pull_name"
    )
    sent = fields.form_submit_button(
        _("Pull"), icon=":material/download:", type="primary", disabled=not may(PullImage)
    )
    if sent:
        jobs.start("pulling", lambda: PullImage(image=image.strip()))
    jobs.show("pulling")


def detail(reference: str) -> None:
    with row("bottom"):
        with (
            st.popover(_("Tag"), icon=":material/sell:", disabled=not may(TagImage)),
            st.form("tag_form", border=False),
        ):
            st.text_input(_("New name"), placeholder="my-image:v1", key="tag_name")
            button(
                _("Tag"),
                lambda: TagImage(source=reference, target=st.session_state["tag_name"].strip()),
                TagImage,
                key="tag",
                primary=True,
                form=True,
            )
        asking_button(
            _("Remove {image}").format(image=reference),
            _("Containers made from it must be gone first."),
            lambda: RemoveImages(images=(reference,)),
            RemoveImages,
            key="remove_image",
            icon=":material/delete:",
        )
    on_opening(_("History"), ImageHistory(image=reference), "image_history")
    on_opening(_("Inspect"), InspectImages(images=(reference,)), "image_inspect")


head(_("Images"))
if not engine_missing():
    locked_hint()
    last_action()
    pull()
    images = control().snapshot.images
    none = _("No image yet: pull one above, or build one.")
    table(tables.images(images, _), none, "images", drawn="images")
    names = [name for image in images for name in image.tags or (image.id[7:19],)]
    if names:
        chosen = choose(_("Image"), names, "image")
        detail(chosen)
    asking_button(
        _("Prune"),
        _("This removes the images that have no name and no container."),
        lambda: PruneImages(force=True),
        PruneImages,
        key="prune_images",
        icon=":material/cleaning_services:",
    )
