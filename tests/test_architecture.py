"""The picture of the architecture is drawn from the code as it is."""

from __future__ import annotations

import pytest

from docs.architecture import FOLDER, PICTURES, drawn
from tests.test_layers import HOUSES


@pytest.mark.parametrize("package", PICTURES)
def test_the_picture_is_as_the_code_imports(package: str) -> None:
    assert (FOLDER / PICTURES[package]).read_text("utf-8") == drawn(package), "run: make docs"


@pytest.mark.parametrize("package", PICTURES)
def test_what_is_said_of_a_room_fits_into_the_picture(package: str) -> None:
    assert [said for said in HOUSES[package]["rooms"].values() if len(said) > 40] == []
