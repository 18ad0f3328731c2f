"""The browser makes of what has changed what the server meant, whatever it was."""

from __future__ import annotations

import random
from typing import Any

import pytest

from core.live.changes import changes
from tests.browser.conftest import Look


@pytest.mark.browser
def test_the_browser_makes_the_same_of_it(essaim: str, look: Look) -> None:
    chance = random.Random(7)

    def content(depth: int = 3) -> Any:
        kinds = "nbtldi" if depth else "nbt"
        match chance.choice(kinds):
            case "n":
                return chance.randrange(4)
            case "b":
                return chance.choice([None, True])
            case "t":
                return chance.choice(["", "a", "b"])
            case "l":
                return [content(depth - 1) for _ in range(chance.randrange(5))]
            case "d":
                return {key: content(depth - 1) for key in "abc" if chance.random() < 0.7}
            case _:
                ids = chance.sample("pqrst", chance.randrange(5))
                return [{"id": id, "x": content(depth - 1)} for id in ids]

    pairs = [(content(), content()) for _ in range(2000)]
    pairs += [([1, 2, 3, 4, 5, 6], [3, 4, 5, 9, 9]), ({"a": 1}, {"a": []})]
    cases = [(old, patch, new) for old, new in pairs if (patch := changes(old, new)) is not None]
    page = look(essaim)
    wrong = page.evaluate(
        """async (cases) => {
             const { changed } = await import('/live/any/changes.js');
             const same = (a, b) => JSON.stringify(a) === JSON.stringify(b)
               || (a && b && typeof a === 'object' && typeof b === 'object'
                   && Array.isArray(a) === Array.isArray(b)
                   && Object.keys(a).length === Object.keys(b).length
                   && Object.keys(a).every((key) => same(a[key], b[key])));
             return cases.filter(([old, patch, fresh]) => {
               const kept = JSON.stringify(old);
               return !same(changed(old, patch), fresh) || JSON.stringify(old) !== kept;
             });
           }""",
        cases,
    )
    assert wrong == []
