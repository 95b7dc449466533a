"""The folder of a user's own in which compiled bodies are kept: nobody else may have written what a program loads from it."""

from __future__ import annotations

import os
import stat
import sys
from pathlib import Path

__all__ = ["cache_folder", "check_file"]


def chosen() -> Path:
    """FASTLOSS_CACHE_DIR, or where the system keeps caches."""
    if own := os.environ.get("FASTLOSS_CACHE_DIR"):
        return Path(own).expanduser().absolute()
    if sys.platform == "darwin":
        return Path("~/Library/Caches/fastloss").expanduser()
    base = os.environ.get("XDG_CACHE_HOME") or ""
    # A path that is not absolute is to be ignored: XDG Base Directory Specification.
    return (Path(base) if Path(base).is_absolute() else Path("~/.cache").expanduser()) / "fastloss"


def problem_of(path: Path, others_may_read: bool) -> str:
    """What is wrong with a folder or a file of the cache; "" where nothing is. Links are not followed."""
    found = path.lstat()
    if stat.S_ISLNK(found.st_mode):
        return "is a symbolic link"
    if found.st_uid != os.geteuid():
        return f"belongs to another user (uid {found.st_uid}, and this process has {os.geteuid()})"
    forbidden = 0o022 if others_may_read else 0o077
    if found.st_mode & forbidden:
        return f"is open to other users (mode {stat.S_IMODE(found.st_mode):04o}; chmod {'go-w' if others_may_read else '700'})"
    return ""


def refusal(path: Path, problem: str) -> PermissionError:
    return PermissionError(
        f"{path} {problem}, and fastloss runs no code from there: remove it, or name another folder in FASTLOSS_CACHE_DIR"
    )


def cache_folder() -> Path:
    """The folder, made where there is none; PermissionError where it is not the user's alone."""
    folder = chosen()
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        folder.mkdir(mode=0o700, exist_ok=True)
    except OSError as error:
        raise type(error)(
            f"{folder}, where compiled losses are kept, cannot be made ({error.strerror}): name a folder in FASTLOSS_CACHE_DIR"
        ) from None
    if problem := problem_of(folder, others_may_read=False):
        raise refusal(folder, problem)
    return folder


def check_file(path: Path) -> None:
    """Raise where a file of the cache may have been written by others."""
    if problem := problem_of(path, others_may_read=True):
        raise refusal(path, problem)
