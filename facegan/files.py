"""Files that are written whole or not at all."""

import os
import secrets
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from facegan.errors import FaceganError


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
            raise FaceganError(f"cannot write {path}: {_reason(error)}") from error
        raise


def _remove(temporary: Path, folders: Iterable[Path]) -> None:
    # The failure matters more than a leftover; a folder that others put files into stays.
    with suppress(OSError):
        temporary.unlink()
    for folder in folders:
        with suppress(OSError):
            folder.rmdir()


def _reason(error: OSError) -> str:
    # Libraries put whole paragraphs into their OSErrors; the number says it in a few words.
    return os.strerror(error.errno) if error.errno else (str(error).splitlines() or [type(error).__name__])[0]
