"""Images: what a pull tells, and what may be removed when."""

from __future__ import annotations

from typing import Any

import docker
import pytest
from docker.errors import APIError, ImageNotFound, NotFound

from essaim_practice.images import hints
from essaim_practice.images.catalogue import look_up
from essaim_practice.images.reference import parse
from essaim_practice.store.errors import ApiError

from .conftest import Call


def pulled(engine: docker.DockerClient, name: str, tag: str = "latest") -> list[dict[str, Any]]:
    return list(engine.api.pull(name, tag=tag, stream=True, decode=True))


@pytest.mark.edition("28.5")
def test_a_pull_is_told_layer_by_layer(engine: docker.DockerClient) -> None:
    told = pulled(engine, "nginx")
    assert told[0] == {"status": "Pulling from library/nginx", "id": "latest"}
    layers = list(dict.fromkeys(line["id"] for line in told[1:] if "id" in line))
    assert len(layers) == 6
    for layer in layers:
        said = list(dict.fromkeys(line["status"] for line in told if line.get("id") == layer))
        assert said[0] == "Pulling fs layer"
        assert said[-5:] == [
            *("Downloading", "Verifying Checksum", "Download complete", "Extracting"),
            "Pull complete",
        ]
    progress = [line for line in told if line["status"] == "Downloading"]
    for line in progress:
        assert 0 < line["progressDetail"]["current"] <= line["progressDetail"]["total"]
        assert line["progress"].startswith("[")
    assert told[-2]["status"].startswith("Digest: sha256:")
    assert told[-1] == {"status": "Status: Downloaded newer image for nginx:latest"}
    assert engine.images.get("nginx").tags == ["nginx:latest"]


def test_a_second_pull_finds_the_image_up_to_date(engine: docker.DockerClient) -> None:
    pulled(engine, "alpine")
    assert [line["status"] for line in pulled(engine, "alpine")] == [
        "Pulling from library/alpine",
        f"Digest: {look_up(parse('alpine')).digest}",  # type: ignore[union-attr]
        "Status: Image is up to date for alpine:latest",
    ]


def test_layers_that_images_share_are_pulled_once(engine: docker.DockerClient) -> None:
    pulled(engine, "nginx")
    told = pulled(engine, "python", "3.11-slim")
    assert [line["status"] for line in told].count("Already exists") == 1


def test_each_engine_has_its_own_images(engine: docker.DockerClient, call: Call) -> None:
    pulled(engine, "alpine")
    assert len(call("GET", "/images/json", node=1).json()) == 1
    assert call("GET", "/images/json", node=2).json() == []


@pytest.mark.edition("28.5")
def test_the_registry_refuses_in_the_daemons_words(engine: docker.DockerClient) -> None:
    with pytest.raises(ImageNotFound) as unknown:
        engine.images.pull("nosuchimage")
    assert unknown.value.explanation == (
        "pull access denied for nosuchimage, repository does not exist or may require "
        "'docker login': denied: requested access to the resource is denied\n"
        + hints.of(parse("nosuchimage"))
    )
    with pytest.raises(NotFound) as untagged:
        engine.images.pull("nginx", tag="nope")
    assert untagged.value.explanation == (
        "manifest for nginx:nope not found: manifest unknown: manifest unknown\n"
        + hints.of(parse("nginx:nope"))
    )
    with pytest.raises(APIError) as shouting:
        engine.images.pull("UPPER")
    assert shouting.value.status_code == 400
    assert shouting.value.explanation == (
        "invalid reference format: repository name (library/UPPER) must be lowercase"
    )


def test_the_command_pins_a_service_to_a_digest(call: Call) -> None:
    answer = call("GET", "/distribution/nginx:latest/json").json()
    assert answer["Descriptor"]["digest"] == look_up(parse("nginx")).digest  # type: ignore[union-attr]
    assert call("GET", "/distribution/docker.io/library/nginx/json").status == 200
    gone = call("GET", "/distribution/nginx:nope/json")
    assert (gone.status, gone.message) == (404, "manifest unknown: manifest unknown")
    assert call("GET", "/distribution/nosuchimage/json").status == 401


def test_an_image_goes_by_many_names(engine: docker.DockerClient) -> None:
    image = engine.images.pull("nginx")
    digest = image.attrs["RepoDigests"][0]
    short = image.id.removeprefix("sha256:")[:12]
    for name in ("nginx", "nginx:latest", "docker.io/library/nginx", digest, image.id, short):
        assert engine.images.get(name).id == image.id
    with pytest.raises(ImageNotFound) as missing:
        engine.images.get("nginx:1.28")
    assert missing.value.explanation == "No such image: nginx:1.28"


