"""``python -m core.commands``: all commands, and what is no command here, for docs/commands.md."""

from __future__ import annotations

from core.commands.registry import ALIASES, COMMANDS, summary

INTRODUCTION = """\
# Commands

What can be typed into an instance's terminal or the console, clicked on a page, and found in the
journal. Each also shows the docker-py text that does the same. *Changes* need the password on a
real engine, and so does what *reveals* tokens, environments or the output of programs; pages ask
before what *destroys*.

`python -m core.commands > docs/commands.md` writes this page, and a test compares.

| docker line | flags | what it does | |
|---|---|---|---|
"""

#: What else ``docker --help`` lists, and why it is not here.
ABSENT = {
    "checkpoint": "an engine has checkpoints as an experiment only, and docker-py has none",
    "context": "the page, the terminal or `-H` says which engine is meant",
    "manifest": "it speaks to registries with the login of a machine, and none is kept here",
    "plugin": "practice engines have none, and those of a real engine are its keeper's",
}
ABSENT_TEXT = """
## What is not there

The docker command 29 has these words, too:

{absent}
Its plugins, such as `docker buildx` and `docker compose`, are not there either. Of the options
before the command, `-H` is followed; those on contexts, TLS and logs have no effect. All else that
docker's own help lists is there, and a test compares. Its list is that of docker 28.2, as it prints
it, with what 29 changed, as docker's source and reference have it.
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
    absent = "".join(f"- `docker {name}`: {why}.\n" for name, why in ABSENT.items())
    words = "; ".join(aliases)
    whole = f"{INTRODUCTION}{''.join(rows)}\nShorter and older words: {words}.\n"
    return whole + ABSENT_TEXT.format(absent=absent)


if __name__ == "__main__":
    print(page(), end="")
