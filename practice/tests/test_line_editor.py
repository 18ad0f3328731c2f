"""The line editor of the shell: keys, what they make of the line, and what the screen shows."""

from __future__ import annotations

import shlex

import pytest
from hypothesis import given
from hypothesis import strategies as st

from essaim_practice.files.filesystem import FileSystem
from essaim_practice.programs.keys import ESCAPE, HOME, PASTE, PASTED, UP, WORD_LEFT, Keys
from essaim_practice.shell.history import History
from essaim_practice.shell.line_editor import LineEditor, Outcome
from essaim_practice.text.widths import columns, drawn

from .playing import image
from .screen import Screen

UP_, DOWN_, LEFT_, RIGHT_ = b"\x1b[A", b"\x1b[B", b"\x1b[D", b"\x1b[C"


class Prompt:
    """A line that is typed on a screen."""

    def __init__(self, *lines: str, columns: int = 40, prompt: str = "$ ") -> None:
        self.history = History()
        for line in lines:
            self.history.add(line)
        self.editor = LineEditor(self.history)
        self.screen = Screen(10, columns)
        self.prompt = prompt
        self.written = b""
        self.begin()

    def begin(self) -> None:
        self.editor.begin(self.prompt, self.screen.column, self.screen.columns)
        self.draw()

    def draw(self) -> None:
        self.written = self.editor.show().replace("\n", "\r\n").encode()
        self.screen.write(self.written)

    def type(self, data: bytes) -> Outcome | None:
        outcome = self.editor.type(data)
        self.draw()
        return outcome

    @property
    def line(self) -> str:
        """The text, with its cursor."""
        text, at = self.editor.text, self.editor.at
        return f"{text[:at]}|{text[at:]}"


@pytest.mark.parametrize(
    ("data", "keys"),
    [
        (b"ab", ["ab"]),
        (b"\x1b[A\x1bOH", [UP, HOME]),
        (b"\x1b[1;5D", [WORD_LEFT]),
        (b"a\x1b[200~b\r\x1b[201~", ["a", PASTE, "b", "\r", PASTED]),
        ("é日".encode(), ["é日"]),
        (b"\x1bb\x1b\x7f", ["\x1bb", "\x1b\x7f"]),
        (b"x\x1b[5;7Ry", ["x", "y"]),  # where the cursor is: an answer, nothing typed
        (b"\x00\xff", ["\udcff"]),
    ],
)
def test_keys_are_read_however_their_bytes_come(data: bytes, keys: list[str]) -> None:
    assert Keys(alt=True).read(data) == keys
    one_by_one = Keys(alt=True)
    found = [key for byte in data for key in one_by_one.read(bytes((byte,)))]
    assert "|".join(found).replace("a|b", "ab").replace("é|日", "é日") == "|".join(keys)


def test_escape_is_a_key_where_nothing_follows_it_or_what_is_no_key() -> None:
    keys = Keys(alt=False)
    assert keys.read(b"\x1b") == [ESCAPE]
    assert keys.read(b"\x1b:w\x1b[A") == [ESCAPE, ":w", UP]
    assert keys.read(b"\x1bO") == [ESCAPE, "O"]


@pytest.mark.parametrize(
    ("typed", "line"),
    [
        (b"abc" + LEFT_ + b"X", "abX|c"),
        (b"abc\x01X\x05Y", "XabcY|"),
        (b"abc\x1b[HX\x1b[FY", "XabcY|"),
        (b"abc\x02\x02\x06X", "abX|c"),
        (b"abc\x01\x1b[3~", "|bc"),
        (b"abc\x01\x04", "|bc"),
        (b"abc\x7f\x08", "a|"),
        (b"one two\x0b\x01\x0b\x19\x19", "one twoone two|"),
        (b"one two\x15x", "x|"),
        (b"one two  \x17", "one |"),
        (b"a/b c/d\x17\x17", "|"),
        (b"a\x17\x17b\x19", "ba|"),
        (b"one two\x17\x17\x19", "one two|"),  # what is cut in one go comes back whole
        (b"one two\x1bb\x1bbX", "X|one two"),
        (b"one two\x01\x1bf\x1bfX", "one twoX|"),
        (b"one-two\x1b\x7f", "one-|"),
        (b"one two\x01\x1bd", "| two"),
        (b"one two" + b"\x1b[1;5D" + b"X", "one X|two"),
        (b"ab\x14", "ba|"),
        (b"abc\x01\x06\x14", "ba|c"),
        ("éa\u0301".encode() + LEFT_ + b"X", "éX|a\u0301"),
        ("日本\x7f".encode(), "日|"),
        (b"a\x1b[200~b\tc\x1b[201~", "ab\tc|"),
        (b"\x1b[15~\x1b[Zx", "x|"),  # keys that do nothing here
    ],
)
def test_a_key_does_what_it_does(typed: bytes, line: str) -> None:
    prompt = Prompt()
    assert prompt.type(typed) is None
    assert prompt.line == line
    shown = prompt.editor.text.replace("\t", "    ")
    assert prompt.screen.lines == [f"$ {shown}".rstrip()]
    before = prompt.editor.text[: prompt.editor.at].replace("\t", "    ")
    assert prompt.screen.cursor == (0, 2 + columns(before))


