"""Essaim's rooms: see docs/architecture.md for who may import whom."""
