"""The files of a machine: the Alpine Linux that an engine runs on, before anybody used it."""

from __future__ import annotations

from collections.abc import Mapping

from essaim_practice.files import alpine
from essaim_practice.files.rootfs import SMALL_BINARY, Maker, busybox
from essaim_practice.store.file_tree import File, Inode, Tree

#: Programs of a machine beside BusyBox's, in /usr/bin.
PROGRAMS = ("bash", "curl", "docker", "dockerd", "getent", "nano", "vi", "vim")

_RELEASE = "3.22.2"
_MADE = 1_759_881_600.0  # when that came out
_OS_RELEASE = f"""\
NAME="Alpine Linux"
ID=alpine
VERSION_ID={_RELEASE}
PRETTY_NAME="Alpine Linux v{_RELEASE.rpartition(".")[0]}"
HOME_URL="https://alpinelinux.org/"
BUG_REPORT_URL="https://gitlab.alpinelinux.org/alpine/aports/-/issues"
"""
_PROFILE = """\
export PATH="/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
export PAGER=less
umask 022

for script in /etc/profile.d/*.sh ; do
	if [ -r "$script" ] ; then
		. "$script"
	fi
done
unset script
"""
# Two lines: which machine, which engine docker speaks to, who, where; then a mark to type after.
_OWN_PROFILE = r"""export PS1='\[\e[1;31m\][\h] \[\e[32m\](local) \[\e[34m\]\u@$(hostname -i)"""
_OWN_PROFILE += r"""\[\e[35m\] \w\[\e[0m\]\n$ '""" + "\n"


def _tree() -> Tree:
    made = Maker(_MADE)
    busybox(made)
    made.file("/bin/apk", SMALL_BINARY, 0o755)
    made.folders(alpine.FOLDERS)
    made.folders("/root", 0o700)
    made.folders("/tmp /var/tmp", 0o1777)  # noqa: S108 (the simulated machine's)
    made.folders("/var/lib/docker", 0o710)
    for name in PROGRAMS:
        made.file(f"/usr/bin/{name}", SMALL_BINARY, 0o755)
        made.entries.pop(f"/bin/{name}", None)
    made.file("/etc/passwd", alpine.USERS.replace("/root:/bin/sh", "/root:/bin/ash"))
    made.file("/etc/group", f"{alpine.GROUPS}docker:x:101:\n")
    made.file("/etc/alpine-release", f"{_RELEASE}\n")
    made.file("/etc/os-release", _OS_RELEASE)
    made.file("/etc/issue", f"Welcome to Alpine Linux {_RELEASE[:4]}\nKernel \\r on \\m (\\l)\n\n")
    made.file("/etc/shells", "/bin/sh\n/bin/ash\n/usr/bin/bash\n")
    made.file("/etc/profile", _PROFILE)
    made.folders("/etc/profile.d")
    made.file("/etc/localtime", b"TZif2")
    made.file("/etc/timezone", "Etc/UTC\n")
    made.file("/etc/resolv.conf", "nameserver 127.0.0.11\noptions ndots:0\n")
    made.file("/root/.profile", _OWN_PROFILE)
    made.file("/run/docker.sock", b"", 0o660)  # there, but programs have no sockets
    made.link("/var/run", "/run")
    return Tree(made.entries)


MACHINE = _tree()  # what the machines of all clusters have in common


def own_files(name: str, address: str) -> Mapping[str, Inode]:
    """What only this machine has, by path."""
    hosts = f"127.0.0.1\tlocalhost\n::1\tlocalhost ip6-localhost ip6-loopback\n{address}\t{name}\n"
    texts = {"/etc/hostname": f"{name}\n", "/etc/hosts": hosts}
    return {path: File(0o644, _MADE, data=text.encode()) for path, text in texts.items()}
