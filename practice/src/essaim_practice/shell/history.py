"""The lines that were typed at a shell, kept in a file from one shell to the next."""

from __future__ import annotations

from essaim_practice.files.filesystem import FileSystem
from essaim_practice.text.encoding import decoded, encoded

_MOST = 500  # lines that are remembered
_LONGEST = 4096  # characters of one that is; beyond it, nobody looks for it again
_MOST_SIGNS = 64 * 1024  # characters of all
_MOST_KEPT = 2 * _MOST  # lines of the file, after which it is made short again


class History:
    """Lines, oldest first. ``keep_in`` reads those of a file, and adds to it from then on.

    A file that cannot be read or written is no hindrance: the lines are remembered all the same.
    """

    def __init__(self) -> None:
        self.lines: list[str] = []
        self._file: tuple[FileSystem, str] | None = None

    def keep_in(self, fs: FileSystem, path: str) -> None:
        self._file = fs, path
        try:
            kept = [line for line in decoded(fs.read(path)).split("\n") if line]
        except OSError:
            return
        number, self.lines = len(kept), kept
        self._shorten()
        if number > _MOST_KEPT:
            try:
                fs.write(path, encoded("".join(f"{line}\n" for line in self.lines)), mode=0o600)
            except OSError:
                return

    def add(self, text: str) -> None:
        """Remember what was typed; a command of several lines is remembered line by line."""
        for line in filter(str.strip, text.split("\n")):
            if len(line) <= _LONGEST and self.lines[-1:] != [line]:
                self.lines.append(line)
                self._shorten()
                self._write(line)

    def _shorten(self) -> None:
        del self.lines[:-_MOST]
        size = sum(map(len, self.lines))
        while size > _MOST_SIGNS:
            size -= len(self.lines.pop(0))

    def _write(self, line: str) -> None:
        if self._file is None:
            return
        fs, path = self._file
        try:
            fs.write(path, encoded(line + "\n"), append=True, mode=0o600)
        except OSError:
            return
