"""Files that commands write: each is complete or not there, and nothing else is touched.

What is written grows in a new file beside the one that is meant, with a name that nobody can guess and open to its owner alone.
When it is complete it takes the place of the file, with the mode that this had. A symbolic link is followed: the file behind it
is replaced, the link stays. What is no regular file is never replaced; a device such as /dev/null is written to.
"""

from __future__ import annotations

import errno
import os
import stat
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from typing import BinaryIO

from fastloss.cli._terminal import CommandError, say

__all__ = ["STDOUT", "Output", "check_apart", "reserve"]

#: The name that stands for standard output.
STDOUT = "-"


@contextmanager
def naming(name: str) -> Iterator[None]:
    """Errors of the operating system in terms of the file that the user named, whatever file beside it they were about."""
    try:
        yield
    except OSError as error:
        raise CommandError(f"{name}: {error.strerror or error}") from None


def status(path: str) -> os.stat_result | None:
    """What is there; None where nothing is."""
    try:
        return os.stat(path)
    except FileNotFoundError:
        return None


def is_standard_stream(found: os.stat_result) -> bool:
    """Whether output of this process is redirected to this file, and would be lost when it is replaced."""
    for descriptor in (1, 2):
        with suppress(OSError):
            if os.path.samestat(found, os.fstat(descriptor)):
                return True
    return False


class Output:
    """A file to be written. What stands in the way is said when it is made: before the work and not after."""

    def __init__(self, name: str | os.PathLike[str]) -> None:
        self.name = os.fspath(name)
        if not self.name:
            raise CommandError("the name of a file to write is empty")
        if "\0" in self.name:
            raise CommandError(f"{self.name} is no name of a file")
        with naming(self.name):
            found = status(self.name)
            self.is_device = found is not None and stat.S_ISCHR(found.st_mode)
            self.path = self.name if self.is_device else os.path.realpath(self.name)
            self.folder = os.path.dirname(self.path)
            if found is None:
                self.check_folder()
            elif stat.S_ISDIR(found.st_mode):
                raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
            elif self.is_device:
                self.check_device()
            elif not stat.S_ISREG(found.st_mode):
                raise CommandError(f"{self.name} is no regular file, and nothing else is replaced")
            elif is_standard_stream(found):
                raise CommandError(f"{self.name} is where the output of this command goes; name another file")
            elif not os.access(self.path, os.W_OK):
                raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
        self.found = found

    def check_folder(self) -> None:
        if not os.path.isdir(self.folder) or os.path.basename(self.name) == "":
            raise FileNotFoundError(errno.ENOENT, "no such directory")
        if not os.access(self.folder, os.W_OK | os.X_OK):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))

    def check_device(self) -> None:
        with open(self.path, "wb", buffering=0) as device:
            if device.isatty():
                raise CommandError(f"{self.name} is a terminal; name a file, or - where that is allowed")

    def is_same_file(self, path: str) -> bool:
        """Whether writing would replace this file, by whatever name it is known."""
        there = status(path)
        return self.found is not None and there is not None and not self.is_device and os.path.samestat(self.found, there)

    @contextmanager
    def writing(self) -> Iterator[BinaryIO]:
        """The file to write to and to read from; it becomes that which is meant when all has been written."""
        with self.errors():
            if self.is_device:
                with open(self.path, "wb", buffering=0) as device:
                    yield device
                return
            descriptor, partial = tempfile.mkstemp(prefix=".fastloss-", dir=self.folder)
            try:
                with os.fdopen(descriptor, "w+b") as file:
                    yield file
                    file.flush()
                    os.fsync(file.fileno())
                self.give_mode(partial)
                os.replace(partial, self.path)
            except BaseException:
                with suppress(FileNotFoundError):
                    os.unlink(partial)
                raise

    def errors(self) -> AbstractContextManager[None]:
        return naming(self.name)

    def give_mode(self, partial: str) -> None:
        """The owner and mode of the file that is replaced; of a new file what the process gives to new files."""
        if self.found is None:
            mask = os.umask(0o077)
            os.umask(mask)
            os.chmod(partial, 0o666 & ~mask)
            return
        mine = os.stat(partial)
        if hasattr(os, "chown") and (mine.st_uid, mine.st_gid) != (self.found.st_uid, self.found.st_gid):
            with suppress(OSError):
                os.chown(partial, self.found.st_uid, self.found.st_gid)
        os.chmod(partial, stat.S_IMODE(self.found.st_mode) & 0o777)

    def write_text(self, text: str) -> None:
        with self.writing() as file:
            self.put(file, text)

    def put(self, file: BinaryIO, text: str) -> None:
        with self.errors():
            file.write(text.encode("utf-8", "backslashreplace"))
            file.flush()

    def say_written(self) -> None:
        say(f"written: {self.name}")


def check_apart(outputs: dict[str, Output], inputs: Iterable[str]) -> None:
    """Raise where an output, by the name of its option, is an input or another output."""
    inputs = list(inputs)
    seen: dict[str, str] = {}
    for option, output in outputs.items():
        for name in inputs:
            if output.is_same_file(name):
                raise CommandError(f"{output.name} is an input: {option} must name another file")
        for other, earlier in seen.items():
            same = output.path == outputs[other].path or output.is_same_file(earlier)
            if same and not output.is_device:
                raise CommandError(f"{other} and {option} name the same file, {output.name}")
        seen[option] = output.path


# What fills the disk is written before the file is mapped into memory.
_ZEROS = 1 << 20


def reserve(file: BinaryIO, size: int) -> None:
    """Take the space on disk now: where it is missing, writing to a mapped file ends the process without a word."""
    if hasattr(os, "posix_fallocate") and size:
        try:
            os.posix_fallocate(file.fileno(), 0, size)
            return
        except OSError as error:
            if error.errno not in (errno.EINVAL, errno.EOPNOTSUPP, errno.ENOSYS):  # what file systems say that cannot
                raise
    zeros = bytes(_ZEROS)
    done = file.seek(0, os.SEEK_END)
    while done < size:
        done += file.write(zeros[: size - done])
    file.flush()
