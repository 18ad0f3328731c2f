"""A practice engine that does not say that it is one, so that Essaim holds it for a real one."""

from __future__ import annotations

from essaim_practice.__main__ import main
from essaim_practice.api import system

if __name__ == "__main__":
    system.PRACTICE_LABEL = "essaim.engine=real"
    main()
