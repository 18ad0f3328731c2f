"""The teacher's board in a browser: a learner on it, a look over the shoulder, a reload."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser.axe import faults
from tests.browser.conftest import PATIENCE, PHONE, WIDE, Look, dashboard

pytestmark = pytest.mark.browser

expect.set_options(timeout=PATIENCE)


def test_a_teacher_sees_a_class_at_work_and_looks_over_a_shoulder(look: Look) -> None:
    with dashboard(ESSAIM_ENGINE="practice", ESSAIM_PASSWORD="for the teacher") as essaim:
        teacher = look(f"{essaim}/board", WIDE)
        learner = look(f"{essaim}/labs?lab=lab1")
        expect(learner.locator(".essaim-check")).to_be_visible()
        teacher.get_by_label("Password", exact=True).fill("for the teacher")
        teacher.keyboard.press("Enter")
        name = teacher.get_by_role("button", name="Learner 2")
        expect(name).to_be_visible()
        row = teacher.get_by_role("row").filter(has=name)
        expect(row.locator("[data-mark=at]")).to_have_count(1)
        learner.get_by_role("button", name="Do it for me").click()
        expect(row.locator("[data-mark=done]")).to_have_count(1)

        assert faults(teacher) == []
        name.focus()
        teacher.keyboard.press("Enter")
        over = teacher.get_by_role("dialog")
        expect(over).to_contain_text("docker container run")
        expect(over.locator(".essaim-node").first).to_contain_text("node1")
        expect(over.get_by_role("button", name="Drain")).to_have_count(0)
        assert faults(teacher) == []
        teacher.keyboard.press("Escape")
        expect(over).to_have_count(0)

        teacher.reload()  # asks for no password
        expect(name).to_be_visible()
        teacher.set_viewport_size(PHONE)
        expect(name).to_be_in_viewport()
        assert faults(teacher) == []
        wide = "document.documentElement.scrollWidth <= innerWidth"
        assert teacher.evaluate(wide)
        with teacher.context.expect_page() as opened:
            teacher.get_by_role("columnheader").nth(2).get_by_role("link").click()
        assert opened.value.url.endswith("/labs?lab=lab1&step=2")
