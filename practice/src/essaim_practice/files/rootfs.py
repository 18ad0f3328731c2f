"""The files of the catalogue's images: small trees with the usual folders.

Programs are simulated, so an executable is a name and a size. A tree is made when first needed, and
shared by every container of every cluster.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from essaim_practice.files import alpine
from essaim_practice.files.filesystem import Device, File, Folder, Inode, Link, Tree
from essaim_practice.store import kernel

_APPLETS = """
[ [[ acpid adjtimex ar arch arp arping ascii ash awk base64 basename bc blkdiscard blockdev
brctl bunzip2 bzcat bzip2 cal cat chgrp chmod chown chroot chvt clear cmp cp cpio crc32
crond crontab cttyhack cut date dc dd deallocvt depmod devmem df diff dirname dmesg
dnsdomainname dos2unix dpkg dpkg-deb du dumpkmap dumpleases echo ed egrep env expand expr
factor fallocate false fatattr fdisk fgrep find findfs fold free freeramdisk fsfreeze fstrim
ftpget ftpput getopt getty grep groups gunzip gzip halt head hexdump hostid hostname httpd
hwclock i2cdetect i2cdump i2cget i2cset i2ctransfer id ifconfig ifdown ifup init insmod ionice
ip ipcalc ipneigh kill killall klogd last less link linux32 linux64 linuxrc ln loadfont
loadkmap logger login logname logread losetup ls lsmod lsscsi lzcat lzma lzop md5sum mdev
microcom mim mkdir mkdosfs mke2fs mkfifo mknod mkpasswd mkswap mktemp modinfo modprobe more
mount mt mv nameif nc netstat nl nohup nologin nproc nsenter nslookup nuke od openvt partprobe
passwd paste patch pidof ping ping6 pivot_root poweroff printf ps pwd rdate readlink realpath reboot
renice reset resume rev rm rmdir rmmod route rpm rpm2cpio run-init run-parts sed seq
setkeycodes setpriv setsid sh sha1sum sha256sum sha3sum sha512sum shred shuf sleep sort
ssl_client start-stop-daemon stat strings stty su sulogin svc svok swapoff swapon switch_root
sync sysctl syslogd tac tail tar taskset tc tee telnet telnetd test tftp time timeout top touch
tr traceroute traceroute6 true truncate ts tty tunctl ubirename udhcpc udhcpd uevent umount
uname uncompress unexpand uniq unix2dos unlink unlzma unshare unxz unzip uptime usleep uudecode
uuencode vconfig vi w watch watchdog wc wget which who whoami xargs xxd xz xzcat yes zcat
"""

_BINARY = b"\x7fELF\x02\x01\x01" + bytes(1_982_249)  # one for all: they take no room
SMALL_BINARY = _BINARY[:43_976]

_DEBIAN_FOLDERS = """
/boot /dev /etc /etc/alternatives /etc/apt /etc/default /etc/init.d /etc/ssl /etc/ssl/certs /home
/media /mnt /opt /proc /run /run/lock /srv /sys /usr /usr/bin /usr/games /usr/include /usr/lib
/usr/lib64 /usr/local /usr/local/bin /usr/local/etc /usr/local/lib /usr/local/sbin
/usr/local/share /usr/sbin /usr/share /usr/share/doc /usr/src /var /var/backups /var/cache
/var/lib /var/lib/apt /var/lib/dpkg /var/local /var/log /var/mail /var/opt /var/spool
"""
_DEBIAN_PROGRAMS = """
/usr/bin: apt apt-get awk base64 basename bash cat chgrp chmod chown clear cmp cp cut dash date dd
df diff dirname dpkg du echo env expr false find getent grep groups gunzip gzip head hostname id
install join kill less ln ls md5sum mkdir mktemp more mv nl nohup nproc od perl printenv printf ps
pwd readlink realpath rev rm rmdir sed seq sha256sum sleep sort stat stty su sync tail tar tee test
timeout touch tr true truncate tty uname uniq uptime wc whereis which who whoami xargs yes zcat
/usr/sbin: adduser chroot groupadd ldconfig nologin useradd usermod
"""
_DEBIAN_USERS = """\
root:x:0:0:root:/root:/bin/bash
daemon:x:1:1:daemon:/usr/sbin:/usr/sbin/nologin
bin:x:2:2:bin:/bin:/usr/sbin/nologin
sys:x:3:3:sys:/dev:/usr/sbin/nologin
www-data:x:33:33:www-data:/var/www:/usr/sbin/nologin
nobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin
"""
_DEBIAN_GROUP = """\
root:x:0:
daemon:x:1:
bin:x:2:
sys:x:3:
www-data:x:33:
staff:x:50:
users:x:100:
nogroup:x:65534:
"""
_OS_RELEASE = """\
PRETTY_NAME="Debian GNU/Linux 13 (trixie)"
NAME="Debian GNU/Linux"
VERSION_ID="13"
VERSION="13 (trixie)"
VERSION_CODENAME=trixie
DEBIAN_VERSION_FULL=13.1
ID=debian
HOME_URL="https://www.debian.org/"
SUPPORT_URL="https://www.debian.org/support"
BUG_REPORT_URL="https://bugs.debian.org/"
"""
NGINX_INDEX = b"""\
<!DOCTYPE html>
<html>
<head>
<title>Welcome to nginx!</title>
<style>
html { color-scheme: light dark; }
body { width: 35em; margin: 0 auto;
font-family: Tahoma, Verdana, Arial, sans-serif; }
</style>
</head>
<body>
<h1>Welcome to nginx!</h1>
<p>If you see this page, the nginx web server is successfully installed and
working. Further configuration is required.</p>

<p>For online documentation and support please refer to
<a href="http://nginx.org/">nginx.org</a>.<br/>
Commercial support is available at
<a href="http://nginx.com/">nginx.com</a>.</p>

<p><em>Thank you for using nginx.</em></p>
</body>
</html>
"""
_NGINX_50X = """\
<!DOCTYPE html>
<html>
<head>
<title>Error</title>
</head>
<body>
<h1>An error occurred.</h1>
<p>Sorry, the page you are looking for is currently unavailable.<br/>
Please try again later.</p>
</body>
</html>
"""
_NGINX_CONF = """\
user  nginx;
worker_processes  auto;

error_log  /var/log/nginx/error.log notice;
pid        /run/nginx.pid;

events {
    worker_connections  1024;
}

http {
    include       /etc/nginx/mime.types;
    default_type  application/octet-stream;
    sendfile        on;
    keepalive_timeout  65;
    include /etc/nginx/conf.d/*.conf;
}
"""
_NGINX_DEFAULT = """\
server {
    listen       80;
    listen  [::]:80;
    server_name  localhost;

    location / {
        root   /usr/share/nginx/html;
        index  index.html index.htm;
    }

    error_page   500 502 503 504  /50x.html;
    location = /50x.html {
        root   /usr/share/nginx/html;
    }
}
"""
_CPU = """\
processor\t: {0}
vendor_id\t: EssaimPractice
model name\t: simulated CPU

"""
_MEMORY = """\
MemTotal:        4194304 kB
MemFree:         2802304 kB
MemAvailable:    3782304 kB
Cached:           980000 kB
SwapTotal:             0 kB
SwapFree:              0 kB
"""  # as free tells it
_NGINX_USER = "nginx:x:101:101:nginx user:/nonexistent:/bin/false\n"
NGINX_SITE = "/usr/share/nginx/html"


class Maker:
    """Builds a tree; missing parent folders are added with each path."""

    def __init__(self, mtime: float) -> None:
        self.entries: dict[str, Inode] = {"/": Folder(0o755, mtime)}
        self._mtime = mtime

    def folders(self, paths: str, mode: int = 0o755) -> None:
        for path in paths.split():
            self._above(path)
            self.entries[path] = Folder(mode, self._mtime)

    def file(self, path: str, content: str | bytes, mode: int = 0o644) -> None:
        data = content.encode() if isinstance(content, str) else content
        self._above(path)
        self.entries[path] = File(mode, self._mtime, data=data)

    def link(self, path: str, target: str) -> None:
        self._above(path)
        self.entries[path] = Link(0o777, self._mtime, target=target)

    def _above(self, path: str) -> None:
        folder = path.rpartition("/")[0]
        if folder and folder not in self.entries:
            self._above(folder)
            self.entries[folder] = Folder(0o755, self._mtime)


MADE: dict[Tree, tuple[str, float]] = {}  # what the trees of images were made for


@cache
def tree(behaviour: str, created: float) -> Tree:
    """The tree of an image of the catalogue; all times are that of the image."""
    made = Maker(created)
    match behaviour:
        case "alpine":
            busybox(made)
            made.file("/bin/apk", SMALL_BINARY, 0o755)
            if created < alpine.GROWN:
                old_alpine(made)
        case "busybox":
            busybox(made)
        case "nginx":
            debian(made)
            nginx(made)
            made.file("/etc/passwd", f"{_DEBIAN_USERS}{_NGINX_USER}")
        case "python":
            debian(made)
            python(made)
        case "hello-world":
            made.file("/hello", SMALL_BINARY[:10_072], 0o755)
        case "faulty":
            busybox(made)
            for name in ("crash", "flaky", "healthy", "serve"):
                made.file(f"/{name}", SMALL_BINARY, 0o755)
        case "whoami":
            made.file("/whoami", SMALL_BINARY, 0o755)
    MADE[files := Tree(made.entries)] = (behaviour, created)
    return files


def busybox(made: Maker) -> None:
    made.folders("/bin /dev /etc /home /proc /root /sys /tmp /usr /var")
    made.file("/bin/busybox", _BINARY, 0o755)
    for name in _APPLETS.split():
        made.link(f"/bin/{name}", "busybox")
    made.file("/etc/passwd", "root:x:0:0:root:/root:/bin/sh\n")
    made.file("/etc/group", "root:x:0:\n")


def old_alpine(made: Maker) -> None:
    made.folders(alpine.FOLDERS)
    made.folders("/var/tmp", 0o1777)  # noqa: S108 (an image's, not the host's)
    made.file("/etc/passwd", alpine.USERS)
    made.file("/etc/group", alpine.GROUPS)


def debian(made: Maker) -> None:
    made.folders(_DEBIAN_FOLDERS)
    made.folders("/root", 0o700)
    made.folders("/tmp /var/tmp", 0o1777)  # noqa: S108 (an image's, not the host's)
    for name in ("bin", "lib", "lib64", "sbin"):
        made.link(f"/{name}", f"usr/{name}")
    made.link("/var/lock", "/run/lock")
    made.link("/var/run", "/run")
    folder = ""
    for word in _DEBIAN_PROGRAMS.split():
        if word.endswith(":"):
            folder = word[:-1]
        else:
            made.file(f"{folder}/{word}", SMALL_BINARY, 0o755)
    made.link("/usr/bin/sh", "dash")
    made.file("/etc/passwd", _DEBIAN_USERS)
    made.file("/etc/group", _DEBIAN_GROUP)
    made.file("/etc/debian_version", "13.1\n")
    made.file("/etc/issue", "Debian GNU/Linux 13 \\n \\l\n\n")
    made.file("/etc/motd", "")
    made.file("/usr/lib/os-release", _OS_RELEASE)
    made.link("/etc/os-release", "../usr/lib/os-release")


def nginx(made: Maker) -> None:
    made.file("/usr/sbin/nginx", _BINARY[:1_590_024], 0o755)
    made.file("/usr/bin/curl", SMALL_BINARY, 0o755)
    made.file("/docker-entrypoint.sh", "#!/bin/sh\n# vim:sw=4:ts=4:et\n", 0o755)
    for name in (
        "10-listen-on-ipv6-by-default.sh",
        "20-envsubst-on-templates.sh",
        "30-tune-worker-processes.sh",
    ):
        made.file(f"/docker-entrypoint.d/{name}", "#!/bin/sh\n", 0o755)
    made.file("/etc/nginx/nginx.conf", _NGINX_CONF)
    made.file("/etc/nginx/conf.d/default.conf", _NGINX_DEFAULT)
    made.file("/etc/nginx/mime.types", "types {\n    text/html  html htm shtml;\n}\n")
    made.file(f"{NGINX_SITE}/index.html", NGINX_INDEX)
    made.file(f"{NGINX_SITE}/50x.html", _NGINX_50X)
    made.folders("/var/cache/nginx /var/log/nginx")
    made.link("/var/log/nginx/access.log", "/dev/stdout")
    made.link("/var/log/nginx/error.log", "/dev/stderr")


def python(made: Maker, version: str = "3.11") -> None:
    for name in (f"python{version}", f"pip{version}"):
        made.file(f"/usr/local/bin/{name}", SMALL_BINARY, 0o755)
    for name, target in {
        "python3": f"python{version}",
        "python": "python3",
        "pip3": f"pip{version}",
        "pip": "pip3",
    }.items():
        made.link(f"/usr/local/bin/{name}", target)
    made.folders(f"/usr/local/lib/python{version}/site-packages")


def _devices(at: float) -> Tree:
    made = Maker(at)
    made.entries["/"] = Folder(0o755, at, links=5, size=320)
    made.entries["/pts"] = Folder(0o755, at, size=0)
    for name in ("/mqueue", "/shm"):
        made.entries[name] = Folder(0o1777, at, size=40)
    numbers = {"null": 3, "zero": 5, "full": 7, "random": 8, "urandom": 9}
    devices: dict[str, Inode] = {
        f"/{name}": Device(0o666, at, major=1, minor=minor) for name, minor in numbers.items()
    }
    devices["/tty"] = Device(0o666, at, major=5, minor=0)
    made.link("/fd", "/proc/self/fd")
    made.link("/ptmx", "pts/ptmx")
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        made.link(f"/{name}", f"/proc/self/fd/{number}")
    return Tree({**made.entries, **devices})


def _processes(at: float) -> Tree:
    made = Maker(at)
    made.entries["/"] = Folder(0o555, at, links=100, size=0)
    for name in ("/self", "/self/fd", "/sys"):
        made.entries[name] = Folder(0o555, at, links=9, size=0)
    streams = {f"/self/fd/{n}": Device(0o620, at, major=136, minor=n) for n in range(3)}
    made.file("/version", f"Linux version {kernel.RELEASE} (simulated) {kernel.VERSION}\n", 0o444)
    made.file("/cpuinfo", _CPU.format(0) + _CPU.format(1), 0o444)
    made.file("/meminfo", _MEMORY, 0o444)
    made.file("/loadavg", "0.02 0.05 0.01 1/120 1500\n", 0o444)
    return Tree({**made.entries, **streams})


KERNEL = ("/dev", "/proc", "/sys")  # what the kernel mounts into every container


def kernel_trees(at: float) -> Mapping[str, Tree]:
    """The trees of /proc, /sys and /dev for a container created at that time."""
    system = Tree({"/": Folder(0o555, at, links=12, size=0)})
    return dict(zip(KERNEL, (_devices(at), _processes(at), system), strict=True))
