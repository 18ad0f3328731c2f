"""PostgreSQL: its server, what it keeps, psql and the other programs of its image."""

from essaim_practice.servers.postgres import asking, programs, psql

__all__ = ["asking", "programs", "psql"]
