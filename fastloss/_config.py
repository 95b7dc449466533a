"""What this installation of fastloss is, and what it uses of the machine, for people to read."""

from __future__ import annotations

from fastloss import _core
from fastloss._memory import said_of_memory
from fastloss._threads import get_num_threads

__all__ = ["config", "show_config"]


def show_config() -> None:
    """Print the version, the SIMD tiers and the threads in use.

    Examples
    --------
    >>> import fastloss as fl
    >>> fl.show_config()  # doctest: +ELLIPSIS
    fastloss ...
    """
    for name, text in config().items():
        print(f"{name:<10} {text}")


def config() -> dict[str, str]:
    """What `show_config` prints."""
    import platform
    from importlib.metadata import version

    import numpy as np

    tiers = _core.tiers()
    openmp = _core.openmp_version()
    return {
        "fastloss": version("fastloss"),
        "NumPy": np.__version__,
        "Python": f"{platform.python_version()} on {platform.system()} {platform.machine()}",
        "tier": _core.get_tier(),
        "built": ", ".join(name for name, built, _ in tiers if built),
        "usable": ", ".join(name for name, _, usable in tiers if usable),
        "threads": str(get_num_threads()),
        "memory": said_of_memory(),
        "OpenMP": f"specification {openmp}" if openmp else "none: built without, one thread",
    }
