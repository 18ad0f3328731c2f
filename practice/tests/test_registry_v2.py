"""An engine's port as a registry that is only read."""

from __future__ import annotations

import json
import subprocess
from hashlib import sha256
from shutil import which

import pytest

from essaim_practice import PracticeServer

from .conftest import Call, environ


def test_a_manifest_names_a_configuration_that_is_there(call: Call) -> None:
    assert call("GET", "/v2/").status == 200
    for name in ("nginx", "library/nginx"):
        answer = call("GET", f"/v2/{name}/manifests/1.29")
        assert answer.status == 200
        digest = f"sha256:{sha256(answer.body).hexdigest()}"
        assert answer.headers["Docker-Content-Digest"] == digest
        again = call("GET", f"/v2/{name}/manifests/{digest}")
        assert again.body == answer.body
        asked = call("HEAD", f"/v2/{name}/manifests/1.29")
        assert (asked.body, asked.headers["Docker-Content-Digest"]) == (b"", digest)
        config = answer.json()["config"]
        blob = call("GET", f"/v2/{name}/blobs/{config['digest']}")
        assert f"sha256:{sha256(blob.body).hexdigest()}" == config["digest"]
        assert len(blob.body) == config["size"]
        assert blob.json()["config"]["Cmd"] == ["nginx", "-g", "daemon off;"]
        layers = answer.json()["layers"]
        assert len(layers) == len(blob.json()["rootfs"]["diff_ids"])


@pytest.mark.parametrize(
    ("path", "code", "status"),
    [
        ("/v2/nosuch/manifests/latest", "MANIFEST_UNKNOWN", 404),
        ("/v2/nginx/manifests/nosuch", "MANIFEST_UNKNOWN", 404),
        (f"/v2/nginx/manifests/sha256:{'0' * 64}", "MANIFEST_UNKNOWN", 404),
        (f"/v2/nginx/blobs/sha256:{'0' * 64}", "BLOB_UNKNOWN", 404),
        ("/v2/NGINX/manifests/latest", "NAME_INVALID", 400),
    ],
)
def test_what_it_has_not_is_said(call: Call, path: str, code: str, status: int) -> None:
    answer = call("GET", path)
    assert answer.status == status
    assert [each["code"] for each in answer.json()["errors"]] == [code]


def test_another_path_of_version_2_is_an_old_version(call: Call) -> None:
    assert call("GET", "/v2/info").status == 400


@pytest.mark.skipif(which("docker") is None, reason="no docker command here")
def test_the_docker_command_inspects_a_manifest(practice: PracticeServer) -> None:
    port = practice.urls[0].rpartition(":")[2]
    line = ["docker", "manifest", "inspect", "--insecure", f"localhost:{port}/nginx:1.29"]
    found = subprocess.run(line, capture_output=True, text=True, env=environ(), check=False)
    assert found.returncode == 0, found.stderr
    assert json.loads(found.stdout)["schemaVersion"] == 2
    line[-1] = f"localhost:{port}/nosuch"
    missing = subprocess.run(line, capture_output=True, text=True, env=environ(), check=False)
    assert (missing.returncode, missing.stderr) == (1, "manifest unknown\n")
