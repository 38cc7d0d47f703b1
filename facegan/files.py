"""Files that are written whole or not at all, and by one process at a time."""

import errno
import json
import math
import os
import secrets
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from facegan.errors import FaceganError

fcntl: Any
try:
    import fcntl
except ImportError:  # Windows
    fcntl = None


@contextmanager
def atomic_write(path: str | os.PathLike[str]) -> Iterator[Path]:
    """A context that writes a file in one step.

    The block writes to a hidden file beside `path` with the same suffix. When it succeeds, that file replaces `path`;
    when it fails, an older `path` stays as it was and nothing new is left. Missing folders are created.

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
    # The whole name at the end: some libraries choose the format by a double suffix such as `.weights.h5`.
    temporary = path.with_name(f".{secrets.token_hex(4)}-{path.name}")
    new_folders: list[Path] = []
    try:
        if path.exists() and not path.is_file():
            raise FaceganError(f"cannot write {path}: it exists and is not a file")
        new_folders = [folder for folder in path.parents if not folder.exists()]
        if new_folders:
            path.parent.mkdir(parents=True, exist_ok=True)
        yield temporary
        # Without this, a crash of the machine could leave the new name with none of its contents.
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
    """Removes what processes that were killed within `atomic_write` left in folders that nobody else writes to."""
    for folder in folders:
        for leftover in folder.glob(f".{'[0-9a-f]' * 8}-*"):
            leftover.unlink(missing_ok=True)


def _remove(temporary: Path | None, folders: Iterable[Path]) -> None:
    # The failure matters more than a leftover; a folder that others put files into stays.
    if temporary is not None:
        with suppress(OSError):
            temporary.unlink()
    for folder in folders:
        with suppress(OSError):
            folder.rmdir()


def _reason(error: OSError) -> str:
    # Libraries put whole paragraphs into their OSErrors; the number says it in a few words.
    return os.strerror(error.errno) if error.errno else (str(error).splitlines() or [type(error).__name__])[0]


@contextmanager
def reserve(path: str | os.PathLike[str], is_folder: bool = True) -> Iterator[None]:
    """A context that keeps other processes from writing the same output, and proves that it can be written.

    A crash of the process frees the output. Missing folders are created, and removed again where nothing was written
    into them.

    Args:
        path: a folder, or a file.
        is_folder: which of the two.

    Raises:
        FaceganError: another process has reserved it, or it cannot be written.
    """
    path = Path(path)
    folder = path if is_folder else path.parent
    new_folders = [each for each in (folder, *folder.parents) if not os.path.exists(each)]
    # A folder is locked itself; a file, which is replaced when it is written, by one beside it.
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
    # Some network file systems have no locks: no reason to write nothing.
    except OSError:
        pass


class WriteGuard:
    """Refuses to write over files that must stay.

    These are the files that a command reads, under any name (links, other spellings, case), and, unless `overwrite` is
    set, all that exist but for the command's own earlier results.
    """

    def __init__(
        self,
        inputs: Iterable[str | os.PathLike[str]] = (),
        overwrite: bool = False,
        is_own: Callable[[Path], bool] = lambda path: False,
    ) -> None:
        """Remembers which files the inputs are.

        Args:
            inputs: files that are read now or later; those that do not exist are ignored.
            overwrite: whether other files may be replaced.
            is_own: whether a file is an earlier result of the command.
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


def _file_at(path: str | os.PathLike[str]) -> tuple[int, int] | None:
    """Device and inode: the same for all names of a file. None if there is none."""
    try:
        status = os.stat(path)
    except (OSError, ValueError):
        return None
    return status.st_dev, status.st_ino


def to_json(value: Any, indent: int | None = None, ascii_only: bool = False) -> str:
    """JSON that every program reads: what is not a finite number becomes null, and what JSON does not know a string.

    Args:
        value: the value.
        indent: spaces for each level; None for one line.
        ascii_only: whether other characters are escaped.

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
