"""What anybody may see of a real engine holds nothing that people write into it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from core.cluster.public import HIDDEN, MASK, PublicView, public, readable, redacted, safe_words
from core.cluster.snapshot import ClusterSnapshot
from tests.control.test_protection import snapshot

SECRET = "hunter2"


def written() -> ClusterSnapshot:
    """A cluster in which the secret stands wherever people can write one."""
    base = snapshot()
    return replace(
        base,
        nodes=tuple(replace(n, labels=(("pin", SECRET),)) for n in base.nodes),
        services=tuple(
            replace(
                s,
                env=(("PASSWORD", SECRET),),
                args=("serve", f"--password={SECRET}"),
                labels=(*s.labels, ("token", SECRET)),
            )
            for s in base.services
        ),
        tasks=tuple(
            replace(t, error=f'exec: "--password={SECRET}": not found', message=SECRET)
            for t in base.tasks
        ),
        containers=tuple(replace(c, command=f"serve --password={SECRET}") for c in base.containers),
    )


def test_no_secret_is_left_in_the_picture() -> None:
    shown = public(written())
    assert SECRET not in repr(shown)
    assert shown.containers[0].command == MASK
    assert shown.services[0].env == (("PASSWORD", MASK),)
    assert {task.error for task in shown.tasks} == {HIDDEN}
    assert shown.services[0].dashboard  # what the pages go by is there
    assert ("com.docker.stack.namespace", "essaim") in shown.services[0].labels


def test_it_is_made_once_of_each_picture() -> None:
    view, whole = PublicView(), written()
    assert view.of(whole) is view.of(whole)
    assert view.of(replace(whole, revision=2)).revision == 2


@pytest.mark.parametrize(
    "words",
    [
        "",
        "started",
        "pending task scheduling",
        "task: non-zero exit (137)",
        "task: non-zero exit (1): dockerexec: unhealthy container",
        "no suitable node (scheduling constraints not satisfied on 2 nodes; 1 node not available "
        "for new tasks)",
        "No such image: nginx:latset",
        'failed to resolve reference "docker.io/library/nginx:latset": '
        "docker.io/library/nginx:latset: not found",
        "No such image: registry.example:5000/team/app:v1@sha256:12ab",
        "assigned node no longer meets constraints",
        "service web not found",
        "node node3 is ambiguous (2 matches found)",
        "pull access denied for mine, repository does not exist or may require 'docker login': "
        "denied: requested access to the resource is denied",
        "manifest for nginx:nope not found: manifest unknown: manifest unknown",
        "manifest for nginx:nope not found: manifest unknown: manifest unknown\n(simulated: of "
        "nginx the practice engine knows 1.31.4, 1.30.4 and older numbers)",
    ],
)
def test_words_that_quote_names_alone_are_shown(words: str) -> None:
    assert safe_words(words) == words


@pytest.mark.parametrize(
    "words",
    [
        f'starting container failed: exec: "--password={SECRET}": executable file not found',
        f"task: non-zero exit (1): {SECRET}",
        f"started {SECRET}",
        f"No such image: nginx {SECRET}",
        f'failed to resolve reference "nginx {SECRET}": nginx: not found',
        f"invalid mount config for type bind: {SECRET}",
        f"started\n{SECRET}",
        f"no suitable node ({SECRET.upper()})",
        f"service web not found: {SECRET}",
    ],
)
def test_words_that_may_quote_more_are_not(words: str) -> None:
    assert safe_words(words) == HIDDEN


def test_what_is_hidden_is_said_in_the_viewers_language() -> None:
    assert readable(HIDDEN, lambda _text: "caché") == "caché"
    assert readable("started", lambda _text: "caché") == "started"


def test_an_answer_of_the_api_is_veiled_wherever_it_is_deep() -> None:
    spec = {
        "Name": "web",
        "Labels": {"token": SECRET, "com.docker.stack.namespace": "shop"},
        "TaskTemplate": {
            "ContainerSpec": {
                "Image": "nginx",
                "Command": ["sh", "-c", SECRET],
                "Args": [SECRET],
                "Env": [f"A={SECRET}"],
                "Healthcheck": {"Test": ["CMD", SECRET]},
            }
        },
    }
    answer = redacted(
        [
            {"ID": "1", "Spec": spec, "Status": {"State": "failed", "Err": SECRET}},
            {"Command": f"serve {SECRET}", "Labels": [f"a={SECRET}"], "Ports": [{"PublicPort": 1}]},
        ]
    )
    assert SECRET not in repr(answer)
    assert answer[0]["Spec"]["Labels"]["com.docker.stack.namespace"] == "shop"
    assert answer[1]["Ports"] == [{"PublicPort": 1}]
    assert answer[1]["Command"] == MASK
