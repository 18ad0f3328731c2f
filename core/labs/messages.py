"""The live messages of the labs: their progress, and the engine that they are done on."""

from __future__ import annotations

import json

from core.cluster.snapshot import ClusterSnapshot
from core.labs.progress import Labs, remark
from core.labs.texts import texts


def labs(learner: Labs, language: str) -> str:
    """Topic ``labs``: of each lab that has begun, the number of steps done, and the remark."""
    found = {}
    for progress in learner.begun():
        step = progress.current
        words = texts(progress.lab.name, language).steps
        found[progress.lab.name] = {
            "done": len(progress.done),
            "remark": remark(words[step.name].remarks, progress.verdict) if step else "",
        }
    return json.dumps({"topic": "labs", "labs": found}, separators=(",", ":"))


def engine(snapshot: ClusterSnapshot) -> str:
    """Topic ``engine``: the containers that run for no service, newest first, and the images."""
    containers = [
        {
            "id": c.id,
            "name": c.name,
            "image": c.image,
            "command": c.command,
            "state": c.state,
            "ports": [f"{p.published}→{p.target}" for p in c.ports if p.published],
        }
        for c in snapshot.containers
        if not c.service
    ]
    images = sorted({tag for image in snapshot.images for tag in image.tags})
    return json.dumps(
        {
            "topic": "engine",
            "name": snapshot.engine.name if snapshot.engine else "",
            "containers": containers,
            "images": images,
        },
        separators=(",", ":"),
    )
