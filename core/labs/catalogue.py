"""The labs there are, in the order of the course."""

from __future__ import annotations

from core.labs.lab import Lab
from core.labs.lab1.lab import LAB as LAB1
from core.labs.lab2.lab import LAB as LAB2
from core.labs.lab3.lab import LAB as LAB3
from core.labs.lab4.lab import LAB as LAB4
from core.labs.lab5.lab import LAB as LAB5
from core.labs.lab6.lab import LAB as LAB6

LABS: tuple[Lab, ...] = (LAB1, LAB2, LAB3, LAB4, LAB5, LAB6)

BY_NAME = {lab.name: lab for lab in LABS}
