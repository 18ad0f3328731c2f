"""A pytest plugin: the fixture ``swarm``, a fresh practice cluster for each test that asks for it.

The engine is loaded when the first test asks, and each cluster listens at ports of its own, so that
pytest-xdist may run several at once.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields
from typing import TYPE_CHECKING, Any

import pytest

from essaim_practice.hosting.settings import ENGINE, Settings

if TYPE_CHECKING:
    from essaim_practice import PracticeServer

#: Where neither the test nor its class or module says otherwise. A port bound on this computer
#: could be another test's.
_USUAL = {"speed": 50.0, "seed": 1, "bind_ports": False}
_MARKER = (
    "swarm(nodes=3, formed=True, speed=50, seed=1, limits=Limits(), bind_ports=False, "
    f'engine="{ENGINE}"): what the cluster of the fixture `swarm` is when the test begins'
)


def pytest_configure(config: pytest.Config) -> None:
    """Make the marker known, and let the engine's modules be imported as they are.

    pytest rewrites the asserts of every module in a plugin's package: half a second more before the
    first cluster, for modules that hold no test.
    """
    config.addinivalue_line("markers", _MARKER)
    hook = getattr(config.pluginmanager, "rewrite_hook", None)
    getattr(hook, "_must_rewrite", set()).discard("essaim_practice")


@pytest.fixture
def swarm(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> Iterator[PracticeServer]:
    """A practice cluster: three nodes in one Swarm, or what ``@pytest.mark.swarm`` says.

    DOCKER_HOST names node1 while the test runs, ``swarm.client`` is a docker-py client of it.
    """
    from essaim_practice import PracticeServer

    with PracticeServer.from_settings(_settings(request.node)) as server:
        monkeypatch.setenv("DOCKER_HOST", server.urls[0])
        monkeypatch.setenv("DOCKER_BUILDKIT", "0")  # BuildKit is not played
        for name in ("DOCKER_CONTEXT", "DOCKER_TLS_VERIFY", "DOCKER_CERT_PATH"):
            monkeypatch.delenv(name, raising=False)
        yield server


def _settings(test: pytest.Item) -> Settings:
    """The settings of a test: its own marker counts more than that of its class and its module."""
    given: dict[str, Any] = dict(_USUAL)
    for marker in reversed(list(test.iter_markers("swarm"))):
        if marker.args:
            raise _refusal(test, f"{marker.args[0]!r} needs a name: write nodes=5")
        given |= marker.kwargs
    known = [each.name for each in fields(Settings)]
    for name in given:
        if name not in known:
            raise _refusal(test, f"there is no setting {name!r}: there are {', '.join(known)}")
    try:
        return Settings(**given)
    except ValueError as error:
        raise _refusal(test, str(error)) from None


def _refusal(test: pytest.Item, why: str) -> BaseException:
    """What pytest shows without a traceback."""
    return pytest.fail.Exception(f"@pytest.mark.swarm of {test.nodeid}: {why}", pytrace=False)
