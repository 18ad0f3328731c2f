"""The check that finds what is not French: it must find, and must let French be."""

from __future__ import annotations

import pytest

from tests.browser.french import faults


@pytest.mark.parametrize(
    "text",
    [
        "None",
        "Upload",
        "Skip to main content",
        "no replica here",
        "Containers of this engine",
        "8.31 MB",
        "2.5 Go",
        "0 réplicas placés sur 3",
        "1 managers sur 3",
    ],
)
def test_it_finds(text: str) -> None:
    assert faults([text]) == [text]


@pytest.mark.parametrize(
    "text",
    [
        "Réplicas par nœud, maintenant",
        "node1 · manager · leader",
        "8,31 Mo",
        "0 réplica placé sur 3",
        "2 managers sur 3",
        "running (en marche)",
        "docker service create --name web nginx:latest",
        "Appelez l’enseignant si `docker node ls` dit « no such host ».",
        "Moteur d’entraînement (simulation) 29.8.0 · rien n’est gardé · en direct",
        "1 fois",
    ],
)
def test_it_lets_french_be(text: str) -> None:
    assert faults([text]) == []
