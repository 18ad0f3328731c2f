"""Records come back as they were, and so does all of a storage, wherever it was cut or killed."""

from __future__ import annotations

import shutil
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule

from core import errors
from core.cluster.snapshot import ClusterSnapshot
from core.errors import EngineRejected, EssaimError, Worded
from core.storage.batch import News
from core.storage.records import Unreadable, decode, encode
from core.storage.storage import FILE, Storage
from tests.timeline.pictures import lives

KINDS = [
    kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, Worded)
]


@dataclass(frozen=True, slots=True)
class Both:
    why: EssaimError | None = None
    named: Worded | None = None
    counts: tuple[int, ...] = ()
    notes: dict[str, str] = field(default_factory=dict)


@st.composite
def worded(draw: st.DrawFn, kinds: list[type[Worded]] = KINDS) -> Worded:
    kind = draw(st.sampled_from(kinds))
    simple = st.text(max_size=5) | st.integers(-(2**63), 2**63) | st.booleans() | st.none()
    inner = st.builds(lambda words: EssaimError("{a}, {b}", a=words, b=1), st.text(max_size=5))
    fields = {name: draw(simple | inner) for name in draw(st.sets(st.sampled_from("abc")))}
    text = " ".join(f"{{{name}}}" for name in fields) or draw(st.text(max_size=5))
    if issubclass(kind, EngineRejected):
        return kind(text, draw(st.integers(0, 599)), **fields)
    return kind(text, **fields)


def alike(one: Worded, other: Worded | None) -> None:
    assert type(other) is type(one)
    assert str(other) == str(one)
    assert other.said(lambda text: f"<{text}>") == one.said(lambda text: f"<{text}>")
    assert getattr(other, "status", 0) == getattr(one, "status", 0)


@given(worded([k for k in KINDS if issubclass(k, EssaimError)]), worded(), st.lists(st.integers(0)))
def test_errors_in_records_keep_their_kind_and_their_words(
    why: EssaimError, named: Worded, counts: list[int]
) -> None:
    whole = [min(count, 2**63 - 1) for count in counts]
    back = decode(encode(Both(why, named, tuple(whole))), Both)
    alike(why, back.why)
    alike(named, back.named)
    assert back.counts == tuple(whole)


@given(lives())
def test_snapshots_come_back(life: list[ClusterSnapshot]) -> None:
    for snapshot in life:
        back = decode(encode(snapshot), ClusterSnapshot)
        if snapshot.outage and back.outage:
            alike(snapshot.outage.why, back.outage.why)
        assert repr(back) == repr(snapshot)


@given(
    st.dictionaries(st.text(max_size=3), st.text(max_size=3) | st.just("half \ud800")),
    st.lists(st.integers()),
)
def test_whatever_somebody_types_can_be_kept(notes: dict[str, str], counts: list[int]) -> None:
    """Half characters and endless numbers, too."""
    back = decode(encode(Both(None, None, tuple(counts), notes)), Both)
    assert all(abs(count) < 2**64 for count in back.counts)
    assert len(back.counts) == len(counts)


@given(st.binary(max_size=60))
def test_any_bytes_are_a_record_or_unreadable(data: bytes) -> None:
    for kind in (Both, ClusterSnapshot, int, bytes):
        try:
            decode(data, kind)
        except Unreadable:
            continue


@pytest.mark.parametrize(
    "data",
    [
        encode({"why": {"error": "NoSuchError", "text": "", "fields": {}, "status": 0}}),
        encode({"why": {"error": "os", "text": "", "fields": {}, "status": 0}}),
    ],
)
def test_an_error_of_another_version_is_one_all_the_same(data: bytes) -> None:
    assert type(decode(data, Both).why) is EssaimError


@pytest.mark.parametrize(
    "why",
    [
        {"error": "NoRoom", "text": "{", "fields": {"a": 1}, "status": 0},
        {"error": "NoRoom"},
        {"error": ["NoRoom"], "text": 1, "fields": 2},
        7,
    ],
)
def test_an_error_without_its_words_is_unreadable(why: object) -> None:
    with pytest.raises(Unreadable):
        decode(encode({"why": why}), Both)


