"""One line of the console with its answer, and how browsers are told of it."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import Any, Literal

MOST_TEXT = 100_000  # characters of one answer

#: going: it runs until it is stopped. asking: docker's question waits for the next line.
Kind = Literal[
    "waiting", "running", "going", "asking", "done", "help", "refused", "skipped", "terminal"
]
#: How docker asks, below its warning.
QUESTION = "Are you sure you want to continue? [y/N] "


@dataclass(frozen=True, slots=True)
class Answer:
    """One line and its answer."""

    number: int
    line: str
    kind: Kind
    text: str = ""
    terminal: str = ""  # the key of the one that it opened


def message(topic: str, **values: Any) -> str:
    return json.dumps({"topic": topic, **values}, ensure_ascii=False)


def told(answer: Answer) -> str:
    return message("entry", **asdict(answer))


def cut(text: str) -> str:
    """The end of a text that is too long for a screen."""
    return text if len(text) <= MOST_TEXT else f"…\n{text[-MOST_TEXT:]}"
