"""Files that are written whole or not at all."""

import os
import secrets
from contextlib import contextmanager, suppress
from pathlib import Path

from facegan.errors import FaceganError


@contextmanager
def atomic_write(path):
    """Writes a file in one step: `with atomic_write(path) as temporary: temporary.write_bytes(...)`.

    The block writes to a hidden path beside `path`, with the same ending. When it succeeds, that file takes the
    place of `path`; when it fails, an older `path` stays as it was and nothing new is left behind. Missing
    folders are made.

    Args:
        path: where the file is to be in the end.

    Yields:
        The `Path` to write to. It does not exist yet.

    Raises:
        FaceganError: the file cannot be written (no permission, full disk, `path` is a folder, ...), for every
            `OSError` inside the block. Other exceptions pass through as they are.
    """
    path = Path(path)
    # The whole name at the end: some libraries choose the format by a double suffix such as `.weights.h5`.
    temporary = path.with_name(f".{secrets.token_hex(4)}-{path.name}")
    made = []
    try:
        if path.exists() and not path.is_file():
            raise FaceganError(f"cannot write {path}: it is there already and is not a file")
        made = [folder for folder in path.parents if not folder.exists()]
        if made:
            path.parent.mkdir(parents=True, exist_ok=True)
        yield temporary
        # Without this, a crash of the machine could leave the new name with none of its contents.
        with open(temporary, "rb+") as file:
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except BaseException as error:
        _remove(temporary, made)
        if isinstance(error, OSError):
            raise FaceganError(f"cannot write {path}: {_reason(error)}") from error
        raise


def _remove(temporary, folders):
    # What is going wrong already counts more than a leftover; a folder that others put files into stays.
    with suppress(OSError):
        temporary.unlink()
    for folder in folders:
        with suppress(OSError):
            folder.rmdir()


def _reason(error):
    # Libraries put whole paragraphs into their OSErrors; the number says it in a few words.
    return os.strerror(error.errno) if error.errno else (str(error).splitlines() or [type(error).__name__])[0]
