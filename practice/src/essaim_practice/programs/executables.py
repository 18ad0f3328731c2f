"""Every simulated program: importing this module enters them all into the images."""

from essaim_practice import utilities
from essaim_practice.images import misbehaving
from essaim_practice.programs import installers, servers
from essaim_practice.shell import session

__all__ = ["installers", "misbehaving", "servers", "session", "utilities"]
