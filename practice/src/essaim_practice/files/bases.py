"""The bases of images: which releases there are, what they weigh, and their files."""

from __future__ import annotations

from dataclasses import dataclass
from weakref import WeakKeyDictionary, WeakValueDictionary

from essaim_practice.files import alpine, rootfs
from essaim_practice.store.file_tree import Tree

#: 5 August 2026, when the images of the catalogue were made.
AUGUST = 1_785_888_000.0
_ALPINE_PATCHES = {
    "3.24": 1, "3.23": 5, "3.22": 5, "3.21": 7, "3.20": 8, "3.19": 9, "3.18": 12, "3.17": 10,
    "3.16": 9, "3.15": 11, "3.14": 10, "3.13": 12, "3.12": 12, "3.11": 13, "3.10": 9, "3.9": 6,
    "3.8": 5, "3.7": 3, "3.6": 5, "3.5": 3, "3.4": 6, "3.3": 3, "3.2": 3, "3.1": 4, "2.7": 9,
    "2.6": 6,
}  # fmt: skip
_DEBIAN = {  # version, and MB of the whole and of the slim image: compressed, unpacked
    "forky": ("14", "14.0", (49.6, 121.0), (30.1, 79.4)),
    "trixie": ("13", "13.6", (49.3, 120.0), (29.777_766, 78.642_688)),
    "bookworm": ("12", "12.15", (48.5, 117.0), (28.2, 74.8)),
    "bullseye": ("11", "11.11", (53.7, 124.0), (30.3, 80.6)),
    "buster": ("10", "10.13", (50.5, 114.0), (27.1, 69.2)),
    "stretch": ("9", "9.13", (45.4, 101.0), (22.5, 55.3)),
    "jessie": ("8", "8.11", (54.4, 129.0), (30.1, 81.4)),
    "wheezy": ("7", "7.11", (38.3, 88.3), (30.0, 80.0)),
}
_UBUNTU = {  # number, whole name, MB compressed and unpacked
    "stonking": ("26.10", "26.10 (Stonking Stingray)", (30.3, 80.0)),
    "resolute": ("26.04", "26.04 LTS (Resolute Raccoon)", (30.1, 79.5)),
    "questing": ("25.10", "25.10 (Questing Quokka)", (29.9, 78.9)),
    "plucky": ("25.04", "25.04 (Plucky Puffin)", (29.8, 78.6)),
    "oracular": ("24.10", "24.10 (Oracular Oriole)", (29.8, 78.4)),
    "mantic": ("23.10", "23.10 (Mantic Minotaur)", (27.0, 70.4)),
    "lunar": ("23.04", "23.04 (Lunar Lobster)", (26.9, 70.3)),
    "kinetic": ("22.10", "22.10 (Kinetic Kudu)", (26.7, 70.3)),
    "noble": ("24.04", "24.04.3 LTS (Noble Numbat)", (29.7, 78.1)),
    "jammy": ("22.04", "22.04.5 LTS (Jammy Jellyfish)", (29.5, 77.9)),
    "focal": ("20.04", "20.04.6 LTS (Focal Fossa)", (27.5, 72.8)),
    "bionic": ("18.04", "18.04.6 LTS (Bionic Beaver)", (25.7, 63.2)),
    "xenial": ("16.04", "16.04.7 LTS (Xenial Xerus)", (46.5, 135.0)),
    "trusty": ("14.04", "14.04.6 LTS, Trusty Tahr", (70.7, 197.0)),
}
_NAMES = {number: name for name, (number, *_) in _UBUNTU.items()}
_MB = 1_000_000


