"""Every simulated program: importing this module enters them all into the images."""

from essaim_practice import utilities
from essaim_practice.programs import faulty, installers, servers
from essaim_practice.shell import session

__all__ = ["faulty", "installers", "servers", "session", "utilities"]
