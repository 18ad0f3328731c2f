"""The same scenarios on the practice engine and on a real Swarm."""
