"""What a command has around it in a terminal: its output, what is typed, the machine's files."""

from __future__ import annotations

import threading
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractContextManager, nullcontext


class Interrupt:
    """Ctrl-C: a viewer presses it, a command that goes on hears it. The second press lets go."""

    __slots__ = ("_hear", "_lock", "presses")

    def __init__(self) -> None:
        self.presses = 0
        self._lock = threading.Lock()
        self._hear: Callable[[int], None] | None = None

    def press(self, times: int = 1) -> None:
        with self._lock:
            self.presses += times
            if self._hear:
                self._hear(self.presses)

    @property
    def heard(self) -> bool:
        """Whether a command hears of it."""
        return self._hear is not None

    def on_press(self, hear: Callable[[int], None]) -> None:
        """Call ``hear`` with the number of presses at each press, and now if there was one."""
        with self._lock:
            self._hear = hear
            if self.presses:
                hear(self.presses)


class Folder(ABC):
    """The files of the machine on which a command is typed.

    A path is absolute, or starts at the folder where the command is typed. Each method raises
    OSError as the system's call does: FileNotFoundError, IsADirectoryError, PermissionError.
    """

    @abstractmethod
    def read(self, path: str) -> bytes:
        """A file's content."""

    @abstractmethod
    def write(self, path: str, content: Iterable[bytes]) -> None:
        """Make a file anew."""

    @abstractmethod
    def is_folder(self, path: str) -> bool: ...

    @abstractmethod
    def archive(self, path: str) -> bytes:
        """A tar of a file or a folder; its names begin with the last part of the path."""

    @abstractmethod
    def unpack(self, path: str, tar: bytes) -> None:
        """Lay the files of a tar into a folder that is there."""


class Streams(ABC):
    """The standard streams of a docker command, and its machine.

    out_is_terminal, in_is_terminal: whether a person looks at what it prints, and types to it.
    environment: of the shell; ``--env NAME`` takes a value from it.
    """

    out_is_terminal: bool = False
    in_is_terminal: bool = False
    environment: Mapping[str, str] = {}
    interrupt: Interrupt
    folder: Folder

    @abstractmethod
    def write(self, data: bytes) -> None:
        """Print on the standard output."""

    @abstractmethod
    def write_error(self, data: bytes) -> None:
        """Print on the standard error."""

    @abstractmethod
    def read(self, most: int = -1) -> bytes:
        """What is typed, or comes through a pipe, at most so many bytes; b"" at its end."""

    @abstractmethod
    def line(self) -> str:
        """One typed line without its end; "" at the end of the input."""

    def hidden_line(self, prompt: bytes) -> str:
        """The same, which the terminal does not show, after a prompt."""
        self.write(prompt)
        return self.line()

    @property
    def size(self) -> tuple[int, int]:
        """Rows and columns of the terminal."""
        return 24, 80

    def on_resize(self, hear: Callable[[int, int], object]) -> None:
        """Call ``hear`` with rows and columns: now, and whenever they change."""
        hear(*self.size)

    def raw(self) -> AbstractContextManager[object]:
        """Within it, each key is read as it is typed, Ctrl-C too, and none is echoed."""
        return nullcontext()

    def stop_reading(self) -> None:  # noqa: B027
        """End a ``read`` that still waits in another thread: it returns b""."""

    def print(self, text: str) -> None:
        """Print a text with a line's end after it; nothing where it is empty."""
        if text:
            self.write(text.encode() + b"\n")

    def warn(self, text: str) -> None:
        """The same on the standard error."""
        if text:
            self.write_error(text.encode() + b"\n")

    def agreed(self, warning: str) -> bool:
        """Ask for a yes, as docker does."""
        self.write(f"{warning}\nAre you sure you want to continue? [y/N] ".encode())
        return self.line().strip() in ("y", "Y")


class Captured(Streams):
    """Streams that keep what is printed; nobody types, and there is no file."""

    def __init__(
        self, typed: bytes = b"", heard: Callable[[bytes], None] = lambda data: None
    ) -> None:
        self.out, self.error = bytearray(), bytearray()
        self._typed, self._heard = typed, heard
        self.interrupt = Interrupt()
        self.folder = _NoFolder()

    def write(self, data: bytes) -> None:
        self.out += data
        self._heard(data)

    def write_error(self, data: bytes) -> None:
        self.error += data

    def read(self, most: int = -1) -> bytes:
        most = len(self._typed) if most < 0 else most
        taken, self._typed = self._typed[:most], self._typed[most:]
        return taken

    def line(self) -> str:
        taken, _, self._typed = self._typed.partition(b"\n")
        return taken.decode(errors="replace")


class _NoFolder(Folder):
    def read(self, path: str) -> bytes:
        raise FileNotFoundError(2, "no such file or directory", path)

    def write(self, path: str, content: Iterable[bytes]) -> None:
        raise PermissionError(13, "permission denied", path)

    def is_folder(self, path: str) -> bool:
        return False

    def archive(self, path: str) -> bytes:
        return self.read(path)

    def unpack(self, path: str, tar: bytes) -> None:
        raise FileNotFoundError(2, "no such file or directory", path)
