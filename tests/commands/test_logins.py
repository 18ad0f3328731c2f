"""docker login and logout: what a machine keeps of them."""

from __future__ import annotations

import io
import json
import tarfile
from collections.abc import Iterable
from typing import Any

from core.commands.program import play
from core.commands.streams import Captured, Folder


class Root(Folder):
    """The files of a machine, by their path."""

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}

    def read(self, path: str) -> bytes:
        if path not in self.files:
            raise FileNotFoundError(2, "No such file or directory", path)
        return self.files[path]

    def write(self, path: str, content: Iterable[bytes]) -> None:
        self.files[path] = b"".join(content)

    def is_folder(self, path: str) -> bool:
        return False

    def archive(self, path: str) -> bytes:
        raise FileNotFoundError(2, "No such file or directory", path)

    def unpack(self, path: str, tar: bytes) -> None:
        with tarfile.open(fileobj=io.BytesIO(tar)) as read:
            for member in read:
                if (file := read.extractfile(member)) is not None:
                    self.files[f"{path}/{member.name}"] = file.read()


class Api:
    """A client whose registry knows one password."""

    base_url, api_version, timeout = "", "1.51", 1

    @staticmethod
    def post(url: str, **more: Any) -> Any:
        return more["json"]

    @staticmethod
    def _raise_for_status(response: Any) -> None:
        assert response["password"] == "pw"

    @staticmethod
    def _result(response: Any, json: bool) -> Any:
        return {"Status": f"Login Succeeded for {response['username']}"}


class Client:
    api = Api()


CONFIG = "/root/.docker/config.json"


def typed(root: Root, *words: str, given: bytes = b"", terminal: bool = False) -> Captured:
    streams = Captured(given)
    streams.folder, streams.environment = root, {"HOME": "/root"}
    streams.in_is_terminal = terminal
    assert play(words, streams, lambda host: Client()) == 0, streams.error
    return streams


def test_a_login_is_kept_as_docker_keeps_it() -> None:
    root = Root()
    streams = typed(root, "login", "-u", "ada", "--password-stdin", given=b"pw\n")
    assert streams.out == b"Login Succeeded for ada\n"
    assert streams.error.decode() == (
        f"\nWARNING! Your credentials are stored unencrypted in '{CONFIG}'.\n"
        "Configure a credential helper to remove this warning. See\n"
        "https://docs.docker.com/go/credential-store/\n\n"
    )
    kept = {"auths": {"https://index.docker.io/v1/": {"auth": "YWRhOnB3"}}}
    assert json.loads(root.files[CONFIG]) == kept


def test_a_login_that_is_kept_is_used_again() -> None:
    root = Root()
    typed(root, "login", "-u", "ada", "-p", "pw", "registry.example:5000")
    streams = typed(root, "login", "https://registry.example:5000/v2/", terminal=True)
    assert streams.out.startswith(b"Authenticating with existing credentials... [Username: ada]\n")
    assert streams.out.endswith(b"Login Succeeded for ada\n")


def test_a_password_is_asked_for() -> None:
    root = Root()
    streams = typed(root, "login", "-u", "ada", given=b"pw\n", terminal=True)
    assert streams.out == b"Password: \nLogin Succeeded for ada\n"


def test_a_logout_forgets_one_and_leaves_the_rest() -> None:
    root = Root()
    root.files[CONFIG] = b'{"detachKeys": "ctrl-x"}'
    typed(root, "login", "-u", "ada", "-p", "pw")
    typed(root, "login", "-u", "bob", "-p", "pw", "other.example")
    assert typed(root, "logout").out.startswith(b"Removing login credentials for https://index.")
    known = json.loads(root.files[CONFIG])
    assert (known["detachKeys"], list(known["auths"])) == ("ctrl-x", ["other.example"])


def test_a_file_that_is_damaged_is_written_anew() -> None:
    for content in (b"{", b"[]", b'{"auths": 3}', b'{"auths": {"https://index.docker.io/v1/": 1}}'):
        root = Root()
        root.files[CONFIG] = content
        typed(root, "login", "-u", "ada", "-p", "pw")
        assert "YWRhOnB3" in root.files[CONFIG].decode()
