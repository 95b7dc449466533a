"""Arrays in the user's files: what a name on the command line stands for, and what is said of files of other formats.

bfloat16, which NumPy does not have, is an array of its bytes here: two without a type, as the arrays of `ml_dtypes` are saved.
"""

from __future__ import annotations

import errno
import math
import os
import re
import stat
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np

from fastloss.cli._terminal import CommandError

__all__ = ["BFLOAT16", "FORMATS", "Array", "Input", "dtype_name", "numbers", "open_input", "to_bfloat16"]

Array: TypeAlias = np.ndarray[Any, Any]

#: What --help says of the names of inputs.
FORMATS = """\
A FILE is an array that numpy.save wrote (.npy), which is mapped into memory. Other files are named with what is in them:
  logits.npy:bfloat16          a .npy file of bfloat16 numbers, which .npy files cannot name
  arrays.npz, arrays.npz:NAME  the only array of an archive, or one of several; it is read whole
  logits.bin:float32:1000x10   raw numbers, row by row, as numpy.memmap takes them; bfloat16 too; without a shape, one axis
"""

BFLOAT16 = np.dtype("V2")

# Enough to know a format by.
HEAD_BYTES = 512


@dataclass(frozen=True)
class Input:
    """An array and the file that it came from, as the user named it."""

    text: str
    path: str
    array: Array


# --- bfloat16 -------------------------------------------------------------------------------------


def dtype_name(dtype: np.dtype[Any]) -> str:
    return "bfloat16" if dtype == BFLOAT16 else str(dtype)


def numbers(array: Array) -> Array:
    """An array that can be computed with: bfloat16 as float32, which has the same exponents and more digits."""
    if array.dtype != BFLOAT16:
        return array
    return (array.view(np.uint16).astype(np.uint32) << 16).view(np.float32)


def to_bfloat16(array: Array) -> Array:
    """float32 numbers rounded to the nearest bfloat16, of two equally near to the even one."""
    bits = np.ascontiguousarray(array, np.float32).view(np.uint32)
    rounded = (bits + (0x7FFF + (bits >> 16 & 1))) >> 16
    return np.where(np.isnan(array), 0x7FC0, rounded).astype(np.uint16).view(BFLOAT16)


# --- opening --------------------------------------------------------------------------------------


def open_input(text: str) -> Input:
    """What a name on the command line stands for; raises `CommandError` where that cannot be read."""
    path, parts = split(text)
    try:
        found = os.stat(path)
        if stat.S_ISDIR(found.st_mode):
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
        if not stat.S_ISREG(found.st_mode):
            raise CommandError(f"{path} is no regular file, and cannot be mapped into memory; save it to a file first")
        with open(path, "rb") as file:
            head = file.read(HEAD_BYTES)
        return Input(text, path, read(path, head, parts))
    except OSError as error:
        raise CommandError(f"{path}: {error.strerror or error}") from None
    except ValueError as error:  # of a name that holds a null byte
        raise CommandError(f"{path}: {error}") from None


def split(text: str) -> tuple[str, list[str]]:
    """The file, and what follows it after colons. A colon may also be part of the name of a file that exists."""
    parts = text.split(":")
    for n in range(len(parts), 0, -1):
        path = ":".join(parts[:n])
        if path and os.path.lexists(path):
            return path, parts[n:]
    return text, []


def read(path: str, head: bytes, parts: list[str]) -> Array:
    if head.startswith(b"\x93NUMPY"):
        if parts not in ([], ["bfloat16"]):
            raise CommandError(f"{path} is a .npy file, which says its own type and shape; :bfloat16 alone may follow its name")
        return as_named(path, path, map_npy(path), parts)
    if head.startswith(b"PK\x03\x04") and (archive := read_npz(path, parts)) is not None:
        return archive
    if parts and (kind := raw_type(parts[0])) is not None and len(parts) <= 2:
        return map_raw(path, kind, parts)
    if parts:
        wanted = f"{path}:float32:1000x10, with the type and shape of raw numbers"
        raise CommandError(f"{':'.join([path, *parts])}: {':'.join(parts)!r} says nothing of this file; wanted: {wanted}")
    raise unreadable(path, what_it_is(path, head))


def unreadable(path: str, reason: str) -> CommandError:
    return CommandError(f"{path} cannot be read as a .npy file: {reason}")


def reason_of(error: Exception) -> str:
    """What an error says: every stage of NumPy's parser can complain of a damaged header, each with an exception of its own."""
    reason = str(error.args[0] if error.args else error) or type(error).__name__
    return "it is shorter than its header says" if "mmap length" in reason else reason


def map_npy(path: str) -> Array:
    try:
        with warnings.catch_warnings():
            # NumPy warns of headers that Python 2 has written, and reads them.
            warnings.simplefilter("ignore")
            return np.lib.format.open_memmap(path, mode="r")
    except OSError:
        raise
    except Exception as error:
        raise unreadable(path, reason_of(error)) from None


def as_named(text: str, name: str, array: Array, parts: list[str]) -> Array:
    """The array, as bfloat16 where that is said of it."""
    if parts == ["bfloat16"]:
        if array.dtype not in (BFLOAT16, np.dtype(np.uint16), np.dtype(np.int16)):
            raise CommandError(
                f"{text} holds {array.dtype}, which is not bfloat16: that has two bytes without a type, or uint16"
            )
        return array.view(BFLOAT16)
    if array.dtype == BFLOAT16:
        raise CommandError(f"{text} holds numbers of two bytes without a type; if they are bfloat16, write {name}:bfloat16")
    return array


