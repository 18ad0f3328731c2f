"""Lab 3 of the course, from the first replica to the last."""

from __future__ import annotations

import time

from .engines import Swarm

WEB = "essaim-web"


def test_the_whole_lab(swarm: Swarm) -> None:
    names = {row.split()[1] for row in swarm.run("docker node ls").replace("*", "").splitlines()}
    assert {"node1", "node2", "node3"} <= names

    swarm.run(f"docker service create -p 18180:80 --name {WEB} nginx:latest")
    first = swarm.settled(WEB, 1)
    assert f"{WEB}" in swarm.run("docker service ls")

    assert swarm.run(f"docker service scale {WEB}=15") == f"{WEB} scaled to 15"
    fifteen = swarm.settled(WEB, 15)
    assert first < fifteen
    assert swarm.spread(WEB) == {"node1": 5, "node2": 5, "node3": 5}

    swarm.run("docker node update --availability drain node2")
    swarm.wait(lambda: "node2" not in swarm.spread(WEB))
    drained = swarm.settled(WEB, 15)
    assert len(drained & fifteen) == 10
    spread = swarm.spread(WEB)
    assert sorted(spread) == ["node1", "node3"]
    assert sorted(spread.values()) == [7, 8]

    swarm.run("docker node update --availability active node2")
    quiet_until = time.monotonic() + swarm.patience / 15
    while time.monotonic() < quiet_until:  # nothing comes back: what can be seen is that it stays
        assert swarm.running(WEB) == drained
        time.sleep(0.2)

    swarm.run(f"docker service scale {WEB}=10")
    ten = swarm.settled(WEB, 10)
    assert ten < drained
    assert swarm.spread(WEB) == {"node1": 5, "node3": 5}

    swarm.run(f"docker service update --force --update-parallelism 0 {WEB}")
    swarm.wait(lambda: not swarm.running(WEB) & ten)
    swarm.settled(WEB, 10)
    assert sorted(swarm.spread(WEB).values()) == [3, 3, 4]

    assert swarm.run(f"docker service rm {WEB}") == WEB
    assert WEB not in swarm.run("docker service ls")
    assert swarm.refusal(f"docker service ps {WEB}") == f"no such service: {WEB}"
