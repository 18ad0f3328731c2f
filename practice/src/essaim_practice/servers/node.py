"""Node.js: its versions, and texts that it prints; no JavaScript runs."""

from __future__ import annotations

import re
from posixpath import basename

from essaim_practice.programs.base import Context, Program, executable, find, program
from essaim_practice.programs.steps import READ, Steps, line, printing

_SAID = re.compile(r"""console\.log\(\s*(?:(["'`])([^"'`\\$]*)\1|([0-9]{1,15}))\s*\)\s*;?""")


@executable(("node",), "docker-entrypoint.sh")
def entrypoint(argv: list[str], context: Context) -> Program:
    """Runs a program; what is none, or is an option, is node's."""
    words = argv[1:]
    if not words or words[0].startswith("-") or find(words[0], context) is None:
        words = ["node", *words]
    return program(words, context)


@executable(("node",), "node", "nodejs")
def node(argv: list[str], context: Context) -> Program:
    words = argv[1:]
    version = f"v{context.env.get('NODE_VERSION', '24.19.0')}"
    if words[:1] in (["-v"], ["--version"]):
        return Program(printing(version))
    if not words:
        return Program(_listening(context, version))
    name = {"-e": "[eval]", "--eval": "[eval]", "-p": "[eval]"}.get(words[0], words[0])
    if name == "[eval]":
        source: str | None = " ".join(words[1:2])
    else:
        path = name if context.file(name) is not None else f"{name}.js"
        content = context.file(path)
        source = content.decode(errors="replace") if content is not None else None
    if source is None:
        return Program(printing(_MISSING.format(context.path(name), version), 1, 2))
    found = [_SAID.fullmatch(text.strip()) for text in source.strip().splitlines() if text.strip()]
    if not found or None in found:
        told = f"(simulated) the practice engine does not run JavaScript: {basename(name)}"
        return Program(printing(told, 1, 2))
    return Program(printing("\n".join(one[2] or one[3] or "" for one in found if one)))


_MISSING = """\
node:internal/modules/cjs/loader
  throw err;
  ^

Error: Cannot find module '{0}' {{
  code: 'MODULE_NOT_FOUND',
  requireStack: []
}}

Node.js {1}"""


def _listening(context: Context, version: str) -> Steps:
    if context.tty:  # whoever types there waits for answers
        yield line(f"Welcome to Node.js {version}.")
        yield line("(simulated) the practice engine does not run JavaScript line by line")
    while (yield READ):
        pass
    return 0
