from __future__ import annotations

import pytest
import requests

from core.cluster.failures import daemon_errors
from core.cluster.snapshot import Trouble
from core.errors import EngineRejected, EssaimError
from core.i18n import translation
from core.presentation.trouble import told

french = translation("fr").gettext


def trouble(error: BaseException) -> Trouble:
    with pytest.raises(EssaimError) as raised, daemon_errors():
        raise error
    return Trouble(raised.value, 1.0)


def test_an_engine_that_is_not_there_is_told_in_the_viewers_language() -> None:
    refused = trouble(ConnectionRefusedError(111, "Connection refused"))
    assert told(refused, str) == "The engine does not answer: Connection refused."
    assert told(refused, french).startswith("Le moteur ne répond pas")
    assert "Connection refused" in told(refused, french)
    assert told(trouble(requests.Timeout()), french) != told(trouble(requests.Timeout()), str)


def test_a_lost_majority_is_told_without_the_daemons_codes() -> None:
    lost = trouble(
        EngineRejected("rpc error: code = Unknown desc = The swarm does not have a leader.")
    )
    assert "rpc" not in told(lost, str)
    assert "leader" in told(lost, french)


def test_what_has_no_words_of_ours_keeps_its_own() -> None:
    assert told(trouble(EngineRejected("node is not ready")), french) == "node is not ready"
    assert told(None, french) == ""