@pytest.mark.parametrize(
    ("typed", "written"),
    [
        (b"c", b"c"),
        (LEFT_, b"\b"),
        (b"\x7f", b"\b\x1b[J"),
        (b"\x01", b"\b\b"),
    ],
)
def test_a_key_is_shown_by_a_few_bytes(typed: bytes, written: bytes) -> None:
    prompt = Prompt()
    prompt.type(b"ab")
    prompt.type(typed)
    assert prompt.written == written


def test_the_history_comes_with_the_arrows() -> None:
    prompt = Prompt("one", "two", "two", "  ")
    prompt.type(b"draft" + UP_)
    assert prompt.line == "two|"
    prompt.type(UP_ + UP_)
    assert prompt.line == "one|"
    prompt.type(b"\x0e")
    assert prompt.line == "two|"
    prompt.type(DOWN_ + DOWN_)
    assert prompt.line == "draft|"
    assert prompt.screen.lines == ["$ draft"]


def test_ctrl_r_searches_the_history() -> None:
    prompt = Prompt("docker ps", "ls -l", "docker images")
    prompt.type(b"\x12")
    assert prompt.screen.lines == ["(reverse-i-search)`':"]
    prompt.type(b"do")
    assert prompt.screen.lines == ["(reverse-i-search)`do': docker images"]
    prompt.type(b"\x12")
    assert prompt.screen.lines == ["(reverse-i-search)`do': docker ps"]
    prompt.type(b"\x12")
    assert prompt.screen.lines == ["(failed reverse-i-search)`do': docker ps"]
    prompt.type(b"x\x7f\x7f\x7f" + b"ls")
    assert prompt.screen.lines == ["(reverse-i-search)`ls': ls -l"]
    prompt.type(b"\x05a")
    assert (prompt.line, prompt.screen.lines) == ("ls -la|", ["$ ls -la"])
    prompt.type(b"\x12docker\x07")
    assert (prompt.line, prompt.screen.lines) == ("ls -la|", ["$ ls -la"])
    prompt.type(b"\x12ima")
    assert prompt.type(b"\r") is Outcome.LINE
    assert prompt.editor.text == "docker images"
    assert prompt.screen.lines == ["$ docker images"]


def test_enter_ctrl_c_and_ctrl_d() -> None:
    prompt = Prompt()
    assert prompt.type(b"abc\x01\x04\x03def") is Outcome.INTERRUPT
    assert prompt.screen.lines == ["$ bc^C"]
    assert prompt.screen.cursor == (1, 0)
    prompt.begin()
    assert prompt.type(b"\r") is Outcome.LINE
    assert prompt.editor.text == "def"  # what comes with Ctrl-C, and after it, is typed
    prompt.begin()
    assert prompt.type(b"\x04") is Outcome.END
    prompt.begin()
    assert prompt.type(b"ab\x01\r") is Outcome.LINE
    assert prompt.editor.text == "ab"


def test_a_paste_of_several_lines_comes_line_by_line() -> None:
    prompt = Prompt()
    assert prompt.type(b"\x1b[200~if true\r") is Outcome.LINE
    assert prompt.editor.text == "if true"
    prompt.begin()
    assert prompt.type(b"\tthen a\x1b[201~\t") is Outcome.COMPLETE
    assert prompt.editor.text == "\tthen a"
    # A terminal that does not mark what is pasted: nobody types a Tab and Enter at once.
    assert prompt.type(b"\x15\ty\r") is Outcome.LINE
    assert prompt.editor.text == "\ty"


@pytest.mark.parametrize(
    ("typed", "lines", "cursor"),
    [
        (b"12345678", ["$ 12345678"], (1, 0)),
        (b"123456789", ["$ 12345678", "9"], (1, 1)),
        (b"123456789\x7f", ["$ 12345678"], (1, 0)),
        (b"123456789\x01", ["$ 12345678", "9"], (0, 2)),
        (b"123456789\x01X", ["$ X1234567", "89"], (0, 3)),
        (b"12345678901234567890\x01\x0b", ["$"], (0, 2)),
        ("1234567日".encode(), ["$ 1234567", "日"], (1, 2)),
        ("1234567日\x01x".encode(), ["$ x1234567", "日"], (0, 3)),
    ],
)
def test_a_line_longer_than_the_screen(
    typed: bytes, lines: list[str], cursor: tuple[int, int]
) -> None:
    prompt = Prompt(columns=10)
    prompt.type(typed)
    assert (prompt.screen.lines, prompt.screen.cursor) == (lines, cursor)


