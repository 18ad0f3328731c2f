"""``python -m core.commands``: the table of all commands, kept in docs/commands.md."""

from __future__ import annotations

from core.commands.registry import ALIASES, COMMANDS, summary

INTRODUCTION = """\
# Commands

What can be typed into the console, clicked on a page, and found in the journal. Each also shows the
docker-py text that does the same. *Changes* need the password on a real engine, and so does what
*reveals* tokens, environments or the output of programs; pages ask before what *destroys*.

`python -m core.commands > docs/commands.md` writes this page, and a test compares.

| docker line | flags | what it does | |
|---|---|---|---|
"""


def page() -> str:
    rows = []
    for command in COMMANDS:
        line, *flags = command.usage().replace("|", "\\|").splitlines()
        kinds = {"changes": command.changes, "reveals": command.reveals}
        kinds["destroys"] = command.destructive
        said = ", ".join(kind for kind, true in kinds.items() if true)
        shown = "<br>".join(f"`{flag.strip()}`" for flag in flags)
        rows.append(
            f"| `{line.replace(' [OPTIONS]', '')}` | {shown} | {summary(command)} | {said} |\n"
        )
    aliases = [
        f"`docker {' '.join(alias)}` is `docker {' '.join(verb)}`"
        for alias, verb in ALIASES.items()
    ]
    return f"{INTRODUCTION}{''.join(rows)}\nShorter and older words: {'; '.join(aliases)}.\n"


if __name__ == "__main__":
    print(page(), end="")
