"""The signals of Linux, by name and by number."""

from __future__ import annotations

from essaim_practice.store.errors import ApiError

HUP, INT, QUIT, KILL, USR1, SEGV, USR2, PIPE, TERM = 1, 2, 3, 9, 10, 11, 12, 13, 15
CHLD, CONT, STOP, TSTP, TTIN, TTOU, URG, WINCH = 17, 18, 19, 20, 21, 22, 23, 28

_NAMES = {
    "HUP": 1, "INT": 2, "QUIT": 3, "ILL": 4, "TRAP": 5, "ABRT": 6, "IOT": 6, "BUS": 7, "FPE": 8,
    "KILL": 9, "USR1": 10, "SEGV": 11, "USR2": 12, "PIPE": 13, "ALRM": 14, "TERM": 15,
    "STKFLT": 16, "CHLD": 17, "CLD": 17, "CONT": 18, "STOP": 19, "TSTP": 20, "TTIN": 21,
    "TTOU": 22, "URG": 23, "XCPU": 24, "XFSZ": 25, "VTALRM": 26, "PROF": 27, "WINCH": 28, "IO": 29,
    "POLL": 29, "PWR": 30, "SYS": 31, "RTMIN": 34, "RTMAX": 64,
}  # fmt: skip
_NAMES |= {f"RTMIN+{n}": 34 + n for n in range(1, 16)}
_NAMES |= {f"RTMAX-{n}": 64 - n for n in range(1, 15)}
LAST = 64

ENDING = frozenset({INT, QUIT, TERM})  # what asks a server to end

# Those that end no process that does not listen to them. Stopping is not simulated.
HARMLESS = frozenset({CHLD, CONT, STOP, TSTP, TTIN, TTOU, URG, WINCH})


def number(signal: str) -> int | None:
    """``SIGTERM``, ``term`` and ``15`` are all 15; None for what is no signal.

    A number beyond the last signal is returned as it is: the daemon has other words for it.
    """
    if signal.isascii() and signal.isdigit():
        return int(signal[:9]) or None
    return _NAMES.get(signal.upper().removeprefix("SIG"))


def check(signal: str) -> int:
    """The signal's number; 400 in the daemon's words for what is none."""
    found = number(signal)
    if found is None:
        raise ApiError(400, f"invalid signal: {signal}")
    if found > LAST:
        raise ApiError(400, f"the linux daemon does not support signal {found}")
    return found
