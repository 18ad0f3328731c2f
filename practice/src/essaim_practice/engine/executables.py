"""Importing this module registers every simulated program."""

from essaim_practice import servers, utilities
from essaim_practice.programs import docker, installers
from essaim_practice.shell import session

__all__ = ["docker", "installers", "servers", "session", "utilities"]
