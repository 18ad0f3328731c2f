"""A login shell on a machine of a practice cluster: exec, but in no container."""

from __future__ import annotations

from core.cluster.failures import daemon_errors
from core.engine.connection import Connection
from core.terminal.stream import Stream

#: Columns and rows of a terminal whose browser has not told its size.
SIZE = (80, 24)


def shell(connection: Connection, size: tuple[int, int] = SIZE) -> Stream:
    """The stream of a new shell on the machine whose engine this connects to.

    size: columns and rows. Hanging up ends the shell and what runs in its foreground. Raises
    EngineRejected and EngineUnreachable.
    """
    columns, rows = size
    with daemon_errors():
        client = connection.client()
        api = client.api
        try:
            asked = {"Tty": True, "AttachStdin": True, "ConsoleSize": [rows, columns]}
            made = api.post(
                f"{api.base_url}/_practice/machine/exec",
                json=asked | {"AttachStdout": True, "AttachStderr": True},
                timeout=api.timeout,
            )
            id = api._result(made, json=True)["Id"]
            raw = api.exec_start(id, tty=True, socket=True)
        except BaseException:
            client.close()
            raise
    return Stream(
        client,
        raw,
        connection.machine,
        tty=True,
        size=lambda columns, rows: api.exec_resize(id, height=rows, width=columns),
        code=lambda: api.exec_inspect(id)["ExitCode"],
    )