class Kept(RuleBasedStateMachine):
    """A storage beside a plain dictionary: after each restart they are the same."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = TemporaryDirectory()
        self.records: dict[tuple[str, str], int] = {}
        self.rows: dict[str, list[int]] = {}
        self.oldest: dict[str, int] = {}
        self.storage = self.opened()

    def opened(self) -> Storage:
        storage = Storage(Path(self.folder.name), patience=0)
        assert (storage.trouble, storage.put_aside) == (None, None)
        for owner in "ab":
            count, _ = storage.row(owner, "row", int)
            storage.follow(owner, "row", lambda since, owner=owner: self.news(owner, since), count)  # type: ignore[misc]
        return storage

    def news(self, owner: str, since: int) -> News:
        row, oldest = self.rows.get(owner, []), self.oldest.get(owner, 0)
        first = max(since, oldest)
        return News(oldest, first, row[first:])

    @rule(owner=st.sampled_from("ab"), name=st.sampled_from("xy"), value=st.integers(0, 9))
    def put(self, owner: str, name: str, value: int) -> None:
        self.records[owner, name] = value
        self.storage.put(owner, name, lambda: value)

    @rule(owner=st.sampled_from("ab"), value=st.integers(0, 9), drop=st.integers(0, 2))
    def grow(self, owner: str, value: int, drop: int) -> None:
        row = self.rows.setdefault(owner, [])
        row.append(value)
        self.oldest[owner] = min(self.oldest.get(owner, 0) + drop, len(row) - 1)
        self.storage.grow(owner, "row")

    @rule(owner=st.sampled_from("ab"))
    def end(self, owner: str) -> None:
        self.records = {place: each for place, each in self.records.items() if place[0] != owner}
        self.rows.pop(owner, None)
        self.oldest.pop(owner, None)
        self.storage.end(owner)
        self.storage.follow(owner, "row", lambda since: self.news(owner, since))

    @rule()
    def flush(self) -> None:
        self.storage.flush()

    @rule()
    def restart(self) -> None:
        self.storage.close()
        self.storage = self.opened()
        for owner in "ab":
            for name in "xy":
                found = self.storage.record(owner, name, int)
                assert found == self.records.get((owner, name))
            count, entries = self.storage.row(owner, "row", int)
            row = self.rows.get(owner, [])
            assert (count, entries) == (len(row), row[self.oldest.get(owner, 0) :])

    def teardown(self) -> None:
        self.restart()
        self.storage.close()
        self.folder.cleanup()


TestKept = Kept.TestCase
TestKept.settings = settings(max_examples=30, stateful_step_count=20, deadline=None)


@pytest.fixture(scope="module")
def crashed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder as a killed process leaves it: the newest is in the log beside the file alone."""
    folder = tmp_path_factory.mktemp("crashed")
    storage = Storage(folder / "first")
    for number in range(50):
        storage.put("ada", "count", lambda number=number: number)  # type: ignore[misc]
        storage.put("ada", f"long {number}", lambda: "x" * 300)
        storage.flush()
    shutil.copytree(folder / "first", folder / "left")
    storage.close()
    assert (folder / "left" / f"{FILE}-wal").stat().st_size > 50_000
    return folder / "left"


@settings(max_examples=60, deadline=None)
@given(st.floats(0, 1), st.booleans())
def test_wherever_it_is_cut_it_opens_or_is_put_aside(
    crashed: Path, share: float, log: bool
) -> None:
    with TemporaryDirectory() as folder:
        shutil.copytree(crashed, folder, dirs_exist_ok=True)
        cut = Path(folder) / (f"{FILE}-wal" if log else FILE)
        with cut.open("r+b") as file:
            file.truncate(int(cut.stat().st_size * share))
        storage = Storage(Path(folder))
        assert storage.trouble is None
        if storage.put_aside is None:
            # What was written together is there together.
            count = storage.record("ada", "count", int)
            here = [n for n in range(50) if storage.record("ada", f"long {n}", str)]
            assert here == list(range(0 if count is None else count + 1))
        else:
            assert storage.owners() == ()
        storage.put("ada", "note", lambda: "goes on")
        storage.flush()
        assert storage.record("ada", "note", str) == "goes on"
        storage.close()
