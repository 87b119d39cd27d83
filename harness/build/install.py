"""The command that installs a compiler, by operating system."""

_INSTALLERS = {
    "debian": ("sudo apt-get install", "build-essential"),
    "ubuntu": ("sudo apt-get install", "build-essential"),
    "fedora": ("sudo dnf install", "gcc gcc-c++"),
    "rhel": ("sudo dnf install", "gcc gcc-c++"),
    "centos": ("sudo dnf install", "gcc gcc-c++"),
    "amzn": ("sudo dnf install", "gcc gcc-c++"),
    "arch": ("sudo pacman -S --needed", "gcc"),
    "alpine": ("sudo apk add", "build-base linux-headers"),
    "suse": ("sudo zypper install", "gcc gcc-c++"),
    "opensuse": ("sudo zypper install", "gcc gcc-c++"),
}


def choose_install_command(platform: str, ids: str, compiler: str) -> str:
    """Return the command that installs `compiler`; empty if none is known.

    `platform` is `sys.platform`; `ids` are the words of ID and ID_LIKE in os-release, the distribution's own first.
    """
    if platform == "darwin":
        return "xcode-select --install"
    command, packages = next((_INSTALLERS[word] for word in ids.lower().split() if word in _INSTALLERS), ("", ""))
    if not command:
        return ""
    return f"{command} {'clang' if 'clang' in compiler else packages}"
