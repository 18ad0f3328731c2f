"""A recording goes on over a restart: what was kept of it is the same at every instant."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import given
from hypothesis import strategies as st

from core.cluster.snapshot import ClusterSnapshot
from core.commands.journal import Record
from core.errors import EngineRejected, EssaimError
from core.i18n import later, translation
from core.storage.records import decode, encode
from core.storage.storage import Storage
from core.timeline.kept import KeptBeginning, KeptChange, kept
from core.timeline.recorder import Recorder
from core.timeline.recording import Action, Change
from tests.cluster import raw
from tests.timeline.moments import moment_at
from tests.timeline.pictures import lives, patient, picture

FRENCH = translation("fr").gettext


def again(storage: Storage, most: int, journal: tuple[Record, ...] = ()) -> Recorder:
    """A recorder that goes on with what is in the storage, as one after a restart does."""
    recorder = Recorder(most)
    if beginning := storage.record("ada", "timeline", KeptBeginning):
        count, changes = storage.row("ada", "timeline", KeptChange)
        recorder.restore(beginning, count, changes, journal)
        storage.follow("ada", "timeline", recorder.news, count)
    else:
        storage.follow("ada", "timeline", recorder.news)
    return recorder


@patient
@given(
    lives(),
    st.integers(2, 12),
    st.sampled_from((3, 10, 50)),
    st.sets(st.integers(0, 12), max_size=3),
)
def test_it_is_the_same_as_without_a_restart(
    life: list[ClusterSnapshot], flushed: int, most: int, restarts: set[int]
) -> None:
    with TemporaryDirectory() as folder:
        storage = Storage(Path(folder))
        whole, recorder = Recorder(most), again(storage, most)
        for number, snapshot in enumerate(life):
            if number in restarts:
                storage.flush()
                recorder = again(storage, most)
            whole.add(snapshot)
            recorder.add(snapshot)
            storage.grow("ada", "timeline")
            if number % flushed == 0:
                storage.flush()
        storage.close()
    one, other = whole.recording(), recorder.recording()
    began = max(one.start, other.start)
    for time in {snapshot.time for snapshot in life if snapshot.time >= began}:
        assert moment_at(one, time) == moment_at(other, time)
    assert one.end == other.end


def test_a_browser_gets_everything_after_a_restart() -> None:
    """What it was told last may not have been written any more."""
    with TemporaryDirectory() as folder:
        storage = Storage(Path(folder))
        recorder = again(storage, 100)
        recorder.add(picture(100.0, 1, [raw.task(1)]))
        storage.grow("ada", "timeline")
        storage.flush()
        recorder.add(picture(101.0, 2, [raw.task(1), raw.task(2)]))
        cursor = recorder.after("").cursor
        other = again(storage, 100)
        assert other.after(cursor).whole
        other.add(picture(109.0, 1, [raw.task(1), raw.task(3)]))
        other.add(picture(110.0, 2, [raw.task(1)]))
        assert other.after(cursor).whole
        storage.close()


def test_an_action_is_not_recorded_twice_and_keeps_its_words() -> None:
    why = EssaimError(later("The engine does not answer: {words}."), words="no route")
    first = Record(10.0, "anne", "docker node ls", "", "refused", why, 0.1)
    second = Record(20.0, "anne", "docker ps", "", "ok", None, 0.1)
    with TemporaryDirectory() as folder:
        storage = Storage(Path(folder))
        recorder = again(storage, 100)
        recorder.add(picture(9.0, 1, []), [])
        recorder.add(picture(11.0, 1, []), [first])
        storage.grow("ada", "timeline")
        storage.flush()
        journal = (first, second)
        recorder = again(storage, 100, journal)
        recorder.add(picture(21.0, 1, []), journal)
        actions = [each.value for each in recorder.recording().changes if each.kind == "action"]
        storage.close()
    assert [each.line for each in actions if isinstance(each, Action)] == [
        "docker node ls",
        "docker ps",
    ]
    assert isinstance(actions[0], Action)
    assert actions[0].why is not None
    assert actions[0].why.said(FRENCH) == FRENCH(why.text).format(words="no route")


def test_a_refusal_of_the_engine_is_still_one() -> None:
    action = Action("docker rm web", "in use", EngineRejected("in use", 409))
    change = decode(encode(kept(Change(1.0, "action", "", action))), KeptChange).change
    assert change == Change(1.0, "action", "", action)
    assert isinstance(change.value, Action)
    assert isinstance(change.value.why, EngineRejected)
    assert (str(change.value.why), change.value.why.status) == ("in use", 409)
