"""Other doors to an engine that listens on TCP: a unix socket, TLS, an sshd of the test's own."""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import ssl
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import pytest
import trustme

from practice.tests.ports import free_ports
from tests.cluster.test_collector import until

Wrap = Callable[[socket.socket], socket.socket]


@contextmanager
def _relayed(
    listener: socket.socket, engine: str, wrap: Wrap = lambda plain: plain
) -> Iterator[None]:
    """Hand on what comes in at a listening socket to an engine such as tcp://127.0.0.1:2375."""
    host, _, port = engine.removeprefix("tcp://").rpartition(":")

    def one_way(source: socket.socket, target: socket.socket) -> None:
        with suppress(OSError):
            while data := source.recv(65536):
                target.sendall(data)
        with suppress(OSError):
            socket.socket.shutdown(target, socket.SHUT_WR)

    def both_ways(plain: socket.socket) -> None:
        with (
            suppress(OSError),
            wrap(plain) as here,
            socket.create_connection((host, port)) as there,
        ):
            back = threading.Thread(target=one_way, args=(there, here), daemon=True)
            back.start()
            one_way(here, there)
            back.join()

    def listen() -> None:
        with suppress(OSError):
            while True:
                plain, _ = listener.accept()
                threading.Thread(target=both_ways, args=(plain,), daemon=True).start()

    listener.listen()
    threading.Thread(target=listen, daemon=True).start()
    try:
        yield
    finally:
        with suppress(OSError):
            listener.shutdown(socket.SHUT_RDWR)
        listener.close()


@contextmanager
def unix_socket(engine: str, path: Path) -> Iterator[str]:
    """A unix socket; the address that docker knows it by."""
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(path))
        with _relayed(listener, engine):
            yield f"unix://{path}"


@contextmanager
def tls(engine: str, folder: Path) -> Iterator[str]:
    """A port that wants a certificate; the folder gets ca.pem, and cert.pem and key.pem for one."""
    authority = trustme.CA()
    authority.cert_pem.write_to_path(folder / "ca.pem")
    client = authority.issue_cert("client")
    client.private_key_pem.write_to_path(folder / "key.pem")
    client.cert_chain_pems[0].write_to_path(folder / "cert.pem")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    authority.configure_trust(context)
    context.verify_mode = ssl.CERT_REQUIRED
    listener = socket.create_server(("127.0.0.1", 0))
    with _relayed(listener, engine, lambda plain: context.wrap_socket(plain, server_side=True)):
        yield f"tcp://127.0.0.1:{listener.getsockname()[1]}"


@dataclass(frozen=True, slots=True)
class Sshd:
    """An sshd that lets this user in by key, and where `docker` speaks to the engine."""

    address: str  # for docker
    folder: Path  # its `bin` holds an `ssh` that knows the machine and has the key

    def forget(self, file: str) -> None:
        """Take away `key` or `known_hosts`, so that nobody gets in."""
        (self.folder / file).unlink()


@contextmanager
def sshd(engine: str, folder: Path) -> Iterator[Sshd]:
    """Skips where this machine lacks what it takes."""
    server, client = shutil.which("sshd", path="/usr/sbin:/usr/bin"), shutil.which("ssh")
    if not (server and client):
        pytest.skip("no sshd or no ssh on this machine: install openssh-server")
    if not shutil.which("docker"):
        pytest.skip("no docker command on the PATH")
    with suppress(OSError):
        os.makedirs("/run/sshd", exist_ok=True)  # root's sshd wants it, and starts nowhere else
    for name in ("key", "host_key"):
        make = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(folder / name)]
        subprocess.run(make, check=True)
    (folder / "authorized").write_bytes((folder / "key.pub").read_bytes())
    port = free_ports(1)
    me = pwd.getpwuid(os.getuid()).pw_name
    (folder / "known_hosts").write_text(
        f"[127.0.0.1]:{port} " + (folder / "host_key.pub").read_text()
    )
    (folder / "sshd_config").write_text(f"""
        ListenAddress 127.0.0.1
        Port {port}
        HostKey {folder}/host_key
        AuthorizedKeysFile {folder}/authorized
        PidFile none
        PasswordAuthentication no
        KbdInteractiveAuthentication no
        PermitRootLogin yes
        StrictModes no
        SetEnv DOCKER_HOST={engine} PATH={os.environ["PATH"]}
        """)
    (folder / "ssh_config").write_text(f"""
        Host Classroom
          HostName 127.0.0.1
          Port {port}
          User {me}
        Host *
          IdentityFile {folder}/key
          IdentitiesOnly yes
          IdentityAgent none
          UserKnownHostsFile {folder}/known_hosts
          GlobalKnownHostsFile none
        """)
    (folder / "bin").mkdir()
    # ssh looks for ~/.ssh where the user's record says, whatever HOME is.
    (folder / "bin/ssh").write_text(f'#!/bin/sh\nexec {client} -F {folder}/ssh_config "$@"\n')
    (folder / "bin/ssh").chmod(0o755)
    with subprocess.Popen(
        [server, "-D", "-e", "-f", str(folder / "sshd_config")], stderr=subprocess.DEVNULL
    ) as process:
        try:
            until(lambda: process.poll() is not None or _listens(port))
            if process.poll() is not None:
                pytest.skip("sshd does not start on this machine")
            yield Sshd(f"ssh://{me}@127.0.0.1:{port}", folder)
        finally:
            process.terminate()


def _listens(port: int) -> bool:
    with suppress(OSError), socket.create_connection(("127.0.0.1", port)):
        return True
    return False
