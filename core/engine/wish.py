"""What ESSAIM_WORKERS asks for: so many workers of our own, or those that listen elsewhere."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit

from core.engine.way import SECRET
from core.engine.workers import Workers
from core.errors import InvalidValue
from core.i18n import later as _

MOST = 64  # processes of our own


def workers_wanted(environ: Mapping[str, str], most: int, data: Path | None = None) -> Workers:
    """The workers that ESSAIM_WORKERS asks for; else one for each core but one.

    most, data: see Workers. Raises InvalidValue.
    """
    wish = environ.get("ESSAIM_WORKERS", "").strip()
    if not wish:
        return Workers(max(1, (os.cpu_count() or 1) - 1), most=most, data=data)
    if wish.isascii() and wish.isdigit() and 1 <= int(wish) <= MOST:
        return Workers(int(wish), most=most, data=data)
    addresses = [word.strip() for word in wish.split(",")]
    if not all(map(_is_address, addresses)):
        raise InvalidValue(
            _(
                "ESSAIM_WORKERS is {word!r}: write how many workers to start, 1 to {most}, or "
                "where others listen, as in tcp://worker1:7070,tcp://worker2:7070"
            ),
            word=wish,
            most=MOST,
        )
    return Workers(addresses=addresses, secret=_secret(environ))


def _is_address(word: str) -> bool:
    try:
        place = urlsplit(word)
        return place.scheme == "tcp" and bool(place.hostname and place.port) and not place.path
    except ValueError:
        return False


def _secret(environ: Mapping[str, str]) -> str:
    """What the workers want to hear. Raises InvalidValue where it is not told."""
    told, file = environ.get(SECRET, "").strip(), environ.get(f"{SECRET}_FILE", "")
    if file:
        try:
            told = Path(file).read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            why = (error.strerror if isinstance(error, OSError) else "") or str(error)
            raise InvalidValue(
                _("{name} is {file!r}: {why}"), name=f"{SECRET}_FILE", file=file, why=why
            ) from error
    if not told:
        raise InvalidValue(
            _(
                "ESSAIM_WORKERS names workers elsewhere: write the secret that they were started "
                "with into {name}, or the path of its file into {name}_FILE"
            ),
            name=SECRET,
        )
    return told
