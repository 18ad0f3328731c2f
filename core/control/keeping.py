"""What a cluster and the class keep over a restart, and how it comes back."""

from __future__ import annotations

import secrets

from core.engine import keys
from core.storage.storage import Storage

#: The owner of what belongs to no cluster.
CLASS = ""


def sign_alike(storage: Storage) -> None:
    """Sign keys as before the restart; the first time, with a secret that is kept from now on."""
    secret = storage.record(CLASS, "secret", bytes)
    if secret is None or len(secret) != keys.SECRET_BYTES:
        secret = secrets.token_bytes(keys.SECRET_BYTES)
        storage.put(CLASS, "secret", lambda: secret)
        storage.flush()  # before any browser has a key
    keys.sign_with(secret)
