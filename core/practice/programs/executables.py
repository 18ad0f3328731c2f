"""Every simulated program: importing this module enters them all into the images."""

from core.practice import utilities
from core.practice.images import misbehaving
from core.practice.programs import installers, servers
from core.practice.shell import session

__all__ = ["installers", "misbehaving", "servers", "session", "utilities"]
