"""The whale of Docker's first tutorial: ``docker run docker/whalesay cowsay boo``."""

from __future__ import annotations

from textwrap import wrap

from essaim_practice.programs.base import Context, Program, executable
from essaim_practice.programs.steps import printing

_WIDTH = 39  # characters of a line in its bubble
_LONGEST = 4096  # characters that it says
_WHALE = r"""
    \
     \
      \
                    ##        .
              ## ## ##       ==
           ## ## ## ##      ===
       /"{dots}"___/ ===
  ~~~ {{~~ ~~~~ ~~~ ~~~~ ~~ ~ /  ===- ~~~
       \______ o          __/
        \    \        __/
          \____\______/""".format(dots='"' * 14)


@executable(("whalesay",), "cowsay")
def cowsay(argv: list[str], context: Context) -> Program:
    return Program(printing(_bubble(" ".join(argv[1:])[:_LONGEST]) + _WHALE))


def _bubble(text: str) -> str:
    lines = wrap(text, _WIDTH) or [""]
    width = max(map(len, lines))
    edges = [("|", "|")] * len(lines)
    if len(lines) == 1:
        edges = [("<", ">")]
    else:
        edges[0], edges[-1] = ("/", "\\"), ("\\", "/")
    said = [f"{a} {line:{width}} {b}" for (a, b), line in zip(edges, lines, strict=True)]
    return "\n".join([f" {'_' * (width + 2)} ", *said, f" {'-' * (width + 2)} "])
