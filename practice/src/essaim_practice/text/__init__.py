"""Patterns over text in linear time."""
