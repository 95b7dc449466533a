"""Where the headers of fastloss are: what a user's C code is compiled with."""

from __future__ import annotations

from pathlib import Path

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
    package = Path(__file__).resolve().parent
    installed = package / "include"
    return str(installed if installed.exists() else package.parent / "csrc")
