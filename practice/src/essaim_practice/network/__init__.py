"""Addresses, published ports, and the routing mesh."""
