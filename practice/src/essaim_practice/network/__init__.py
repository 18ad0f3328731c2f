"""Addresses, published ports, and the mesh that leads to replicas."""
