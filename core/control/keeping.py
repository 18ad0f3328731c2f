"""What a cluster and the class keep over a restart, and how it comes back."""

from __future__ import annotations

import logging
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from core.board.settings import SETTINGS, Naming
from core.commands.journal import Journal, Record
from core.engine import keys
from core.errors import EssaimError
from core.labs.kept import KeptLabs
from core.labs.progress import Labs
from core.storage.storage import Storage
from core.timeline.kept import KeptBeginning, KeptChange
from core.timeline.recorder import Recorder
from core.votes.model import KeptVotes, Votes

log = logging.getLogger(__name__)

#: The owner of what belongs to no cluster.
CLASS = ""


@dataclass(frozen=True, slots=True)
class KeptCluster:
    """A learner's cluster."""

    code: str  # for viewers who may only look; random, so that the key cannot be found from it
    begun: float  # seconds since the epoch
    used: float  # when somebody last looked at it, within a minute; the same
    touched: bool  # something was done in it
    number: int = 0  # of its learner on the board, from 1; 0 where an earlier version kept it


@dataclass(frozen=True, slots=True)
class KeptClass:
    """The teacher's settings."""

    named: bool = False  # as an earlier version kept it: learners are asked for first names
    naming: Naming | None = None
    names: Mapping[str, str] = field(default_factory=dict)  # that the teacher gave, by code


class Keeping:
    """Keeps what was done in one cluster: labs, vote, journal and timeline.

    owner: whose it is in the storage.
    """

    def __init__(self, storage: Storage, owner: str) -> None:
        self._storage, self._owner = storage, owner
        self._records: dict[str, Callable[[], object]] = {}  # as they are now, by name

    def restore(
        self,
        labs: Labs,
        votes: Votes,
        journal: Journal,
        timeline: Recorder,
        hides: Callable[[], bool],
    ) -> None:
        """Go on where an earlier process was, and keep what is new from now on.

        hides: whether the engine is a real one. What it shows to nobody without a right is left out
        of the labs then; the others hold none of it.
        """
        kept, owner, counts = self._storage, self._owner, {"journal": 0, "timeline": 0}

        def take_up_records() -> None:
            labs.restore(kept.record(owner, "labs", KeptLabs) or KeptLabs())
            if vote := kept.record(owner, "votes", KeptVotes):
                votes.restore(vote)

        def take_up_journal() -> None:
            count, records = kept.row(owner, "journal", Record)
            journal.restore(count, records)
            counts["journal"] = count

        def take_up_timeline() -> None:
            if beginning := kept.record(owner, "timeline", KeptBeginning):
                count, changes = kept.row(owner, "timeline", KeptChange)
                timeline.restore(beginning, count, changes, journal.records())
                counts["timeline"] = count

        for take_up in (take_up_records, take_up_journal, take_up_timeline):
            try:
                take_up()
            except Exception:  # whatever an odd record does, its cluster goes on
                log.exception("a part of what was kept of %s cannot be taken up", owner)
        kept.follow(owner, "journal", journal.news, counts["journal"])
        kept.follow(owner, "timeline", timeline.news, counts["timeline"])
        self._records = {"labs": lambda: labs.kept(hides()), "votes": votes.kept}

    @property
    def warnings(self) -> tuple[EssaimError, ...]:
        """What cannot be kept now, or could not be read; nothing where nothing is to be kept."""
        told = (self._storage.trouble, self._storage.put_aside) if self._storage.path else ()
        return tuple(filter(None, told))

    def changed(self) -> None:
        """The labs or the vote have changed."""
        for name, make in self._records.items():
            self._storage.put(self._owner, name, make)

    def grew(self, row: str) -> None:
        """The journal or the timeline has grown."""
        if self._records:
            self._storage.grow(self._owner, row)

    def close(self) -> None:
        """Keep nothing new any more."""
        self._records = {}


def sign_alike(storage: Storage) -> None:
    """Sign keys as before the restart; the first time, with a secret that is kept from now on."""
    if storage.folder is None:
        return  # this process has drawn one
    secret = storage.record(CLASS, "secret", bytes)
    if secret is None or len(secret) != keys.SECRET_BYTES:
        secret = secrets.token_bytes(keys.SECRET_BYTES)
        storage.put(CLASS, "secret", lambda: secret)
        storage.flush()  # before any browser has a key
    keys.sign_with(secret)


def settings(storage: Storage) -> None:
    """Take up the teacher's settings, and keep them from now on."""
    if kept := storage.record(CLASS, "settings", KeptClass):
        earlier: Naming = "asked" if kept.named else "numbers"
        SETTINGS.restore(kept.naming or earlier, kept.names)

    def now() -> KeptClass:
        return KeptClass(SETTINGS.named, SETTINGS.naming, dict(SETTINGS.given))

    SETTINGS.changed = lambda: storage.put(CLASS, "settings", now)


def clusters(storage: Storage, now: float) -> list[tuple[str, KeptCluster]]:
    """The learners' clusters by key, in the order of their numbers.

    now: when one was used that does not tell it any more.
    """
    found = []
    for owner in storage.owners():
        if owner != CLASS and keys.read(owner) == owner:  # else an engine that everybody shares
            kept = storage.record(owner, "cluster", KeptCluster)
            found.append((owner, kept or KeptCluster(keys.new(), now, now, touched=True)))
    found.sort(key=lambda each: (each[1].number, each[1].begun))
    return [
        (key, replace(kept, number=kept.number or number))
        for number, (key, kept) in enumerate(found, 1)
    ]
