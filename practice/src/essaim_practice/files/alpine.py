"""Folders, users and groups of older Alpine images, beside BusyBox's.

Newer images hold less; those of the catalogue hold only what BusyBox has.
"""

from __future__ import annotations

GROWN = 1_600_000_000.0  # an image made before, in September 2020, holds all this

FOLDERS = """
/home /media/cdrom /media/floppy /media/usb /mnt /opt /run /run/lock /sbin /srv /usr/bin /usr/lib
/usr/local/bin /usr/local/lib /usr/local/share /usr/sbin /usr/share /var/cache /var/empty /var/lib
/var/local /var/log /var/mail /var/opt /var/spool
"""
USERS = """\
root:x:0:0:root:/root:/bin/sh
bin:x:1:1:bin:/bin:/sbin/nologin
daemon:x:2:2:daemon:/sbin:/sbin/nologin
lp:x:4:7:lp:/var/spool/lpd:/sbin/nologin
sync:x:5:0:sync:/sbin:/bin/sync
shutdown:x:6:0:shutdown:/sbin:/sbin/shutdown
halt:x:7:0:halt:/sbin:/sbin/halt
mail:x:8:12:mail:/var/mail:/sbin/nologin
news:x:9:13:news:/usr/lib/news:/sbin/nologin
uucp:x:10:14:uucp:/var/spool/uucppublic:/sbin/nologin
cron:x:16:16:cron:/var/spool/cron:/sbin/nologin
ftp:x:21:21::/var/lib/ftp:/sbin/nologin
sshd:x:22:22:sshd:/dev/null:/sbin/nologin
games:x:35:35:games:/usr/games:/sbin/nologin
postgres:x:70:70::/var/lib/postgresql:/bin/sh
ntp:x:123:123:NTP:/var/empty:/sbin/nologin
guest:x:405:100:guest:/dev/null:/sbin/nologin
nobody:x:65534:65534:nobody:/:/sbin/nologin
"""
GROUPS = """\
root:x:0:root
bin:x:1:root,bin,daemon
daemon:x:2:root,bin,daemon
sys:x:3:root,bin
adm:x:4:root,daemon
tty:x:5:
disk:x:6:root
lp:x:7:lp
wheel:x:10:root
floppy:x:11:root
mail:x:12:mail
news:x:13:news
uucp:x:14:uucp
cron:x:16:cron
audio:x:18:
cdrom:x:19:
dialout:x:20:root
ftp:x:21:
sshd:x:22:
input:x:23:
tape:x:26:root
video:x:27:root
netdev:x:28:
kvm:x:34:kvm
games:x:35:
shadow:x:42:
postgres:x:70:
www-data:x:82:
users:x:100:games
ntp:x:123:
utmp:x:406:
ping:x:999:
nogroup:x:65533:
nobody:x:65534:
"""

USERS_NOW = USERS.replace("postgres:x:70:70::/var/lib/postgresql:/bin/sh\n", "")
#: As the image alpine of today has them; but root is in its own group alone, as on the image that
#: a real engine was compared with.
GROUPS_NOW = "".join(
    f"{name}:x:{number}:{','.join(user for user in users.split(',') if user != 'root')}\n"
    for name, _, number, users in (row.split(":") for row in GROUPS.splitlines())
    if name != "postgres"
)
BUSYBOX_USERS = """\
root:x:0:0:root:/root:/bin/sh
daemon:x:1:1:daemon:/usr/sbin:/bin/false
bin:x:2:2:bin:/bin:/bin/false
sys:x:3:3:sys:/dev:/bin/false
sync:x:4:100:sync:/bin:/bin/sync
mail:x:8:8:mail:/var/spool/mail:/bin/false
www-data:x:33:33:www-data:/var/www:/bin/false
operator:x:37:37:Operator:/var:/bin/false
nobody:x:65534:65534:nobody:/home:/bin/false
"""
_BUSYBOX_NUMBERS = {
    "root": 0, "daemon": 1, "bin": 2, "sys": 3, "adm": 4, "tty": 5, "disk": 6, "lp": 7, "mail": 8,
    "kmem": 9, "wheel": 10, "cdrom": 11, "dialout": 18, "floppy": 19, "video": 28, "audio": 29,
    "tape": 32, "www-data": 33, "operator": 37, "utmp": 43, "plugdev": 46, "staff": 50, "lock": 54,
    "netdev": 82, "users": 100, "nogroup": 65534,
}  # fmt: skip
BUSYBOX_GROUPS = "".join(
    f"{name}:x:{number}:{'root' if name == 'wheel' else ''}\n"
    for name, number in _BUSYBOX_NUMBERS.items()
)
#: What BusyBox is called for accounts, beside the applets of the image that was compared with.
ACCOUNTS = ("addgroup", "adduser", "delgroup", "deluser")
