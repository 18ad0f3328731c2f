"""Log drivers: the daemon's refusals when a container is created, and when it starts.

Only json-file and local keep the output; the practice engine sends it nowhere.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from essaim_practice.store.objects import Json

_COMMON = frozenset({"mode", "max-buffer-size"})
_LABELLED = frozenset({"labels", "labels-regex", "env", "env-regex", "tag"})
_OPTIONS = {
    "json-file": _LABELLED | {"max-file", "max-size", "compress"},
    "local": frozenset({"max-file", "max-size", "compress"}),
    "journald": _LABELLED,
    "syslog": _LABELLED
    | {"syslog-address", "syslog-facility", "syslog-format"}
    | {f"syslog-tls-{name}" for name in ("ca-cert", "cert", "key", "skip-verify")},
}
_DRIVERS = (*_OPTIONS, "awslogs", "fluentd", "gelf", "none", "splunk")
_WANTED = {"awslogs": "awslogs-group", "gelf": "gelf-address"}
_BOOLEANS = ("1", "t", "T", "true", "TRUE", "True", "0", "f", "F", "false", "FALSE", "False")
_SIZE = re.compile(r"[0-9]+(?:\.[0-9]+)? ?(?:[kmgtp]i?b?|b)?", re.IGNORECASE)

#: Errors of the drivers that send logs elsewhere: nothing listens there.
_NOBODY = {
    "fluentd": "dial tcp 127.0.0.1:24224: connect: connection refused",
    "journald": "journald is not enabled on this host",
    "splunk": "splunk: splunk-url is expected",
    "syslog": "Unix syslog delivery error",
}


def problems(log: Json) -> Iterator[str]:
    """The daemon's refusals of a LogConfig when a container is created."""
    driver, options = str(log.get("Type") or "json-file"), log.get("Config") or {}
    if driver not in _DRIVERS:
        yield f'error looking up logging plugin {driver}: plugin "{driver}" not found'
        return
    mode = options.get("mode") or "blocking"
    if mode not in ("blocking", "non-blocking"):
        yield f"logger: logging mode not supported: {mode}"
    if (size := options.get("max-buffer-size")) is not None:
        if mode != "non-blocking":
            yield "logger: max-buffer-size option is only supported with 'mode=non-blocking'"
        elif not _SIZE.fullmatch(size):
            yield f"error parsing option max-buffer-size: invalid size: '{size}'"
    if known := _OPTIONS.get(driver):
        for name in options:
            if name not in known | _COMMON:
                shown = "log driver local" if driver == "local" else f"{driver} log driver"
                yield f"unknown log opt '{name}' for {shown}"
    match _WANTED.get(driver):
        case "awslogs-group" if not options.get("awslogs-group"):
            yield "must specify a value for log opt 'awslogs-group'"
        case "gelf-address" if not options.get("gelf-address"):
            yield "gelf-address is a required parameter"


def failure(log: Json) -> str:
    """The error of the driver when the container starts; '' if it starts."""
    driver, options = str(log.get("Type") or "json-file"), log.get("Config") or {}
    if driver not in ("json-file", "local"):
        return _NOBODY.get(driver, "")
    files, size = options.get("max-file"), options.get("max-size")
    compress = options.get("compress")
    if size is not None and not (_SIZE.fullmatch(size)):
        before = f"invalid value for max-size: {size}: " if driver == "local" else ""
        return f"{before}invalid size: '{size}'"
    if files is not None and not re.fullmatch(r"[+-]?[0-9]{1,18}", files):
        return f'strconv.Atoi: parsing "{files}": invalid syntax'
    if files is not None and int(files) < 1:
        return "max-file cannot be less than 1"
    if compress is not None and compress not in _BOOLEANS:
        return f'strconv.ParseBool: parsing "{compress}": invalid syntax'
    kept = size is not None and int(files or 1) > 1
    if driver == "json-file" and compress in _BOOLEANS[:6] and not kept:
        return "compress cannot be true when max-file is less than 2 or max-size is not set"
    return ""
