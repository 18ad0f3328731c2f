"""Clusters on disk: written behind, and made again as machines are after a power cut."""

from essaim_practice.storage.folder import Folder, InUse, Kept, Lost

__all__ = ["Folder", "InUse", "Kept", "Lost"]