def read_npz(path: str, parts: list[str]) -> Array | None:
    """One array of an archive; None where it is another kind of archive."""
    import zipfile

    try:
        # Where the archive is damaged, NumPy leaves a file open that it has opened.
        with open(path, "rb") as file, np.load(file, allow_pickle=False) as archive:
            names = list(archive.files)
            if any(name.endswith("data.pkl") for name in names):
                raise unreadable(path, conversion("a file of PyTorch", path, "torch.load({path}).numpy()"))
            if not any(f"{name}.npy" in archive.zip.namelist() for name in names):
                return None if parts else named_failure(path, "it is an archive without arrays")
            given, kind = ":".join(parts), []
            if given not in names and parts and parts[-1] == "bfloat16":
                given, kind = ":".join(parts[:-1]), ["bfloat16"]
            listed = f"{', '.join(names[:10])}{', ...' if len(names) > 10 else ''}"
            if not given and len(names) > 1:
                raise CommandError(f"{path} holds {len(names)} arrays; write {path}:NAME, with one of these: {listed}")
            if given and given not in names:
                raise CommandError(f"{path} holds no array {given!r}; it holds: {listed}")
            name = given or names[0]
            array = archive[name]
            if not isinstance(array, np.ndarray):
                raise CommandError(f"{path}:{name} is no array")
            return as_named(f"{path}:{name}", f"{path}:{name}", array, kind)
    except (CommandError, MemoryError):
        raise
    except zipfile.BadZipFile as error:
        raise unreadable(path, f"it is a damaged archive: {error}") from None
    except Exception as error:  # of zlib, zipfile or NumPy's parser, whichever meets the damage first
        raise unreadable(path, reason_of(error)) from None


def named_failure(path: str, reason: str) -> Array:
    raise unreadable(path, reason)


# --- raw numbers ----------------------------------------------------------------------------------


def raw_type(text: str) -> np.dtype[Any] | None:
    """The dtype that a word names; None where it names none that raw numbers may have."""
    if text == "bfloat16":
        return BFLOAT16
    try:
        dtype = np.dtype(text)
    except Exception:  # TypeError, and what NumPy's own parser of such words raises
        return None
    return dtype if dtype.kind in "biufSU" and dtype.itemsize else None


def map_raw(path: str, dtype: np.dtype[Any], parts: list[str]) -> Array:
    size = os.path.getsize(path)
    if len(parts) == 2:
        if not re.fullmatch(r"\d{1,18}(x\d{1,18})*", parts[1], re.ASCII):
            raise CommandError(f"{path}: {parts[1]!r} is no shape; wanted: numbers with x between, such as 1000x10")
        shape = tuple(map(int, parts[1].split("x")))
    else:
        shape = (size // dtype.itemsize,)
    wanted = math.prod(shape) * dtype.itemsize
    if wanted != size:
        what = f"{dtype_name(dtype)} of shape {'x'.join(map(str, shape))}"
        raise CommandError(f"{path} has {size:,} bytes, but {what} has {wanted:,}")
    if not size:
        return np.empty(shape, dtype)
    try:
        return np.memmap(path, dtype, "r", shape=shape)
    except ValueError as error:  # of more axes than an array may have
        raise CommandError(f"{path}: {error}") from None


# --- other formats --------------------------------------------------------------------------------


def conversion(what: str, path: str, expression: str) -> str:
    """What a file is, and the line of Python that makes a .npy file of it."""
    values = expression.format(path=repr(path))
    return f"it is {what}; in Python, numpy.save({str(Path(path).with_suffix('.npy'))!r}, {values}) converts it"


def what_it_is(path: str, head: bytes) -> str:
    """Why a file is no array that can be read: by what it begins with, then by its name."""
    suffix = os.path.splitext(path)[1].lower()
    if not head:
        return "it is empty"
    if head.startswith(b"PAR1"):
        return conversion("a Parquet file", path, "pandas.read_parquet({path}).to_numpy()")
    if head.startswith((b"ARROW1", b"FEA1")):
        return conversion("an Arrow or Feather file", path, "pandas.read_feather({path}).to_numpy()")
    if head.startswith(b"\x89HDF\r\n\x1a\n"):
        return conversion("an HDF5 file", path, "h5py.File({path})['NAME'][...]")
    if suffix == ".safetensors" or head[8:10] == b'{"':
        return conversion("a safetensors file", path, "safetensors.numpy.load_file({path})['NAME']")
    if suffix in (".pt", ".pth", ".bin", ".ckpt") and head.startswith(b"\x80"):
        return conversion("a file of PyTorch", path, "torch.load({path}).numpy()")
    if head[:1] == b"\x80" and head[1:2] in (b"\x02", b"\x03", b"\x04", b"\x05"):
        return conversion("a pickle, which runs code that it holds", path, "pandas.read_pickle({path})")
    if head.startswith(b"\x1f\x8b"):
        return "it is compressed by gzip; decompress it first"
    if is_text(head):
        if suffix in (".json", ".jsonl") or head.lstrip()[:1] in (b"[", b"{"):
            return conversion("JSON", path, "json.load(open({path}))")
        delimiter = next((d for d in (b",", b";", b"\t") if d in head), b"")
        option = f", delimiter={delimiter.decode()!r}" if delimiter else ""
        kind = "CSV" if delimiter or suffix == ".csv" else "text"
        # Only the path is put in: `format` would make fields of braces in a name.
        return conversion(f"{kind}, perhaps with a line of headings (skiprows=1)", path, "numpy.loadtxt({path}" + option + ")")
    return f"it does not begin as one does; if it holds raw numbers, write their type and shape: {path}:float32:1000x10"


def is_text(head: bytes) -> bool:
    try:
        text = head.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        if error.start < len(head) - 3:  # not only the last character is cut
            return False
        text = head[: error.start].decode("utf-8-sig")
    return all(c.isprintable() or c in "\t\r\n" for c in text)
