"""The command that installs a compiler, by operating system."""

_DEBIAN = "sudo apt-get install build-essential"
_FEDORA = "sudo dnf install gcc gcc-c++"
_COMMANDS = {
    "debian": _DEBIAN,
    "ubuntu": _DEBIAN,
    "fedora": _FEDORA,
    "rhel": _FEDORA,
    "centos": _FEDORA,
    "amzn": _FEDORA,
    "arch": "sudo pacman -S --needed gcc",
    "alpine": "sudo apk add build-base linux-headers",
    "suse": "sudo zypper install gcc gcc-c++",
    "opensuse": "sudo zypper install gcc gcc-c++",
}


def choose_install_command(platform: str, ids: str) -> str:
    """Return the command for `sys.platform` and the words of os-release's ID and ID_LIKE; empty where none is known."""
    if platform == "darwin":
        return "xcode-select --install"
    return next((_COMMANDS[word] for word in ids.lower().split() if word in _COMMANDS), "")
