"""Python text as a person would write it."""

from __future__ import annotations

import ast

import docker
from hypothesis import given
from hypothesis import strategies as st

from core.commands.source import Call, Code, literal

VALUES = st.recursive(
    st.one_of(
        st.text(st.characters(exclude_categories=["Cs"])), st.integers(), st.booleans(), st.none()
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=4), st.dictionaries(st.text(max_size=3), inner, max_size=3)
    ),
)


@given(VALUES)
def test_a_literal_reads_back(value: object) -> None:
    assert ast.literal_eval(literal(value)) == value


def test_double_quotes_and_names() -> None:
    assert literal(["it's", 'say "hi"', Code("platforms"), (80, "udp")]) == (
        '["it\'s", "say \\"hi\\"", platforms, (80, "udp")]'
    )


def test_a_long_call_takes_a_line_for_each_argument() -> None:
    assert Call("f", 1, a="b") == 'f(1, a="b")'
    assert Call("f", "x" * 60, name="y" * 30) == (
        f'f(\n    "{"x" * 60}",\n    name="{"y" * 30}",\n)'
    )
    assert Call("f", ["x" * 50, "y" * 50]) == (
        f'f(\n    [\n        "{"x" * 50}",\n        "{"y" * 50}",\n    ],\n)'
    )


class Engine:
    """A client of docker-py that notes its calls."""

    def __init__(self) -> None:
        self.api = self
        self.calls: list[tuple[tuple[object, ...], dict[str, object]]] = []

    def tag(self, *values: object, **named: object) -> str:
        self.calls.append((values, named))
        return "tagged"


def test_a_call_does_what_its_text_says() -> None:
    call = Call(
        "client.api.tag", Code("image"), "image", mode=Call("docker.types.ServiceMode", "global")
    )
    assert call == 'client.api.tag(image, "image", mode=docker.types.ServiceMode("global"))'
    done, read = Engine(), Engine()
    assert call.on(done, image="nginx") == "tagged"
    assert eval(call, {"client": read, "docker": docker, "image": "nginx"}) == "tagged"
    assert done.calls == read.calls == [(("nginx", "image"), {"mode": {"global": {}}})]
