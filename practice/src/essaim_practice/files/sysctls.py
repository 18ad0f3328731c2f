"""/proc/sys: what the kernel lets one set, and what --sysctl has set of it."""

from __future__ import annotations

from functools import cache
from posixpath import dirname

from essaim_practice.files.filesystem import File, FileSystem, Folder, Inode, Tree
from essaim_practice.store import kernel
from essaim_practice.store.objects import Json

ROOT = "/proc/sys"

#: As a Linux 6 has them that nobody has set up.
_VALUES = """\
fs/aio-max-nr 65536
fs/file-max 2466170
fs/inotify/max_queued_events 16384
fs/inotify/max_user_instances 128
fs/inotify/max_user_watches 192536
fs/mqueue/msg_default 10
fs/mqueue/msg_max 10
fs/mqueue/msgsize_default 8192
fs/mqueue/msgsize_max 8192
fs/mqueue/queues_max 256
fs/nr_open 1048576
fs/pipe-max-size 1048576
kernel/msgmax 8192
kernel/msgmnb 16384
kernel/msgmni 32000
kernel/ostype Linux
kernel/panic 0
kernel/pid_max 4194304
kernel/randomize_va_space 2
kernel/sem 32000 1024000000 500 32000
kernel/shm_rmid_forced 0
kernel/shmall 18446744073692774399
kernel/shmmax 18446744073692774399
kernel/shmmni 4096
kernel/threads-max 31426
net/core/netdev_max_backlog 1000
net/core/rmem_max 4194304
net/core/somaxconn 4096
net/core/wmem_max 4194304
net/ipv4/conf/all/forwarding 1
net/ipv4/conf/all/rp_filter 0
net/ipv4/icmp_echo_ignore_all 0
net/ipv4/ip_default_ttl 64
net/ipv4/ip_forward 1
net/ipv4/ip_local_port_range 32768 60999
net/ipv4/ip_unprivileged_port_start 0
net/ipv4/ping_group_range 0 2147483647
net/ipv4/tcp_fin_timeout 60
net/ipv4/tcp_keepalive_intvl 75
net/ipv4/tcp_keepalive_probes 9
net/ipv4/tcp_keepalive_time 7200
net/ipv4/tcp_max_syn_backlog 2048
net/ipv4/tcp_rmem 4096 131072 33554432
net/ipv4/tcp_syncookies 1
net/ipv4/tcp_tw_reuse 2
net/ipv4/tcp_wmem 4096 16384 4194304
net/ipv6/conf/all/disable_ipv6 0
net/ipv6/conf/all/forwarding 0
net/ipv6/conf/default/disable_ipv6 0
net/unix/max_dgram_qlen 10
user/max_user_namespaces 15713
vm/dirty_ratio 20
vm/max_map_count 65530
vm/overcommit_memory 0
vm/swappiness 60
"""


def path_of(name: str) -> str:
    """The path of a setting below /proc/sys, of ``net.core.somaxconn``."""
    return name if "/" in name else name.replace(".", "/")


def mounted(host: Json, hostname: str, domain: str, at: float) -> FileSystem:
    """What is at /proc/sys in a container with this HostConfig, created at that time."""
    system = FileSystem(_tree(), lambda: at)
    own = {"kernel/hostname": hostname, "kernel/domainname": domain or "(none)"}
    for name, value in {**own, **(host.get("Sysctls") or {})}.items():
        path = f"/{path_of(name)}"
        system.make_folder(dirname(path), parents=True)
        system.write(path, f"{value}\n".encode())
    return system


@cache
def _tree() -> Tree:
    made: dict[str, Inode] = {"/": Folder(0o555, 0.0, size=0)}
    rows = [line.split(" ", 1) for line in _VALUES.splitlines()]
    rows += [["kernel/osrelease", kernel.RELEASE], ["kernel/version", kernel.VERSION]]
    rows += [["kernel/hostname", ""], ["kernel/domainname", ""]]
    for name, value in rows:
        path = f"/{name}"
        text = value if name.endswith("version") else value.replace(" ", "\t")
        made[path] = File(0o644, 0.0, data=f"{text}\n".encode())
        while (path := dirname(path)) not in made:
            made[path] = Folder(0o555, 0.0, size=0)
    return Tree(made)
