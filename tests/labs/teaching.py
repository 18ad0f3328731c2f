"""A lab as a teacher writes one: two steps, in English alone."""

from __future__ import annotations

from pathlib import Path

TOML = """\
start = "engine"
minutes = 5

[[steps]]
name = "run"
checks = [{ is = "container", image = "alpine", program = ["echo"] }]
solution = ["docker container run alpine echo hello"]
look = ["docker container ls -a"]

[[steps]]
name = "clean"
checks = [{ is = "no containers" }]
solution = ["docker container rm <containers>"]
"""

ENGLISH = """\
# A word from a container

What a container says, and how it goes.

## run: Let it speak

A container runs one program.

### Do

Let a container of alpine say `hello`.

### See

`hello`, and a container that is `Exited (0)`.

### Hint

The command comes after the image.

### Remark program

It has not run `{wanted}`.

### Question

Does it still run?

- [ ] Yes
- [x] No

Its program has ended.

## clean: Take it away

It still takes room.

### Do

Remove it.

### See

Its name.

## End

You have heard a container.
"""


def lab(folder: Path, toml: str = TOML, **texts: str) -> Path:
    """A folder with these files; texts: by language, English where none is named."""
    folder.mkdir(parents=True)
    (folder / "lab.toml").write_text(toml, encoding="utf-8")
    for language, text in (texts or {"en": ENGLISH}).items():
        (folder / f"{language}.md").write_text(text, encoding="utf-8")
    return folder