TYPED = st.lists(
    st.sampled_from(
        [
            *(bytes((byte,)) for byte in b"ab /\x01\x02\x04\x05\x06\x08\x0b\x0e\x10\x14\x15\x17"),
            *("日 é a\u0301 \x19 \x0c \t \x1bb \x1bd \x1bf \x12".encode().split(b" ")),
            *(UP_, LEFT_, RIGHT_, b"abcdefgh", b"\x1b[200~\t\x01x\x1b[201~"),
        ]
    ),
    max_size=40,
)


@given(TYPED, st.integers(5, 14), st.integers(0, 9))
def test_the_screen_shows_the_line_whatever_is_typed(
    typed: list[bytes], across: int, column: int
) -> None:
    prompt = Prompt("", columns=across)
    prompt.screen = screen = Screen(200, across)
    screen.write(b"." * min(column, across - 1))
    prompt.history.add("an older line")
    prompt.begin()
    for data in typed:
        prompt.type(data)
        if "\x12" in data.decode():
            prompt.type(b"\x07")
    text, at = prompt.editor.text, prompt.editor.at
    wanted, before = Screen(200, across), Screen(200, across)
    ahead = "" if b"\x0c" in typed else "." * min(column, across - 1)
    wanted.write((ahead + "$ " + drawn(text)).encode())
    before.write((ahead + "$ " + drawn(text[:at])).encode())
    assert screen.lines == wanted.lines
    row, place = before.cursor
    assert screen.cursor == ((row + 1, 0) if place == across else (row, place))


def test_a_screen_of_another_width() -> None:
    prompt = Prompt(columns=20)
    prompt.type(b"1234567890123456")
    prompt.screen.columns = 10
    prompt.screen.cells = [list("$ 12345678"), list("90123456  "), *([" "] * 10 for _ in range(8))]
    prompt.screen.row, prompt.screen.column = 1, 8
    prompt.editor.resized(10)
    prompt.draw()
    assert prompt.screen.lines == ["$ 12345678", "90123456"]
    assert prompt.screen.cursor == (1, 8)


def test_a_prompt_of_two_lines() -> None:
    prompt = Prompt(prompt="[node1] ~\n\x1b[32m$\x1b[0m ")
    prompt.type(b"abc\x12x\x07")
    assert prompt.screen.lines == ["[node1] ~", "$ abc"]
    prompt.type(b"\x0c")
    assert prompt.screen.lines == ["[node1] ~", "$ abc"]
    assert prompt.screen.cursor == (1, 5)


def completed(prompt: Prompt, words: list[str]) -> None:
    assert prompt.type(b"\t") is Outcome.COMPLETE
    text = prompt.editor.text[: prompt.editor.at]
    start = text.rfind(" ") + 1
    prompt.editor.complete(start, text[start:], words, shlex.quote)
    prompt.draw()


def test_tab_completes_and_twice_lists() -> None:
    prompt = Prompt()
    prompt.type(b"ls al b\x02\x02")
    completed(prompt, ["alpha beta.txt"])
    assert prompt.line == "ls 'alpha beta.txt' | b"
    prompt.type(b"\x15\x0bcd a")
    completed(prompt, ["app/", "apple/"])
    assert prompt.line == "cd app|"
    completed(prompt, ["app/", "apple/"])
    assert prompt.screen.lines == ["$ cd app", "app/    apple/", "$ cd app"]
    assert prompt.screen.cursor == (2, 8)
    prompt.type(b"l")
    completed(prompt, ["apple/"])
    assert prompt.line == "cd apple/|"
    completed(prompt, [])
    assert (prompt.line, prompt.screen.bells) == ("cd apple/|", 1)


def test_the_history_is_kept_in_a_file() -> None:
    fs = FileSystem(image().files, lambda: 0.0)
    first = History()
    first.keep_in(fs, "/.ash_history")
    for line in ("one", "one", "two\nthree", "é" * 9000):
        first.add(line)
    assert fs.read("/.ash_history") == b"one\ntwo\nthree\n"
    second = History()
    second.keep_in(fs, "/.ash_history")
    assert second.lines == ["one", "two", "three"]
    for number in range(2000):
        second.add(f"line {number}")
    third = History()
    third.keep_in(fs, "/.ash_history")
    assert third.lines == [f"line {number}" for number in range(1500, 2000)]
    assert fs.read("/.ash_history").count(b"\n") == 500
    lost = History()
    lost.keep_in(fs, "/nosuch/.ash_history")
    lost.add("kept in mind")
    assert lost.lines == ["kept in mind"]


def test_a_history_takes_little_memory() -> None:
    history = History()
    for number in range(400):
        history.add(f"{number} " + "x" * 4000)
    assert sum(map(len, history.lines)) <= 64 * 1024


def test_a_long_line_costs_little() -> None:
    prompt = Prompt(columns=200)
    prompt.screen = Screen(300, 200)
    prompt.type(b" !" * 20_000)
    assert len(prompt.editor.text) == 4096
    prompt.type(b"\x1bb\x1b\x7f\x17\x05\x17")
