"""What axe-core finds on pages where something goes on, and on every kind of engine."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser

from tests.browser.axe import faults
from tests.browser.views import ENGINES, SCHEMES, VIEWS, served, switch, visitor

pytestmark = [pytest.mark.browser, pytest.mark.axe]


@pytest.mark.parametrize("engine", ENGINES)
def test_every_state_is_for_everybody(browser: Browser, engine: str) -> None:
    found = {}
    with served(engine) as address, visitor(browser, address) as context:
        for view in VIEWS:
            if view.engine != engine:
                continue
            page = context.new_page()
            view.open(page, address)
            for scheme in SCHEMES:
                switch(page, scheme)
                if told := faults(page):
                    found[view.name, scheme] = told
            page.close()
    assert found == {}
