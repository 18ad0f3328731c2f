"""The client for what a practice engine does and no Docker engine can."""
