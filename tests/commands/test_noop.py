from __future__ import annotations

from dataclasses import replace

import pytest

from core.cluster import parse
from core.commands.registry import parse as parsed
from tests.cluster import raw
from tests.cluster.test_history import snapshot


@pytest.mark.parametrize(
    "line",
    [
        "service update web",
        "service update --detach web",
        "service update --image nginx web",
        "service update --image nginx:latest --replicas 3 web",
        "service update --env-add COLOR=a=b --env-rm SIZE web",
        "service update --label-rm none id-web",
        "service scale web=3",
        "service scale id-web=3 web=3",
        "node update node1",
        "node update --availability active --role worker id-node1",
        "node update --label-add disk=ssd node1",
    ],
)
def test_what_is_so_already_changes_nothing(line: str) -> None:
    assert parsed(f"docker {line}").is_noop(snapshot())


@pytest.mark.parametrize(
    "line",
    [
        "service update --force web",
        "service update --image nginx:1.27 web",
        "service update --replicas 4 web",
        "service update --env-add COLOR=a web",
        "service update --env-add COLOR=a=b --env-add SIZE=1 web",
        "service update --env-rm COLOR web",
        "service update --label-add a=b web",
        "service update --publish-add 81:81 web",
        "service update --publish-rm 80 web",
        "service update --constraint-add node.role==worker web",
        "service update --update-delay 1s web",
        "service update --update-parallelism 0 web",
        "service update gone",
        "service scale web=0",
        "service scale web=3 gone=3",
        "node update --availability drain node1",
        "node update --role manager node1",
        "node update --label-add disk=hdd node1",
        "node update --label-rm disk node1",
        "node update --label-rm none node1",
        "node update gone",
        "service rollback web",
        "node rm node1",
    ],
)
def test_anything_else_is_for_the_engine(line: str) -> None:
    assert not parsed(f"docker {line}").is_noop(snapshot())


def test_a_global_service_has_no_number_that_could_be_the_same() -> None:
    known = snapshot()
    [service] = parse.services([raw.service(replicas=None)], ())
    known = replace(known, services=(service,))
    assert not parsed("docker service scale web=3").is_noop(known)
    assert parsed("docker service update web").is_noop(known)
