"""The part of Python that containers really run: an interpreter of its own, harmless."""