@dataclass(frozen=True, slots=True)
class Base:
    """One release of a base."""

    name: str  # alpine, busybox, debian, ubuntu
    release: str = ""  # 3.22, trixie-slim, noble

    @property
    def sizes(self) -> tuple[int, int]:
        """Bytes of its layer: compressed, unpacked."""
        match self.name:
            case "alpine":
                old = tuple(map(int, self.release.split("."))) < (3, 15)
                return (2_800_000, 5_580_000) if old else (3_802_452, 8_314_880)
            case "busybox":
                return 2_156_518, 4_282_880
            case "debian":
                _, _, whole, slim = _DEBIAN[self.release.removesuffix("-slim")]
                packed, size = slim if self.release.endswith("-slim") else whole
            case _:
                packed, size = _UBUNTU[self.release][2]
        return round(packed * _MB), round(size * _MB)

    @property
    def history(self) -> str:
        """What made its layer."""
        match self.name:
            case "alpine":
                return f"ADD alpine-minirootfs-{self._full}-x86_64.tar.gz / # buildkit"
            case "busybox":
                return "BusyBox 1.37.0 (glibc), Debian 13"
            case "debian":
                release = self.release.removesuffix("-slim")
                return f"# debian.sh --arch 'amd64' out/ '{release}'"
        return "ADD file:… in / # buildkit"

    @property
    def _full(self) -> str:
        return f"{self.release}.{_ALPINE_PATCHES.get(self.release, 0)}"

    def os_release(self) -> str:
        """Its /etc/os-release; "" of BusyBox, which has none."""
        match self.name:
            case "alpine":
                return (
                    f'NAME="Alpine Linux"\nID=alpine\nVERSION_ID={self._full}\n'
                    f'PRETTY_NAME="Alpine Linux v{self.release}"\n'
                    'HOME_URL="https://alpinelinux.org/"\n'
                    'BUG_REPORT_URL="https://gitlab.alpinelinux.org/alpine/aports/-/issues"\n'
                )
            case "debian":
                codename = self.release.removesuffix("-slim")
                number, full, *_ = _DEBIAN[codename]
                more = f"DEBIAN_VERSION_FULL={full}\n" if int(number) > 12 else ""
                return (
                    f'PRETTY_NAME="Debian GNU/Linux {number} ({codename})"\n'
                    f'NAME="Debian GNU/Linux"\nVERSION_ID="{number}"\n'
                    f'VERSION="{number} ({codename})"\nVERSION_CODENAME={codename}\n{more}'
                    'ID=debian\nHOME_URL="https://www.debian.org/"\n'
                    'SUPPORT_URL="https://www.debian.org/support"\n'
                    'BUG_REPORT_URL="https://bugs.debian.org/"\n'
                )
            case "ubuntu":
                number, full, _ = _UBUNTU[self.release]
                pretty = full.partition(" (")[0]
                return (
                    f'PRETTY_NAME="Ubuntu {pretty}"\nNAME="Ubuntu"\nVERSION_ID="{number}"\n'
                    f'VERSION="{full}"\nVERSION_CODENAME={self.release}\nID=ubuntu\n'
                    'ID_LIKE=debian\nHOME_URL="https://www.ubuntu.com/"\n'
                    'SUPPORT_URL="https://help.ubuntu.com/"\n'
                    'BUG_REPORT_URL="https://bugs.launchpad.net/ubuntu/"\n'
                    'PRIVACY_POLICY_URL="https://www.ubuntu.com/legal/terms-and-policies/'
                    f'privacy-policy"\nUBUNTU_CODENAME={self.release}\nLOGO=ubuntu-logo\n'
                )
        return ""

    def tree(self) -> Tree:
        """Its files, shared by all images and clusters."""
        if (made := _TREES.get(self)) is None:
            made = _TREES[self] = Tree(self._maker().entries)
            _BASES[made] = self
        return made

    def _maker(self) -> rootfs.Maker:
        made = rootfs.Maker(AUGUST)
        match self.name:
            case "":
                return made
            case "alpine":
                rootfs.busybox(made)
                made.file("/etc/passwd", alpine.USERS_NOW)
                made.file("/etc/group", alpine.GROUPS_NOW)
                made.link("/usr/bin/getent", "/bin/busybox")
                self._accounts(made)
                if tuple(map(int, self.release.split("."))) < (3, 13):
                    rootfs.old_alpine(made)
                made.file("/bin/apk", rootfs.SMALL_BINARY, 0o755)
                made.file("/etc/alpine-release", f"{self._full}\n")
                made.file("/etc/os-release", self.os_release())
            case "busybox":
                rootfs.busybox(made)
                made.file("/etc/passwd", alpine.BUSYBOX_USERS)
                made.file("/etc/group", alpine.BUSYBOX_GROUPS)
                self._accounts(made)
            case _:
                rootfs.debian(made)
                made.file("/usr/lib/os-release", self.os_release())
                self._mark(made)
        return made

    def _accounts(self, made: rootfs.Maker) -> None:
        """BusyBox's programs for users and groups."""
        for name in alpine.ACCOUNTS:
            made.link(f"/usr/sbin/{name}", "/bin/busybox")

    def _mark(self, made: rootfs.Maker) -> None:
        """The other files that name a Debian's or Ubuntu's release."""
        if self.name == "ubuntu":
            pretty = _UBUNTU[self.release][1].partition(" (")[0]
            number = _UBUNTU[self.release][0]
            made.file("/etc/debian_version", f"{_UNDER.get(self.release, 'sid')}/sid\n")
            made.file("/etc/issue", f"Ubuntu {pretty} \\n \\l\n\n")
            for log in ["alternatives.log", "bootstrap.log", "dpkg.log", "faillog", "lastlog"]:
                made.file(f"/var/log/{log}", "")
            said = f"DISTRIB_ID=Ubuntu\nDISTRIB_RELEASE={number}\nDISTRIB_CODENAME={self.release}\n"
            made.file("/etc/lsb-release", f'{said}DISTRIB_DESCRIPTION="Ubuntu {pretty}"\n')
        else:
            number, full, *_ = _DEBIAN[self.release.removesuffix("-slim")]
            made.file("/etc/debian_version", f"{full}\n")
            made.file("/etc/issue", f"Debian GNU/Linux {number} \\n \\l\n\n")


_UNDER = {"noble": "trixie", "jammy": "bookworm", "focal": "bullseye", "bionic": "buster"}
_TREES: WeakValueDictionary[Base, Tree] = WeakValueDictionary()
_BASES: WeakKeyDictionary[Tree, Base] = WeakKeyDictionary()


def of(tree: Tree) -> Base | None:
    """The base that a tree is, and nothing more."""
    return _BASES.get(tree)


def parse(text: str) -> Base:
    """A base as a recipe names it: ``debian trixie-slim``, ``ubuntu 24.04``, ``alpine``.

    Raises ValueError for one that is not known.
    """
    name, _, release = text.partition(" ")
    match name:
        case "alpine":
            release = ".".join((release or "3.24").split(".")[:2])
            known = release in _ALPINE_PATCHES
        case "debian":
            release = release or "trixie-slim"
            known = release.removesuffix("-slim") in _DEBIAN
        case "ubuntu":
            release = _NAMES.get(release, release or "noble")
            known = release in _UBUNTU
        case "" | "busybox":
            release, known = "", True
        case _:
            known = False
    if not known:
        raise ValueError(f"{text} is no base: alpine, busybox, debian or ubuntu, and its release")
    return Base(name, release)


def debian(number: str) -> str:
    """The name of a Debian by its number: trixie for 13. The newest for another one."""
    return next((name for name, known in _DEBIAN.items() if known[0] == number), "trixie")
