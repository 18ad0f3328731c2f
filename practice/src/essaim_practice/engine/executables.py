"""Importing this module registers every simulated program."""

from essaim_practice import utilities
from essaim_practice.programs import docker, faulty, installers, servers
from essaim_practice.shell import session

__all__ = ["docker", "faulty", "installers", "servers", "session", "utilities"]
