import pytest

from harness.build.install import choose_install_command


@pytest.mark.parametrize(
    ("platform", "ids", "compiler", "command"),
    [
        ("linux", "debian ", "cc", "sudo apt-get install build-essential"),
        ("linux", "linuxmint ubuntu debian", "clang-16", "sudo apt-get install clang"),
        ("linux", "rocky rhel centos fedora", "gcc", "sudo dnf install gcc gcc-c++"),
        ("linux", "opensuse-leap suse opensuse", "gcc", "sudo zypper install gcc gcc-c++"),
        ("linux", "alpine ", "cc", "sudo apk add build-base linux-headers"),
        ("linux", "arch", "/usr/bin/clang", "sudo pacman -S --needed clang"),
        ("linux", "nixos", "cc", ""),
        ("darwin", "", "cc", "xcode-select --install"),
    ],
)
def test_install_command(platform: str, ids: str, compiler: str, command: str) -> None:
    assert choose_install_command(platform, ids, compiler) == command
