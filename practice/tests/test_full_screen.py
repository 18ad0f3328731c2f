"""vi and nano, played on a screen."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from .terminals import Terminal

TEXT = "one two three\n  four\n\nfive\tsix\nseven"
ESC = "\x1b"


def opened(name: str, text: str | None = TEXT, rows: int = 8, columns: int = 40) -> Terminal:
    """An editor on the file /root/f."""
    terminal = Terminal(rows=rows, columns=columns)
    terminal.files.write("/bin/nano", b"", mode=0o755)  # which Alpine's image does not have
    if text is not None:
        terminal.files.write("/root/f", text.encode())
    terminal.type(f"{name} f\r")
    return terminal


def text(terminal: Terminal) -> str:
    return terminal.files.read("/root/f").decode()


# vi


def test_vi_shows_a_file_and_leaves_the_screen_as_it_was() -> None:
    vi = opened("vi", "a\nb\n", rows=5)
    assert vi.screen.lines == ["a", "b", "~", "~", "- f 1/2 50%"]
    assert vi.screen.cursor == (0, 0)
    assert vi.type(":q\r") == ["~ # vi f", "~ #"]
    vi.type("sleep 100\r")
    assert vi.type("\x03")[-2:] == ["^C", "~ #"]  # a signal again


@pytest.mark.parametrize(
    ("typed", "wanted"),
    [
        ("ix", "xone two three\n"),
        ("ax", "oxne two three\n"),
        ("$ax", "one two threex\n"),
        ("Ax\rz", "one two threex\nz\n"),
        ("$Ix", "xone two three\n"),
        ("onew", "one two three\nnew\n"),
        ("Onew", "new\none two three\n"),
        ("wix", "one xtwo three\n"),
        ("wwbix", "one xtwo three\n"),
        ("eax", "onex two three\n"),
        ("x", "ne two three\n"),
        ("3x", " two three\n"),
        ("$X", "one two thre\n"),
        ("dw", "two three\n"),
        ("2dw", "three\n"),
        ("d2w", "three\n"),
        ("wde", "one  three\n"),
        ("wdb", "two three\n"),
        ("wD", "one \n"),
        ("wd$", "one \n"),
        ("wd0", "two three\n"),
        ("cwnew", "new two three\n"),
        ("wcwnew" + ESC + "0.", "new new three\n"),
        ("ccnew", "new\n"),
        ("wCnew", "one new\n"),
        ("snew", "newne two three\n"),
        ("Snew", "new\n"),
        ("rX", "Xne two three\n"),
        ("3rX", "XXX two three\n"),
        ("Rnew!", "new!two three\n"),
        ("~", "One two three\n"),
        ("yyp", "one two three\none two three\n"),
        ("yw$p", "one two threeone \n"),
        ("xp", "noe two three\n"),
        ("ftx", "one wo three\n"),
        ("dtt", "two three\n"),
        ("dft", "wo three\n"),
        ("dwu", "one two three\n"),
        ("xxxuu", "ne two three\n"),
        ("x.", "e two three\n"),
        (">>", "\tone two three\n"),
        (">><<", "one two three\n"),
        ("ia\x7fb\x08c", "cone two three\n"),
        ("A !\x17\x17", "one two \n"),
        ("i\x1b[C\x1b[CX", "onXe two three\n"),
        ("A" + "é日" + ESC + "x", "one two threeé\n"),
        (":s/t/T\r", "one Two three\n"),
        (":s/t/T/g\r", "one Two Three\n"),
        (":%s/\\(t[a-z]*\\)/<\\1>/g\r", "one <two> <three>\n"),
    ],
)
def test_vi_changes_a_line(typed: str, wanted: str) -> None:
    vi = opened("vi", "one two three\n")
    vi.type(typed + ESC)
    vi.type(":wq\r")
    assert text(vi) == wanted
    assert vi.screen.lines[-1] == "~ #"


@pytest.mark.parametrize(
    ("typed", "wanted"),
    [
        ("dd", "2\n3\n4\n"),
        ("jdd", "1\n3\n4\n"),
        ("2dd", "3\n4\n"),
        ("dj", "3\n4\n"),
        ("Gdd", "1\n2\n3\n"),
        ("Gdgg", ""),
        ("3GdG", "1\n2\n"),
        ("ddp", "2\n1\n3\n4\n"),
        ("GddggP", "4\n1\n2\n3\n"),
        ("yyjp", "1\n2\n1\n3\n4\n"),
        ("2yyGp", "1\n2\n3\n4\n1\n2\n"),
        ("ddjddu", "2\n3\n4\n"),
        ("ddjdduu", "1\n2\n3\n4\n"),
        ("3J", "1 2 3\n4\n"),
        ("/3\rx", "1\n2\n\n4\n"),
        ("/[34]\rnx", "1\n2\n3\n\n"),
        ("/[34]\rnNx", "1\n2\n\n4\n"),
        ("?3\rx", "1\n2\n\n4\n"),
        (":3\rx", "1\n2\n\n4\n"),
        (":2,3d\r", "1\n4\n"),
        (":$\rox", "1\n2\n3\n4\nx\n"),
        ("\x1b[B\x1b[Bx", "1\n2\n\n4\n"),
        ("3GkX", "1\n2\n3\n4\n"),
        ("jddjp", "1\n3\n4\n2\n"),
    ],
)
def test_vi_changes_lines(typed: str, wanted: str) -> None:
    vi = opened("vi", "1\n2\n3\n4\n")
    vi.type(typed + ESC + ":x\r")
    assert text(vi) == wanted


def test_vi_says_what_it_cannot_do() -> None:
    vi = opened("vi", "a\n", rows=4, columns=60)
    vi.type("ix" + ESC)
    assert vi.screen.lines[-1] == "- f [Modified] 1/1 100%"
    assert vi.type(":q\r")[-1] == "No write since last change (:q! overrides)"
    assert vi.type(":w /no/such\r")[-1] == "/no/such: No such file or directory"
    assert vi.type("/zz\r")[-1] == "Pattern not found"
    assert vi.type(":w\r")[-1] == "'f' 1L, 3C"
    vi.type("x")
    assert vi.type(":q!\r")[-1] == "~ #"
    assert text(vi) == "xa\n"


def test_vi_makes_a_file() -> None:
    vi = opened("vi", None)
    assert vi.screen.lines[-1] == "'f' [New File]"
    vi.type("iFROM alpine\rRUN true" + ESC + ":wq\r")
    assert text(vi) == "FROM alpine\nRUN true\n"
    nameless = Terminal()
    nameless.type("vi\rix" + ESC + ":w\r")
    assert nameless.screen.lines[-1] == "No current filename"
    nameless.type(":w g\r:q\r")
    assert nameless.files.read("/root/g") == b"x\n"


def test_vi_scrolls_and_is_drawn_anew_on_another_screen() -> None:
    vi = opened("vi", "".join(f"{n}\n" for n in range(50)), rows=6)
    vi.type("G")
    assert vi.screen.lines == ["45", "46", "47", "48", "49", "- f 50/50 100%"]
    vi.type("\x02")
    assert vi.screen.lines[-1] == "- f 45/50 90%"
    vi.type("gg")
    assert vi.screen.lines[0] == "0"
    vi.screen = type(vi.screen)(4, 20)
    vi.resize(4, 20)
    assert vi.screen.lines == ["0", "1", "2", "- f 1/50 2%"]


def test_vi_shows_lines_wider_than_the_screen() -> None:
    vi = opened("vi", "abcdefghijklmnopqrstuvwxyz\n\tx\n日本\n", rows=5, columns=12)
    vi.type("$")
    row, column = vi.screen.cursor
    assert (row, vi.screen.lines[0][column]) == (0, "z")
    vi.type("0j")
    assert vi.screen.lines[1] == "        x"


def test_a_key_in_vi_is_shown_by_a_few_bytes() -> None:
    vi = opened("vi", "".join(f"line {n}\n" for n in range(50)), rows=40, columns=100)
    vi.type("A")
    vi.out = b""
    vi.type("x")
    vi.out = b""
    vi.type("y")
    assert vi.out == b"\x1b[1;8Hy\x1b[1;9H"


@pytest.mark.parametrize("name", ["vi", "nano"])
def test_an_editor_refuses_what_it_cannot_show(name: str) -> None:
    shell = Terminal()
    shell.files.write("/bin/nano", b"", mode=0o755)
    shell.files.write("/root/large", b"x" * 300_000)
    shell.files.write("/root/many", b"\n" * 20_000)
    too_large = ": too large for the practice engine's editor"
    assert shell.run(f"{name} large")[0] == f"{name}: large{too_large}"
    assert shell.run(f"{name} many")[0] == f"{name}: many{too_large}"
    assert shell.run(f"{name} /etc")[0] == f"{name}: /etc: Is a directory"
    assert shell.run(f"echo a | {name} f")[0] == f"{name}: standard input is not a terminal"


def test_an_editor_in_the_background_waits_for_the_terminal() -> None:
    shell = Terminal()
    shell.type("vi f &\r\r")
    shell.type("fg\riabc" + ESC + ":wq\r")
    assert shell.files.read("/root/f") == b"abc\n"
    shell.type("vi f\r")
    shell.process.signal(1)
    shell.clock.advance(1)
    assert shell.out.endswith(b"\x1b[?1049l")
    assert shell.code == 129


KEYS = st.lists(st.sampled_from([*"ixoOAdycpPwbejkhlGgu0$.J~rs3/n:\r", ESC, "\x1b[A", "\x7f"]))


@given(KEYS)
def test_vi_survives_whatever_is_typed(typed: list[str]) -> None:
    vi = opened("vi")
    for key in typed:
        vi.type(key)
    vi.type(ESC + ESC + ":wq! f\r")
    assert vi.code is None
    vi.type("\x15\rtrue\r")
    assert not vi.process.over


# nano


def test_nano_shows_its_keys() -> None:
    nano = opened("nano", "a\nb\n", rows=8, columns=60)
    lines = nano.screen.lines
    assert lines[0].startswith("  GNU nano")
    assert "f" in lines[0].split()
    assert lines[1:3] == ["a", "b"]
    assert lines[-3].strip() == "[ Read 2 lines ]"
    assert lines[-2].startswith("^G Help      ^O Write Out")
    assert lines[-1].startswith("^X Exit")
    assert nano.screen.cursor == (1, 0)
    assert nano.type("\x18") == ["~ # nano f", "~ #"]


@pytest.mark.parametrize(
    ("typed", "wanted"),
    [
        ("x", "xone\ntwo\nthree\n"),
        ("\x1b[B\x05!\r?", "one\ntwo!\n?\nthree\n"),
        ("\x0b", "two\nthree\n"),
        ("\x0b\x0b\x1b[B\x15", "three\none\ntwo\n"),
        ("\x0b\x1b[B\x0b\x15\x15", "two\nthree\nthree\n"),
        ("\x05\x7f\x7f", "o\ntwo\nthree\n"),
        ("\x1b[B\x7f", "onetwo\nthree\n"),
        ("\x04\x1b[3~", "e\ntwo\nthree\n"),
        ("\x17thr\rX", "one\ntwo\nXthree\n"),
        ("\x1f2\rX", "one\nXtwo\nthree\n"),
        ("\x1c" + "t\rT\r", "one\nTwo\nThree\n"),
        ("abc\x1bu", "one\ntwo\nthree\n"),
        ("\x1b/X", "one\ntwo\nthree\nX\n"),
        ("\x1b[B\x1b[D\x1b[DX", "onXe\ntwo\nthree\n"),
    ],
)
def test_nano_changes_a_text(typed: str, wanted: str) -> None:
    nano = opened("nano", "one\ntwo\nthree\n", columns=60)
    nano.type(typed)
    nano.type("\x0f\r")
    assert text(nano) == wanted
    nano.type("\x18")
    assert nano.screen.lines[-1] == "~ #"


def test_nano_asks_before_it_forgets() -> None:
    nano = opened("nano", "a\n", columns=60)
    nano.type("x\x18")
    assert nano.screen.lines[-3].startswith("Save modified buffer?")
    nano.type("\x03")
    assert nano.screen.lines[-3].strip() == "[ Cancelled ]"
    assert "Modified" in nano.screen.lines[0]
    nano.type("\x18n")
    assert (nano.screen.lines[-1], text(nano)) == ("~ #", "a\n")
    nano.type("nano f\rx\x18y")
    assert nano.screen.lines[-2] == "File Name to Write: f"
    nano.type("\r")
    assert (nano.screen.lines[-1], text(nano)) == ("~ #", "xa\n")


def test_nano_says_what_it_cannot_write() -> None:
    nano = opened("nano", "a\n", columns=70)
    nano.type("x\x0f\x15/no/such\r")
    assert "Error writing /no/such: No such file or directory" in nano.screen.lines[-3]
    nano.type("\x17zzz\r")
    assert '"zzz" not found' in nano.screen.lines[-3]
    nano.type("\x03")
    assert "line 1/2 (50%), col 2" in nano.screen.lines[-3]


# watch and top


def test_watch_shows_a_command_again_and_again() -> None:
    shell = Terminal(rows=6, columns=60)
    shell.type("i=0; watch -n1 'echo a >> log; wc -l < log; seq 9'\r", 0.5)
    lines = shell.screen.lines
    assert lines[0].startswith("Every 1.0s: echo a >> log; wc -l < log")
    assert lines[1:] == ["", "1", "1", "2", "3"]
    shell.clock.advance(3)
    assert shell.screen.lines[2] == "4"
    assert shell.type("\x03")[-1] == "~ #"
    assert shell.clock.waiting == 0


def test_top_ends_with_q() -> None:
    shell = Terminal(rows=10)
    shell.type("sleep 100 &\rtop\r")
    assert any("sleep 100" in row for row in shell.screen.lines)
    assert shell.type("q")[-1] == "~ #"
    shell.type("top\r")
    assert shell.type("\x03")[-1] == "~ #"
    shell.type("top\r", 12)
    assert shell.type("q")[-1] == "~ #"


# What is too much


def test_vi_makes_no_text_that_is_too_large() -> None:
    vi = opened("vi", "x" * 1000 + "\n", columns=100)
    said = "The text is too large for the practice engine's editor"
    assert vi.type("yy9999p")[-1] == said
    assert vi.type("yw9999p")[-1] == said
    vi.type(":wq\r")
    assert text(vi) == "x" * 1000 + "\n"


@pytest.mark.parametrize("line", ["é" * 3000, "\t" * 3000, "x" * 40_000])
def test_a_line_that_is_too_long_is_refused(line: str) -> None:
    vi = opened("vi", f"{line}\n", columns=60)
    assert vi.screen.lines[-2:] == ["vi: f: too large for the practice engine's editor", "~ #"]


def test_a_screen_of_any_size_is_one() -> None:
    shell = Terminal(rows=8, columns=40)
    shell.streams.resize(2**31, 2**31)
    shell.type("vi f\r")
    shell.resize(1, 1)
    shell.type("iabc" + ESC)
    shell.resize(8, 40)
    assert shell.type(":wq\r")[-1] == "~ #"
    assert text(shell) == "abc\n"
