"""An image that does not say what it runs on: the registry answers `"Platforms": null`.

The real Swarm alone: it is given one, where it pulls from a registry of its own. No image of the
practice registry is without a platform.
"""

from __future__ import annotations

import hashlib
import json
from typing import Any

import pytest
import requests

from .conftest import REAL
from .engines import Swarm

IMAGE = "essaim-bare"
SERVICE = "essaim-bare-service"
_OCI = "application/vnd.oci.image."


def registry(swarm: Swarm) -> str:
    """The plain HTTP registry that stands in for Docker Hub there."""
    mirrors = (swarm.client.info()["RegistryConfig"] or {}).get("Mirrors") or []
    for mirror in mirrors:
        if mirror.startswith("http://"):
            return f"{mirror.rstrip('/')}/v2/library"
    return pytest.skip("this Swarm pulls from no registry that one may write to")


def put(base: str, name: str, content: bytes) -> dict[str, Any]:
    digest = f"sha256:{hashlib.sha256(content).hexdigest()}"
    begun = requests.post(f"{base}/{name}/blobs/uploads/", timeout=20)
    url = requests.compat.urljoin(begun.url, begun.headers["Location"])
    joined = "&" if "?" in url else "?"
    sent = requests.put(f"{url}{joined}digest={digest}", data=content, timeout=20)
    sent.raise_for_status()
    return {"digest": digest, "size": len(content)}


def push_bare(base: str) -> None:
    """Alpine's layer again, under a config that names no architecture and no system."""
    kind = {"Accept": "application/vnd.docker.distribution.manifest.v2+json"}
    known = requests.get(f"{base}/alpine/manifests/latest", headers=kind, timeout=20).json()
    blobs = f"{base}/alpine/blobs"
    [layer] = known["layers"]
    tar = requests.get(f"{blobs}/{layer['digest']}", timeout=20).content
    config = requests.get(f"{blobs}/{known['config']['digest']}", timeout=20).json()
    bare = {key: config[key] for key in ("config", "rootfs", "history") if key in config}
    manifest = {
        "schemaVersion": 2,
        "mediaType": f"{_OCI}manifest.v1+json",
        "config": {
            "mediaType": f"{_OCI}config.v1+json",
            **put(base, IMAGE, json.dumps(bare).encode()),
        },
        "layers": [{"mediaType": f"{_OCI}layer.v1.tar+gzip", **put(base, IMAGE, tar)}],
    }
    kept = requests.put(
        f"{base}/{IMAGE}/manifests/latest",
        data=json.dumps(manifest),
        headers={"Content-Type": str(manifest["mediaType"])},
        timeout=20,
    )
    kept.raise_for_status()


@pytest.mark.parametrize("swarm", [REAL], indirect=True)
def test_a_service_of_it_is_made_and_updated(swarm: Swarm) -> None:
    push_bare(registry(swarm))
    assert swarm.client.api.inspect_distribution(IMAGE)["Platforms"] is None
    here = "--constraint node.role==manager"
    swarm.run(f"docker service create --name {SERVICE} {here} {IMAGE} sleep 600")
    swarm.settled(SERVICE, 1)
    stored = swarm.spec(SERVICE)["TaskTemplate"]
    assert stored["ContainerSpec"]["Image"].startswith(f"{IMAGE}:latest@sha256:")
    assert not (stored.get("Placement") or {}).get("Platforms")
    swarm.run(f"docker service update --image {IMAGE} --force {SERVICE}")
    swarm.settled(SERVICE, 1)
    swarm.run(f"docker service rm {SERVICE}")
    swarm.clean()
    pulled = stored["ContainerSpec"]["Image"].replace(":latest", "")
    swarm.client.api.remove_image(pulled, force=True)  # its container may still be going
