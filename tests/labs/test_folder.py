"""A lab's folder is read, and what is wrong with it is one clear sentence each."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from core.labs import markdown
from core.labs.catalogue import VARIABLE, found
from core.labs.folder import read
from core.labs.markdown import LONG
from core.labs.moves import Curl, InstanceFault, Join, Written
from core.labs.texts import read as texts

from .teaching import ENGLISH, TOML, lab


def test_a_folder_becomes_a_lab_without_a_line_of_python(tmp_path: Path) -> None:
    reading = read(lab(tmp_path / "word"))
    assert reading.faults == ()
    assert reading.lab is not None
    assert [step.name for step in reading.lab.steps] == ["run", "clean"]
    text = texts(reading.lab, "fr")  # in English, as there is no French
    assert text.title == "A word from a container"
    assert text.minutes == 5
    step = text.steps["run"]
    assert (step.title, step.why) == ("Let it speak", "A container runs one program.")
    assert step.hints == ("The command comes after the image.",)
    assert step.remarks["program"] == "It has not run `{wanted}`."
    assert step.remarks["few"]  # the statement's own sentence
    (question,) = step.questions
    assert (question.ask, question.answers, question.right) == (
        "Does it still run?",
        ("Yes", "No"),
        1,
    )
    assert question.because == "Its program has ended."


def test_a_solution_is_made_of_lines_and_of_what_no_line_does(tmp_path: Path) -> None:
    moves = (
        'solution = ["docker node ls", "curl http://localhost:80", { join = "node2" }, '
        '{ off = "<other managers>" }, { mend = true }, { curl = 80, times = 3 }, '
        '{ line = "docker build -t a .", append = { "app.py" = "x" } }]'
    )
    toml = TOML.replace('solution = ["docker container rm <containers>"]', moves)
    reading = read(lab(tmp_path / "word", toml))
    assert reading.lab is not None
    assert reading.lab.steps[1].solution == (
        Written("docker node ls"),
        Curl(80),
        Join("node2"),
        InstanceFault("off", "<other managers>"),
        InstanceFault("mend"),
        Curl(80, 3),
        Written("docker build -t a .", (("app.py", "x"),)),
    )


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ('start = "engine"', 'start = "enigne"', "start is 'enigne': it must be one of engine"),
        ("minutes = 5", "", "minutes must say how long the lab takes"),
        ("minutes = 5", "minutes = 5\nminuets = 5", "'minuets' is unknown; perhaps 'minutes'"),
        ("minutes = 5", "minutes = ", "lab.toml cannot be read: Invalid value (at line 2"),
        ("minutes = 5", "minutes = 5\nstand_ins = 3", "stand_ins must give an image"),
        (TOML[TOML.index("[[") :], "", "there are no steps: each begins with [[steps]]."),
        ('name = "clean"', 'name = "Clean up"', "step 2 needs a name of small letters"),
        ('name = "clean"', 'name = "run"', "two steps are called run."),
        ('{ is = "no containers" }', '{ is = "no container" }', "perhaps 'no containers' is meant"),
        ('checks = [{ is = "no containers" }]', "", "step clean: it has no check:"),
        ('solution = ["docker container rm <containers>"]', "", "step clean: it has no solution:"),
        ("look = [", "loook = [", "step run: 'loook' is unknown; perhaps 'look' is meant."),
        ('look = ["docker container ls -a"]', 'look = "docker"', "look must be a list of lines"),
        ("<containers>", "<contaner>", "<contaner> is no placeholder: there are <address>,"),
        ("<containers>", "<noted>", "<noted> is no placeholder"),
        (
            '["docker container rm <containers>"]',
            "[{ curl = 80, times = 1000000000 }]",
            "is no move: a docker line",
        ),
        ("container rm", "container rn", "'docker container rn <containers>' is not understood:"),
        ("docker container rm <containers>", "rm -rf /", "'rm -rf /' is no move: a docker line"),
        ("docker container ls -a", "docker ps\\nrm -rf /", "must be one line."),
    ],
)
def test_a_fault_of_the_logic_is_one_sentence(
    tmp_path: Path, old: str, new: str, fault: str
) -> None:
    assert old in TOML
    reading = read(lab(tmp_path / "word", TOML.replace(old, new)))
    assert reading.lab is None
    said = [each for each in reading.faults if each.startswith("lab.toml")]
    assert len(said) == 1
    assert fault in said[0]
    assert said[0].endswith((".", "?"))


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ("# A word", "A word\n\n# A word", "line 1: there is text before the title"),
        ("# A word from a container", "", "it has no title"),
        ("What a container says, and how it goes.", "", "below the title stands nothing"),
        ("## End", "## Ende", "“## Ende” is neither “## name: Title” of a step nor “## End”."),
        ("## clean:", "## cleam:", "the step clean is missing: “## clean: Title”."),
        ("## clean:", "## cleam:", "lab.toml has no step cleam."),
        ("### Do\n\nRemove it.", "", "the step clean has no “### Do”."),
        ("### Do\n\nRemove it.", "### Do", "there is nothing below “### Do”."),
        ("It still takes room.", "", "the step clean does not say why"),
        ("### Hint", "### Tip", "“### Tip” is unknown: there are Do, See, Otherwise, Hint"),
        ("- [x] No", "- [ ] No", "a question has a text, then answers"),
        ("### Remark program", "### Remark", "a remark has a word of its own"),
        ("### Remark program", "### Remark weather", "has no remark weather; its checks know pro"),
        ("{wanted}", "{hostname}", "has {hostname}: nothing fills it in; there are {"),
        ("{wanted}", "{wanted.__class__}", "has {wanted.__class__}: nothing fills it in"),
        ("{wanted}", "{}", "has {}: nothing fills it in"),
        ("{wanted}", "{wanted:>999999999}", "has more than a name between braces."),
        ("{wanted}", "{wanted:{image.__class__}}", "has more than a name between braces."),
        ("{wanted}", "{wanted!r}", "has more than a name between braces."),
        ("Remove it.", r"\`![it](http://somewhere/x.png)\`", "an image is not shown"),
        ("{wanted}", "{wanted", "has a brace without its other half."),
        ("Remove it.", "Remove <b>it</b>.", "<b> is HTML, which is not shown"),
        ("Remove it.", "<script>alert(1)</script>", "<script> is HTML, which is not shown"),
        ("Remove it.", "![it](http://somewhere/x.png)", "an image is not shown: describe it."),
        ("Remove it.", "[it](javascript:alert(1))", "a link leads to javascript:alert(1"),
        ("Remove it.", "[it][1]\n\n[1]: javascript:x", "a link leads to javascript:x"),
    ],
)
def test_a_fault_of_the_texts_is_one_sentence(
    tmp_path: Path, old: str, new: str, fault: str
) -> None:
    assert old in ENGLISH
    reading = read(lab(tmp_path / "word", en=ENGLISH.replace(old, new)))
    assert reading.lab is None
    said = [each for each in reading.faults if fault in each]
    assert len(said) == 1, reading.faults
    assert said[0].startswith("en.md")


@pytest.mark.parametrize(
    "text",
    [
        "`<ip>` and ``a ` b`` <https://docs.docker.com>",
        "[docs](https://docs.docker.com), [below](#a), [mail](mailto:a@b.c)",
        "```sh\ncat < file > other <b>\n```",
        "1 < 2 and 3 > 2",
    ],
)
def test_code_and_links_to_pages_are_no_fault(text: str) -> None:
    assert list(markdown.unsafe(text)) == []


def test_html_does_not_hide_behind_code_that_is_none() -> None:
    assert list(markdown.unsafe("a ` b\n\n<img src=x> ` c"))
    assert list(markdown.unsafe("    ```\n<img src=x>\n    ```"))


def test_each_language_says_as_much_as_the_others(tmp_path: Path) -> None:
    less = ENGLISH.replace("### Hint\n\nThe command comes after the image.\n", "")
    less = less.replace("- [ ] Yes\n- [x] No", "- [x] Oui\n- [ ] Non")
    reading = read(lab(tmp_path / "word", en=ENGLISH, fr=less))
    assert reading.faults == (
        "fr.md: the hints of the step run are not those of en.md.",
        "fr.md: the right answers of the step run are not those of en.md.",
    )


def test_a_folder_that_is_none_or_too_much_is_told(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    assert read(tmp_path / "empty").faults == ("there is no file lab.toml.",)
    assert read(lab(tmp_path / "word", TOML, de="")).faults[0].startswith("de.md: it has no title")
    texts_missing = lab(tmp_path / "silent")
    (texts_missing / "en.md").unlink()
    assert read(texts_missing).faults[0].startswith("there are no texts: write en.md")
    (told,) = read(lab(tmp_path / "Word 1")).faults
    assert told.startswith("the folder’s name 'Word 1' is the lab’s")
    for name in ("3", "all"):  # else /labs?lab=3 would lead to it
        assert read(lab(tmp_path / name)).faults[0].startswith(f"no lab is called {name}: ")
    long = lab(tmp_path / "long", TOML + "#" * LONG)
    assert read(long).faults[0].startswith("lab.toml cannot be read: it is longer than")
    wordy = lab(tmp_path / "wordy", en=ENGLISH + "a" * LONG)
    assert read(wordy).faults[0].startswith("en.md cannot be read: it is longer than")
    deep = lab(tmp_path / "deep", TOML + "deep = " + "[" * 100_000)
    assert read(deep).faults == ("lab.toml cannot be read: it is nested too deep.",)
    endless = lab(tmp_path / "endless")
    (endless / "fr.md").symlink_to("/dev/zero")
    assert "fr.md cannot be read: it is no file." in read(endless).faults


def test_more_folders_are_named_by_the_environment(tmp_path: Path) -> None:
    mine = lab(tmp_path / "mine" / "word")
    more = lab(tmp_path / "more")
    wrong = lab(tmp_path / "mine" / "wrong", "start = 3")
    again = lab(tmp_path / "lab3")
    value = os.pathsep.join(str(path) for path in (tmp_path / "mine", more, again))
    readings = {reading.folder: reading for reading in found({VARIABLE: value})}
    assert [folder.name for folder in readings][:7] == [f"lab{n}" for n in range(1, 8)]
    assert readings[mine].lab
    assert readings[more].lab
    assert readings[wrong].faults
    assert readings[again].faults == (
        "there is a lab called lab3 already: give the folder another name.",
    )


def test_a_folder_that_is_not_there_is_told(tmp_path: Path) -> None:
    value = os.pathsep.join((str(tmp_path / "nowhere"), "~no-such-user/labs", ""))
    told = [reading.faults for reading in found({VARIABLE: value}) if not reading.lab]
    assert told == [("there is no file lab.toml.",)] * 2


def test_a_broken_folder_is_left_out_and_the_log_says_why(tmp_path: Path) -> None:
    lab(tmp_path / "word")
    lab(tmp_path / "wrong", TOML.replace("engine", "enigne"))
    program = "from core.labs.catalogue import LABS; print(*(lab.name for lab in LABS))"
    done = subprocess.run(
        [sys.executable, "-c", program],
        env={**os.environ, VARIABLE: str(tmp_path)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.split()[-2:] == ["lab7", "word"]
    assert "wrong is left out: lab.toml: start is 'enigne'" in done.stderr
