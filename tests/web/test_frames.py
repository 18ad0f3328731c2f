"""Which sites may show our pages in a frame."""

from __future__ import annotations

import pytest

from core.errors import InvalidValue
from core.web.frames import origins, policy
from tests.browser.conftest import dashboard
from tests.web.conftest import Server


def test_only_named_sites_may() -> None:
    assert policy(origins({})) == "frame-ancestors 'self'"
    named = "https://moodle.example, https://*.school.example:8443/ http://10.0.0.2:81"
    assert policy(origins({"ESSAIM_FRAMES": named})) == (
        "frame-ancestors 'self' https://moodle.example https://*.school.example:8443 "
        "http://10.0.0.2:81"
    )


@pytest.mark.parametrize(
    "wish", ["*", "moodle.example", "https://", "https://a.example/b", "https://a; script-src *"]
)
def test_what_is_no_site_is_told(wish: str) -> None:
    with pytest.raises(InvalidValue, match="ESSAIM_FRAMES"):
        origins({"ESSAIM_FRAMES": wish})


def test_every_answer_says_so() -> None:
    with dashboard(ESSAIM_ENGINE="practice", ESSAIM_FRAMES="https://moodle.example") as address:
        for path in ("/", "/labs?lab=3&step=4", "/live/x/board.js"):
            said = Server(address).ask(path).headers["content-security-policy"]
            assert "frame-ancestors 'self' https://moodle.example" in said
