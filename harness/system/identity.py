"""The name of this computer."""

import platform


def name_computer() -> str:
    """Return the name that this computer has in its network, empty where it has none."""
    return platform.node()
