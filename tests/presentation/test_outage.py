from __future__ import annotations

import docker
import pytest
import requests

from core.cluster.failures import daemon_errors
from core.cluster.snapshot import Outage
from core.errors import EngineRejected, EssaimError
from core.i18n import translation
from core.presentation.outage import explain

french = translation("fr").gettext


def outage(error: BaseException) -> Outage:
    with pytest.raises(EssaimError) as raised, daemon_errors():
        raise error
    return Outage(raised.value, 1.0)


def test_an_engine_that_is_not_there_is_told_in_the_viewers_language() -> None:
    refused = outage(ConnectionRefusedError(111, "Connection refused"))
    assert explain(refused, str) == "The engine does not answer: Connection refused."
    assert explain(refused, french).startswith("Le moteur ne répond pas")
    assert "Connection refused" in explain(refused, french)
    assert explain(outage(requests.Timeout()), french) != explain(outage(requests.Timeout()), str)


def test_a_lost_majority_is_told_without_the_daemons_codes() -> None:
    lost = outage(
        EngineRejected("rpc error: code = Unknown desc = The swarm does not have a leader.")
    )
    assert "rpc" not in explain(lost, str)
    assert "leader" in explain(lost, french)


def test_what_has_no_words_of_ours_keeps_its_own() -> None:
    assert explain(outage(EngineRejected("node is not ready")), french) == "node is not ready"
    assert explain(None, french) == ""


def test_a_refusal_before_the_break_is_not_named() -> None:
    """Docker-py pulls an image while it handles the 404 that told that there is none."""
    cut = ConnectionResetError(104, "Connection reset by peer")
    cut.__context__ = docker.errors.ImageNotFound("404 Client Error: no such image")
    assert explain(outage(cut), str) == "The engine does not answer: Connection reset by peer."
