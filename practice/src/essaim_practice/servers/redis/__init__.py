"""Redis: its server, what it keeps, and redis-cli."""

from essaim_practice.servers.redis import cli, programs

__all__ = ["cli", "programs"]
