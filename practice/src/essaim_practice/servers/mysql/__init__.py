"""MySQL and MariaDB: their servers, what they keep, and their command line clients."""

from essaim_practice.servers.mysql import cli, programs

__all__ = ["cli", "programs"]
