"""What everybody may read of a line that was typed for a real engine: the journal and its texts."""

from __future__ import annotations

import pytest

from core.commands.registry import parse

SECRET = "s3cret"


@pytest.mark.parametrize(
    "line",
    [
        f"run -e KEY={SECRET} --health-cmd 'ask {SECRET}' alpine sh -c 'echo {SECRET}'",
        f"create --entrypoint {SECRET} -l key={SECRET} --annotation a={SECRET} alpine",
        f"run --log-driver splunk --log-opt splunk-token={SECRET} alpine",
        f"run --mount type=volume,dst=/x,volume-opt=o=password={SECRET} alpine",
        f"""run --mount 'type=volume,dst=/x,"volume-opt=o=user=me,password={SECRET}"' alpine""",
        f"run --mount type=volume,volume-opt=o={SECRET},dst=/x alpine",
        f"container commit -c 'ENV KEY={SECRET}' box kept",
        f"image import -c 'CMD {SECRET}' rootfs.tar kept",
        f"build --build-arg KEY={SECRET} .",
        f"exec -e KEY={SECRET} box echo {SECRET}",
        f"volume create -o o=username=me,password={SECRET} -o type=cifs share",
        f"network create -o key={SECRET} net",
        f"login -u me -p {SECRET} registry.example",
        f"service create --entrypoint {SECRET} --health-cmd {SECRET} -e A={SECRET} nginx {SECRET}",
        f"service create --log-opt token={SECRET} --mount dst=/x,volume-opt=a={SECRET} nginx",
        f"service update --args '-p {SECRET}' --env-add A={SECRET} web",
        f"service update --mount-add dst=/x,volume-opt=a={SECRET} --label-add a={SECRET} web",
        f"swarm join --token {SECRET} 10.0.0.2:2377",
        f"ps --filter label=key={SECRET}",
    ],
)
def test_it_holds_no_secret(line: str) -> None:
    shown = parse(f"docker {line}").masked(private=True)
    assert SECRET not in shown.line()
    assert SECRET not in shown.python()
    assert shown.line().startswith(shown.called())
    parse(shown.line())
