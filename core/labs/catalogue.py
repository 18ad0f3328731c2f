"""The labs there are, in the order of the course."""

from __future__ import annotations

from core.labs.lab import Lab
from core.labs.lab3.lab import LAB as LAB3

LABS: tuple[Lab, ...] = (LAB3,)

BY_NAME = {lab.name: lab for lab in LABS}
