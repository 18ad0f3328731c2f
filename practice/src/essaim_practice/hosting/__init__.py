"""Clusters on a thread of their own, and their listeners."""
