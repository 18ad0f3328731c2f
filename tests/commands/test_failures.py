"""Whatever docker-py raises arrives as one of our errors, with the daemon's words."""

from __future__ import annotations

import gc
import json
from pathlib import Path

import docker
import docker.errors
import pytest
import requests

from core.cluster.failures import daemon_errors
from core.errors import EngineRejected, EngineUnreachable, NotAManager


def answer(status: int, body: str) -> requests.Response:
    response = requests.Response()
    response.status_code = status
    response._content = body.encode()
    response.reason = "Nope"
    return response


def refused(error: Exception) -> EngineRejected:
    with pytest.raises(EngineRejected) as caught, daemon_errors():
        raise error
    return caught.value


def test_a_refusal_keeps_the_words_and_the_status() -> None:
    words = "service nope not found"
    error = refused(docker.errors.NotFound("404", answer(404, ""), words))
    assert (str(error), error.status, type(error)) == (words, 404, EngineRejected)


def test_a_refusal_of_the_plain_session_keeps_them_too() -> None:
    words = "service x does not have a previous spec"
    error = refused(requests.HTTPError("400", response=answer(400, json.dumps({"message": words}))))
    assert (str(error), error.status) == (words, 400)
    assert str(refused(requests.HTTPError("502", response=answer(502, "bad gateway")))) == (
        "bad gateway"
    )


def test_a_worker_is_told_apart() -> None:
    words = "This node is not a swarm manager. Worker nodes can't be used to view the cluster."
    error = refused(docker.errors.APIError("503", answer(503, ""), words))
    assert isinstance(error, NotAManager)
    assert error.status == 503


def test_what_docker_py_itself_refuses_is_a_refusal() -> None:
    assert str(refused(docker.errors.InvalidVersion("too old"))) == "too old"


@pytest.mark.parametrize(
    "error",
    [requests.ConnectionError("x"), requests.ReadTimeout("x"), ConnectionResetError(104, "reset")],
)
def test_silence_is_unreachable(error: Exception) -> None:
    with pytest.raises(EngineUnreachable), daemon_errors():
        raise error


@pytest.mark.leaves_sockets
def test_nobody_listening(tmp_path: Path) -> None:
    with pytest.raises(EngineUnreachable, match="Connection refused"), daemon_errors():
        docker.DockerClient(base_url="tcp://127.0.0.1:1")
    with pytest.raises(EngineUnreachable, match="No such file"), daemon_errors():
        docker.DockerClient(base_url=f"unix://{tmp_path}/none.sock")
    gc.collect()  # docker-py leaves the socket that met nobody open: let it go within this test
