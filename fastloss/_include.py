"""Where the headers of fastloss are: what a user's C code is compiled with."""

from __future__ import annotations

import os  # and not pathlib: that would be a part of what an import of fastloss takes

__all__ = ["get_include"]


def get_include() -> str:
    """The folder of the C headers: `fastloss.h`, and all that the body of a loss is written in.

    Returns
    -------
    str
        For ``-I`` of a compiler.

    Examples
    --------
    >>> from pathlib import Path
    >>> import fastloss as fl
    >>> Path(fl.get_include(), "fastloss.h").exists()
    True
    """
    package = os.path.dirname(os.path.abspath(__file__))
    installed = os.path.join(package, "include")
    return installed if os.path.isdir(installed) else os.path.join(os.path.dirname(package), "csrc")