def test_a_tag_moves_from_image_to_image(engine: docker.DockerClient) -> None:
    nginx, alpine = engine.images.pull("nginx"), engine.images.pull("alpine")
    assert nginx.tag("mine", "1")
    assert alpine.tag("mine", "1")
    assert engine.images.get("mine:1").id == alpine.id
    assert engine.images.get("nginx").tags == ["nginx:latest"]


@pytest.mark.edition("28.5")
def test_history_leads_back_to_the_base(engine: docker.DockerClient) -> None:
    history = engine.images.pull("nginx").history()
    assert history[0]["CreatedBy"] == 'CMD ["nginx" "-g" "daemon off;"]'
    assert history[0]["Tags"] == ["nginx:latest"]
    assert sum(step["Size"] for step in history) == engine.images.get("nginx").attrs["Size"]


@pytest.mark.edition("28.5")
def test_removing_a_tag_leaves_the_other(call: Call, engine: docker.DockerClient) -> None:
    engine.images.pull("alpine").tag("other")
    assert call("DELETE", "/images/other").json() == [{"Untagged": "other:latest"}]
    said = call("DELETE", "/images/alpine").json()
    assert [next(iter(line)) for line in said] == ["Untagged", "Untagged", "Deleted", "Deleted"]
    answer = call("DELETE", "/images/alpine")
    assert (answer.status, answer.message) == (404, "No such image: alpine:latest")


@pytest.mark.edition("28.5")
def test_an_image_in_use_is_kept(call: Call, engine: docker.DockerClient) -> None:
    container = engine.containers.run("nginx", detach=True)
    image = engine.images.get("nginx")
    short = image.id.removeprefix("sha256:")[:12]
    here = container.id[:12]
    by_name = call("DELETE", "/images/nginx")
    assert (by_name.status, by_name.message) == (
        409,
        f'conflict: unable to remove repository reference "nginx" (must force) - container {here} '
        f"is using its referenced image {short}",
    )
    by_id = call("DELETE", f"/images/{short}?force=1")
    assert by_id.message == (
        f"conflict: unable to delete {short} (cannot be forced) - image is being used by running "
        f"container {here}"
    )
    container.stop()
    stopped = call("DELETE", f"/images/{short}")
    assert stopped.message == (
        f"conflict: unable to delete {short} (must be forced) - image is being used by stopped "
        f"container {here}"
    )
    container.remove()
    assert call("DELETE", f"/images/{short}").status == 200
    assert engine.images.list() == []


def test_prune_takes_what_nobody_names_or_needs(engine: docker.DockerClient) -> None:
    engine.images.pull("alpine")
    engine.containers.create("alpine", "true")
    engine.images.pull("busybox")
    assert engine.images.prune()["ImagesDeleted"] is None
    said = engine.images.prune({"dangling": False})
    assert {"Untagged": "busybox:latest"} in said["ImagesDeleted"]
    assert said["SpaceReclaimed"] > 0
    assert [image.tags for image in engine.images.list()] == [["alpine:latest"]]


def test_lists_are_filtered(engine: docker.DockerClient) -> None:
    engine.images.pull("alpine")
    engine.images.pull("traefik/whoami")
    assert len(engine.images.list(filters={"reference": "alp*"})) == 1
    assert len(engine.images.list(name="traefik/whoami")) == 1
    assert engine.images.list(filters={"dangling": True}) == []
    with pytest.raises(APIError, match="invalid filter"):
        engine.images.list(filters={"colour": "red"})


def test_old_clients_see_untagged_images_in_the_old_way(
    call: Call, engine: docker.DockerClient
) -> None:
    engine.images.pull("alpine")
    shown = call("GET", "/v1.42/images/json").json()[0]
    assert shown["VirtualSize"] == shown["Size"]
    assert "VirtualSize" not in call("GET", "/v1.51/images/json").json()[0]


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("nginx", "nginx:latest"),
        ("docker.io/nginx", "nginx:latest"),
        ("docker.io/library/nginx:1", "nginx:1"),
        ("me/app", "me/app:latest"),
        ("registry.example:5000/me/app:2", "registry.example:5000/me/app:2"),
        ("localhost/app", "localhost/app:latest"),
    ],
)
def test_references_are_spelled_in_full(text: str, name: str) -> None:
    assert parse(text).name == name


@pytest.mark.parametrize("text", ["", ":", "a b", "nginx:", "nginx:a b", "-x", "nginx@sha256:12"])
def test_what_is_no_reference_is_refused(text: str) -> None:
    with pytest.raises(ApiError, match="invalid reference format"):
        parse(text)
