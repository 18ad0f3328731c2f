"""The other pages in a true browser, in French on a phone too."""

from __future__ import annotations

import re
from itertools import pairwise

import pytest
from playwright.sync_api import expect

from tests.browser.axe import faults
from tests.browser.conftest import PATIENCE, PHONE, WIDE, Look, dashboard
from tests.browser.french import until_french
from tests.browser.views import SCHEMES, settle, switch
from tests.pages.conftest import PAGES

pytestmark = pytest.mark.browser

expect.set_options(timeout=PATIENCE)

#: Every page by its address; the home page has none.
PATHS = ("", *sorted(page.stem for page in PAGES.glob("*.py") if page.stem != "cluster"))


# WCAG's contrast, of each text that is shown on the colours behind it. What is greyed out, and what
# is drawn as an icon, may have less.
FAINT = """() => {
  const main = document.querySelector('.stMainBlockContainer');
  const channels = (color) => color.match(/[\\d.]+/g).map(Number);
  const mixed = ([r, g, b, alpha = 1], ground) =>
    [r, g, b].map((c, i) => c * alpha + ground[i] * (1 - alpha));
  const linear = (c) => c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
  const light = (color) =>
    color.reduce((sum, c, i) => sum + linear(c / 255) * [0.2126, 0.7152, 0.0722][i], 0);
  const above = (e) => e ? [e, ...above(e.parentElement)] : [];
  const spared = 'svg, [data-testid=stIconMaterial], :disabled, [data-disabled], .xterm-helpers';
  const faint = [];
  const texts = document.createTreeWalker(main, NodeFilter.SHOW_TEXT);
  while (texts.nextNode()) {
    const e = texts.currentNode.parentElement, text = texts.currentNode.data.trim();
    if (!text || !e.checkVisibility() || e.closest(spared)) continue;
    const styles = above(e).map((each) => getComputedStyle(each));
    const ground = styles.map((style) => channels(style.backgroundColor)).reverse()
      .reduce((under, color) => mixed(color, under), [255, 255, 255]);
    const [r, g, b, alpha = 1] = channels(styles[0].color);
    const opacity = styles.reduce((product, style) => product * style.opacity, alpha);
    const lights = [light(mixed([r, g, b, opacity], ground)), light(ground)];
    const contrast = (Math.max(...lights) + 0.05) / (Math.min(...lights) + 0.05);
    if (contrast < (parseFloat(styles[0].fontSize) >= 24 ? 3 : 4.5)) faint.push(text);
  }
  return faint;
}"""


HEADINGS = """() => [...document.querySelectorAll('h1, h2, h3, h4, h5, h6')]
  .filter((each) => each.checkVisibility() && each.textContent).map((each) => +each.tagName[1])"""


@pytest.mark.axe
@pytest.mark.parametrize("path", PATHS)
def test_each_page_is_for_everybody(essaim: str, look: Look, path: str) -> None:
    page = look(f"{essaim}/{path}", size=PHONE, locale="fr-FR")
    settle(page)
    expect(page.locator(".essaim-status")).to_contain_text("Moteur d’entraînement")
    until_french(page)
    overflow = page.evaluate(
        """() => [...document.querySelectorAll('.stMainBlockContainer *')]
             .filter((e) => e.getBoundingClientRect().right > innerWidth + 1 && e.offsetParent)
             .filter((e) => !e.closest('[data-testid=stDataFrame], pre, .js-plotly-plot'))
             .filter((e) => !e.closest('.cm-scroller'))
             .map((e) => e.className)"""
    )
    assert overflow == []
    assert page.title().endswith(" · Essaim")
    levels = page.evaluate(HEADINGS)
    assert (levels[0], levels.count(1)) == (1, 1)
    assert all(after - before <= 1 for before, after in pairwise(levels))
    for size in (PHONE, WIDE):
        page.set_viewport_size(size)
        for scheme in SCHEMES:
            switch(page, scheme)
            assert page.evaluate(FAINT) == []
            assert faults(page) == []


@pytest.mark.axe
def test_the_menu_of_a_phone_is_for_everybody(essaim: str, look: Look) -> None:
    page = look(essaim, size=PHONE, locale="fr-FR")
    settle(page)
    for _ in range(4):  # no page of the folded menu is in the way
        page.keyboard.press("Tab")
        assert page.locator("[data-testid=stSidebarNavLink]:focus").count() == 0
    page.get_by_role("button", name="Ouvrir le menu des pages").click()
    expect(page.get_by_role("link", name="Nœuds")).to_be_visible()
    assert faults(page) == []
    page.get_by_role("button", name="Fermer le menu des pages").press("Enter")
    expect(page.get_by_role("link", name="Nœuds")).not_to_be_visible()


