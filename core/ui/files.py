"""The files of a practice instance, with the editor."""

from __future__ import annotations

import hashlib
from collections.abc import Callable

from core.machines.files import HOME
from core.machines.routes import MOST
from core.ui.live import component, ignore
from core.ui.session import _, own_key
from core.ui.session import key as cluster_key

_files = component("files", "files.css")


def files_panel(
    machine: str,
    folder: str = HOME,
    key: str = "files",
    unsaved: Callable[[list[str]], object] | None = None,
    follows: bool = False,
    first: str = "",
) -> None:
    """A tree of what is in a folder of a machine, and an editor beside it.

    What is typed and not saved is kept in the viewer's browser. folder: an absolute path. unsaved:
    a callback that is told which files in the folder have such edits, by their path in it. follows:
    show the machine whose terminals the page has in front, once it has any. first: the path of the
    file that is open when none was before.
    """
    # A restart may give the viewer's own cluster a new key; what they typed stays theirs.
    cluster = "" if cluster_key() == own_key() else cluster_key()
    _files(
        key=key,
        machine=machine,
        follows=follows,
        folder=folder,
        place=hashlib.sha256(cluster.encode()).hexdigest()[:12] if cluster else "",
        most=MOST,
        first=first,
        tells=unsaved is not None,
        on={"unsaved": unsaved or ignore},
        words={
            "files": _("Files of {machine}"),
            "new_file": _("New file"),
            "new_folder": _("New folder"),
            "upload": _("Upload files, or drop them here"),
            "refresh": _("Read the files again"),
            "rename": _("Rename"),
            "delete": _("Delete"),
            "download": _("Download"),
            "save": _("Save"),
            "discard": _("Undo all edits"),
            "make": _("Make it"),
            "cancel": _("Cancel"),
            "rename_to": _("New name of {name}"),
            "no_name": _("That is no name: one letter at least, and no /."),
            "delete_file": _("Delete {name}?"),
            "delete_folder": _("Delete the folder {name}, with all that is in it?"),
            "forget": _("Throw away what was typed into {name}?"),
            "replace": _("{name} is there already. Replace it?"),
            "replace_it": _("Replace it"),
            "leave_it": _("Leave it"),
            "sending": _("Sending {name} ({number} of {count})"),
            "sent_one": _("1 file sent."),
            "sent_other": _("{count} files sent."),
            "upload_large": _("{name} is too large: a file may have {size} MB at most."),
            "empty": _("No file yet: make one, or drop some here."),
            "choose": _("Choose a file to edit it."),
            "large": _("{name} is too large to be edited here: it has {size}."),
            "binary": _("{name} is no text, and cannot be edited here."),
            "bytes": _("B"),
            "kilobytes": _("kB"),
            "megabytes": _("MB"),
            "text_of": _("Text of {name}"),
            "leave_text": _("Escape, then Tab, leaves the text."),
            "unsaved": _("not saved"),
            "saved": _("{name} is saved."),
            "unsaved_still": _("{name} is not saved."),
            "other": _(
                "{name} was changed on the machine while you edited it. Nothing is written over."
            ),
            "take": _("Take the machine's text"),
            "over": _("Write mine over it"),
            "followed": _("{name} was changed on the machine: this is its new text."),
            "gone": _("{name} is no longer on the machine: Save makes it again."),
            "removed": _("{name} is no longer on the machine."),
            "lost": _("Essaim's server does not answer. What you typed is kept in this browser."),
            "full": _(
                "This browser has no room left to keep what you type: save before you go on."
            ),
        },
    )
