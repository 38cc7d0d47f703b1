"""Atomic writes, and outputs that one process at a time may write to."""

import errno
import json
import math
import os
import secrets
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from facegan.errors import FaceganError, first_line

fcntl: Any
try:
    import fcntl
except ImportError:  # Windows
    fcntl = None


@contextmanager
def atomic_write(path: str | os.PathLike[str]) -> Iterator[Path]:
    """A context that writes a file atomically.

    The block writes to a hidden file next to `path` with the same suffix. If it succeeds, that file replaces `path`;
    if it fails, an existing `path` stays as it was and no new file is left. Missing folders are created.

    Args:
        path: the file to write.

    Yields:
        The `Path` to write to. It does not exist yet.

    Example:
        with atomic_write("notes.txt") as temporary:
            temporary.write_text("whole or not at all")

    Raises:
        FaceganError: the file cannot be written (no permission, full disk, `path` is a folder, ...): any `OSError` of
            the block. Other exceptions pass unchanged.
    """
    path = Path(path)
    # The name ends with the whole original name: some libraries choose the format by a double suffix (`.weights.h5`).
    temporary = path.with_name(f".{secrets.token_hex(4)}-{path.name}")
    new_folders: list[Path] = []
    try:
        if path.exists() and not path.is_file():
            raise FaceganError(f"cannot write {path}: it exists and is not a file")
        new_folders = [folder for folder in path.parents if not folder.exists()]
        if new_folders:
            path.parent.mkdir(parents=True, exist_ok=True)
        yield temporary
        # Without this, a crash of the machine could leave an empty file under the new name.
        with open(temporary, "rb+") as file:
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except BaseException as error:
        _remove(temporary, new_folders)
        if isinstance(error, OSError):
            raise write_error(path, error) from error
        raise


def write_error(path: str | os.PathLike[str], error: OSError) -> FaceganError:
    """The `FaceganError` for a file that cannot be written."""
    return FaceganError(f"cannot write {path}: {_reason(error)}")


def remove_leftovers(*folders: Path) -> None:
    """Removes temporary files of processes that were killed in `atomic_write`, in folders without other writers."""
    for folder in folders:
        for leftover in folder.glob(f".{'[0-9a-f]' * 8}-*"):
            leftover.unlink(missing_ok=True)


def _remove(temporary: Path | None, folders: Iterable[Path]) -> None:
    # The original failure matters more than a leftover file; folders that contain other files stay.
    if temporary is not None:
        with suppress(OSError):
            temporary.unlink()
    for folder in folders:
        with suppress(OSError):
            folder.rmdir()


def _reason(error: OSError) -> str:
    # Some libraries put whole paragraphs into OSErrors; the error number gives a short message.
    return os.strerror(error.errno) if error.errno else first_line(error)


@contextmanager
def reserve(path: str | os.PathLike[str], is_folder: bool = True) -> Iterator[None]:
    """A context that keeps other processes from writing the same output, and checks that it is writable.

    If the process crashes, the lock is released. Missing folders are created, and removed again if they stay empty.

    Args:
        path: a folder, or a file.
        is_folder: whether it is a folder.

    Raises:
        FaceganError: another process has locked it, or it cannot be written.
    """
    path = Path(path)
    folder = path if is_folder else path.parent
    new_folders = [each for each in (folder, *folder.parents) if not os.path.exists(each)]
    # A folder is locked itself. A file is replaced when it is written, so a lock file next to it is used.
    lock = folder if is_folder else path.with_name(f".{path.name}.lock")
    try:
        if folder.exists() and not folder.is_dir():
            raise NotADirectoryError(errno.ENOTDIR, "")
        folder.mkdir(parents=True, exist_ok=True)
        if not os.access(folder, os.W_OK | os.X_OK):
            raise PermissionError(errno.EACCES, "")
        descriptor = os.open(lock, os.O_RDONLY if is_folder else os.O_RDWR | os.O_CREAT)
    except OSError as error:
        _remove(None, new_folders)
        raise FaceganError(f"cannot write {path}: {_reason(error)}") from error
    has_lock = False
    try:
        _lock(descriptor, path)
        has_lock = True
        yield
    finally:
        _remove(lock if has_lock and not is_folder else None, new_folders)
        os.close(descriptor)


def _lock(descriptor: int, path: Path) -> None:
    if fcntl is None:
        return
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        raise FaceganError(
            f"cannot write {path}: another process is writing to it; wait for it, stop it, or choose another folder"
        ) from error
    # Some network file systems have no locks; write anyway.
    except OSError:
        pass


class WriteGuard:
    """Refuses to overwrite files that must be kept.

    These are the files that a command reads, under any name (links, other spellings, case), and, unless `overwrite` is
    set, all existing files except the command's own earlier results.
    """

    def __init__(
        self,
        inputs: Iterable[str | os.PathLike[str]] = (),
        overwrite: bool = False,
        is_own: Callable[[Path], bool] = lambda path: False,
    ) -> None:
        """Records the inputs.

        Args:
            inputs: files that are read now or later; those that do not exist are ignored.
            overwrite: whether other files may be replaced.
            is_own: returns whether a file is an earlier result of the command.
        """
        self._inputs = {file: Path(path) for path in inputs if (file := _file_at(path))}
        self._overwrite, self._is_own = overwrite, is_own

    def check(self, path: str | os.PathLike[str]) -> None:
        """Raises `FaceganError` if a file must not be written."""
        file = _file_at(path)
        if file in self._inputs:
            raise FaceganError(f"cannot write {path}: it would replace {self._inputs[file]}, which is an input")
        if file and not self._overwrite and not self._is_own(Path(path)):
            raise FaceganError(f"cannot write {path}: it exists; choose another --out, or add --overwrite")


def file_state(path: str | os.PathLike[str]) -> tuple[int, int]:
    """Size and modification time in nanoseconds, which differ after a file was replaced; zeros if there is none."""
    try:
        status = os.stat(path)
    except OSError:
        return 0, 0
    return status.st_size, status.st_mtime_ns


def unique_name(name: str, taken: set[str]) -> str:
    """Returns `name`, or `name-2` and so on if it is taken, and adds it to `taken`.

    Names that some file systems do not distinguish (case, Unicode normalisation) count as the same.

    >>> taken = set()
    >>> [unique_name(name, taken) for name in ("faces", "lfw", "faces")]
    ['faces', 'lfw', 'faces-2']
    """
    unique, copy = name, 2
    while (key := unicodedata.normalize("NFC", unique).casefold()) in taken:
        unique, copy = f"{name}-{copy}", copy + 1
    taken.add(key)
    return unique


def _file_at(path: str | os.PathLike[str]) -> tuple[int, int] | None:
    """Device and inode: the same for all names of a file. None if there is none."""
    try:
        status = os.stat(path)
    except (OSError, ValueError):
        return None
    return status.st_dev, status.st_ino


def to_json(value: Any, indent: int | None = None, ascii_only: bool = False) -> str:
    """Standard JSON: numbers that are not finite become null, and other types become strings.

    Args:
        value: the value.
        indent: spaces for each level; None for one line.
        ascii_only: whether to escape other characters.

    >>> to_json({"loss": float("nan"), "file": Path("faces.png")})
    '{"loss": null, "file": "faces.png"}'
    """
    return json.dumps(_finite(value), indent=indent, ensure_ascii=ascii_only, default=str, allow_nan=False)


def _finite(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _finite(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(each) for each in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