def test_the_first_visitor_may_come_by_a_pages_own_address(look: Look) -> None:
    with dashboard(ESSAIM_ENGINE="practice") as essaim:
        page = look(f"{essaim}/build")
        expect(page.get_by_role("link", name="Containers")).to_be_visible()
        expect(page.get_by_role("button", name="Build the image")).to_be_visible()
        assert page.get_by_test_id("stSidebarNavLink").count() == 0


def test_the_language_is_switched_at_a_click(essaim: str, look: Look) -> None:
    page = look(essaim)
    expect(page.get_by_role("heading", name="Replicas per node, now")).to_be_visible()
    expect(page.locator("html")).to_have_attribute("lang", "en")
    page.get_by_text("FR", exact=True).click()
    expect(page.locator("html")).to_have_attribute("lang", "fr")
    expect(page.get_by_role("heading", name="Réplicas par nœud, maintenant")).to_be_visible()
    page.get_by_role("link", name="Nœuds").click()
    expect(page.get_by_text("Commandes pour rejoindre le Swarm")).to_be_visible()


def test_the_language_outlives_a_reload(essaim: str, look: Look) -> None:
    page = look(f"{essaim}/?lang=en", locale="en-US")
    page.get_by_text("FR", exact=True).click()
    expect(page.get_by_role("heading", name="Réplicas par nœud, maintenant")).to_be_visible()
    for address in (page.url, essaim, f"{essaim}/images"):
        page.goto(address)
        expect(page.locator("html")).to_have_attribute("lang", "fr")
    page.goto(f"{essaim}/images?lang=en")
    expect(page.locator("html")).to_have_attribute("lang", "en")
    page.get_by_role("link", name="Nodes").click()
    expect(page.get_by_text("Join commands")).to_be_visible()
    expect(page.locator("html")).to_have_attribute("lang", "en")


def test_streamlits_own_words_are_french_on_a_french_page(essaim: str, look: Look) -> None:
    page = look(f"{essaim}/timeline?lang=fr", locale="fr-FR")

    def drawn(place: str) -> str:
        found = page.locator(place).first
        found.wait_for(state="attached")
        return str(found.evaluate("e => getComputedStyle(e, '::after').content"))

    assert "Aller au contenu" in drawn("[data-testid=stSkipToContent]")
    page.get_by_text("Ouvrir un fichier").first.click()
    assert "Choisir un fichier" in drawn("[data-testid=stFileUploaderDropzone] button p")
    assert "20 Mo" in drawn("[data-testid=stFileUploaderDropzoneInstructions] span").replace(
        "\u00a0", " "
    )


def test_an_open_list_stays_open_when_a_machine_joins(look: Look) -> None:
    with dashboard(ESSAIM_ENGINE="practice") as essaim:
        # All of it is in sight: whatever scrolls closes a list.
        page = look(f"{essaim}/nodes", size={"width": 1280, "height": 1600})
        other = page.context.new_page()
        other.goto(f"{essaim}/nodes")
        other.get_by_role("button", name="Add an instance").click()
        expect(other.locator(".st-key-machine_node4")).to_be_visible()
        settle(page)
        page.get_by_role("combobox", name="Registry").click()
        expect(page.get_by_role("listbox")).to_be_visible()
        other.get_by_role("button", name="Join", exact=True).click()
        expect(page.locator(".st-key-machine_node4")).to_be_visible()
        expect(page.get_by_role("listbox")).to_be_visible()


def test_the_demo_app_from_its_files_to_its_open_page(look: Look) -> None:
    with dashboard(ESSAIM_ENGINE="practice") as essaim:
        page = look(f"{essaim}/build")
        page.get_by_role("button", name="Build the image").click()
        expect(page.get_by_text("Successfully tagged my-streamlit-app:latest")).to_be_visible()
        page.get_by_role("button", name="Run it").click()
        link = page.get_by_role("link", name=re.compile("Open port 8080"))
        expect(link).to_be_visible()
        with page.context.expect_page() as opening:
            link.click()
        opened = opening.value
        expect(opened.get_by_text("Hello Docker!")).to_be_visible()
        expect(opened.get_by_test_id("stVegaLiteChart")).to_be_visible()
        opened.close()
        page.get_by_role("button", name="Stop").click()
        expect(page.get_by_text(re.compile("Exited"))).to_be_visible()
        page.get_by_role("button", name="Remove", exact=True).first.click()
        page.get_by_role("button", name="Remove", exact=True).last.click()
        expect(page.get_by_text("Nothing runs from this image yet.")).to_be_visible()


def test_a_published_service_opens_through_the_dashboard(look: Look) -> None:
    with dashboard(ESSAIM_ENGINE="practice") as essaim:
        page = look(essaim)
        page.get_by_role("button", name="Create the service").click()
        expect(page.locator(".essaim-tile[data-phase=running]")).to_have_count(3)
        replicas = {
            str(page.request.get(f"{essaim}/open/node2/80/").headers.get("essaim-replica"))
            for _ in range(6)
        }
        assert {name.split(".")[0] for name in replicas} == {"web"}
        assert len(replicas) == 3
