"""From a compose file to what the API is sent; what is not played is refused by name."""

from __future__ import annotations

import pytest

from core.commands.compose_specs import plan
from core.errors import InvalidCommand

LEAST = "services:\n  web:\n    image: nginx\n"


def service(text: str) -> dict[str, object]:
    lines = "".join(f"    {line}\n" for line in text.splitlines())
    (made,) = plan("site", LEAST + lines).services
    return made


def test_the_least_stack_gets_the_names_and_labels_of_the_docker_command() -> None:
    made = plan("site", LEAST)
    namespace = {"com.docker.stack.namespace": "site"}
    assert made.networks == {"site_default": {"driver": "overlay", "labels": namespace}}
    (web,) = made.services
    assert web["name"] == "site_web"
    assert web["labels"] == namespace | {"com.docker.stack.image": "nginx"}
    assert web["mode"] == {"Replicated": {}}  # the engine's own default is one
    assert web["task_template"]["ContainerSpec"]["Labels"] == namespace
    assert web["task_template"]["Networks"] == [{"Target": "site_default", "Aliases": ["web"]}]


def test_environment_may_be_names_or_lines() -> None:
    for text in ("environment: {B: 2, A: true}", "environment: [A=true, B=2]"):
        task = service(text)["task_template"]
        assert task["ContainerSpec"]["Env"] == ["A=true", "B=2"]  # type: ignore[index]


def test_a_command_may_be_a_line_or_words() -> None:
    for text in ("command: sleep '1 0'", "command: [sleep, '1 0']"):
        task = service(text)["task_template"]
        assert task["ContainerSpec"]["Args"] == ["sleep", "1 0"]  # type: ignore[index]


def test_dollars_are_doubled_as_compose_wants_them() -> None:
    task = service("command: echo $$5")["task_template"]
    assert task["ContainerSpec"]["Args"] == ["echo", "$5"]  # type: ignore[index]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "no services"),
        ("- services", "no services"),
        ("services: {}", "no services"),
        ("services: [", "no YAML: see line 1"),
        ("services: {web: {}}", "services.web wants an image"),
        ("services: {web: {image: nginx, nonsense: 1}}", "services.web.nonsense is not played"),
        ("services: {web: {image: $IMAGE}}", "services.web wants an image"),
        ("services: {web: {image: '${IMAGE'}}", "cannot be filled in"),
        ("services: {web: {image: nginx, volumes: [data:/b]}}", "declares no volume data"),
        ("services: {web: {image: nginx, ports: [http]}}", "no port"),
        ("services: {web: {image: nginx, deploy: {mode: many}}}", "replicated or global"),
        ("services: {web: {image: nginx, deploy: {replicas: some}}}", "whole number"),
        ("services: {web: {image: nginx, deploy: {update_config: {delay: 5}}}}", "delay"),
        ("services: {web: {image: nginx, command: echo 'a}}", "command: a quote"),
        ("services: {web: {image: nginx, deploy: {resources: {limits: {cpus: x}}}}}", "no number"),
        ("services: {web: {image: nginx, deploy: {resources: {limits: {memory: x}}}}}", "no size"),
        (
            "services: {web: {image: nginx, deploy: {resources: {limits: {memory: 1.2.3}}}}}",
            "no size",
        ),
        (
            "services: {web: {image: nginx, deploy: {update_config: {max_failure_ratio: x}}}}",
            "no number",
        ),
        ("services: {web: {image: nginx, secrets: [pw]}}", "declares no secret pw"),
        ("services: {web: {image: nginx, networks: [back]}}", "declares no network back"),
        ("services: {web: {image: nginx}}\nplugins: {a: {}}", "plugins is not played"),
        ("services: {web: {image: nginx}}\nsecrets: {pw: {}}", "file: or external"),
        ("services: {web: nginx}", "services.web should be names"),
    ],
)
def test_what_is_wrong_is_said_in_one_sentence(text: str, words: str) -> None:
    with pytest.raises(InvalidCommand) as refusal:
        plan("site", text)
    assert words in str(refusal.value)
    assert "\n" not in str(refusal.value)


def _nested(first: str, form: str) -> str:
    """Aliases of aliases: ten of each in the next."""
    lines = [f"x-0: &a0 {first}"]
    for number in range(1, 12):
        aliases = ", ".join([f"*a{number - 1}"] * 10)
        lines.append(f"x-{number}: &a{number} {form.format(aliases)}")
    return "\n".join(lines)


@pytest.mark.parametrize(
    "text",
    [
        _nested("[x]", "[{}]") + "\nservices: {web: {image: nginx, command: *a11}}",
        _nested("{k: v}", "{{<<: [{}]}}") + "\nservices: {web: {image: nginx}}",
        f"x-0: &a '{'$$' * 50_000}'\nservices: {{web: {{image: nginx, command: "
        f"[{', '.join(['*a'] * 5000)}]}}}}",
        "services: {web: &a {image: nginx, command: [*a]}}",
        "services: {web: {image: nginx, command: " + "[" * 5000 + "]" * 5000 + "}}",
        f"version: {'9' * 5000}",
        "version: 2026-99-99",
    ],
)
def test_a_small_file_stands_for_no_endless_one(text: str) -> None:
    with pytest.raises(InvalidCommand, match="no YAML"):
        plan("site", text)


def test_aliases_save_words() -> None:
    env = "x-env: &env {A: '1', B: '2'}\n"
    services = ", ".join(f"s{n}: {{image: nginx, environment: *env}}" for n in range(50))
    assert len(plan("site", f"{env}services: {{{services}}}").services) == 50
