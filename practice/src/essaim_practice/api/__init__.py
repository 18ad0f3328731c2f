"""The Docker Engine API: its routes, one part of it a module, and the values that they pass."""
