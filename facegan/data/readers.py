"""Readers of the pictures of a source: from a folder or straight out of a zip."""

import io
import os
import zipfile
from abc import ABC, abstractmethod
from collections import Counter
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path, PurePosixPath

from PIL import Image

from facegan.errors import FaceganError
from facegan.images import crop_square, is_image_path, open_image


class PictureReader(ABC):
    """Reads pictures by name. Readers can be pickled: worker processes call them."""

    @abstractmethod
    def open(self, name: str) -> Image.Image:
        """Returns the whole picture in mode RGB; raises `FaceganError` if it cannot be read."""

    def __call__(self, name: str, size: int) -> Image.Image:
        """Returns the picture's centred square as a `size` x `size` RGB image."""
        return crop_square(self.open(name), size)


@dataclass(frozen=True)
class FolderReader(PictureReader):
    """Reads pictures by their path relative to a folder.

    Attributes:
        path: of the folder.
    """

    path: str

    def names(self) -> set[str]:
        """Returns the names of the pictures right inside the folder."""
        return {name for name in os.listdir(self.path) if is_image_path(name)}

    def open(self, name: str) -> Image.Image:
        """Returns the whole picture in mode RGB; raises `FaceganError` if it cannot be read."""
        return open_image(Path(self.path, name))


@dataclass(frozen=True)
class ZipReader(PictureReader):
    """Reads pictures from one folder of a zip.

    Attributes:
        path: of the zip.
        folder: in the zip.
    """

    path: str
    folder: str

    @classmethod
    def from_zip(cls, path: Path) -> "ZipReader":
        """Returns the reader of the folder with the most pictures; raises `FaceganError` if there are none."""
        folders = Counter(
            name.rpartition("/")[0]
            for name in _zip(str(path)).namelist()
            if is_image_path(name) and not name.startswith("__MACOSX")
        )
        if not folders:
            raise FaceganError(f"no pictures in {path}")
        return cls(str(path), folders.most_common(1)[0][0])

    def names(self) -> set[str]:
        """Returns the names of the pictures right inside the folder."""
        members = map(PurePosixPath, _zip(self.path).namelist())
        folder = PurePosixPath(self.folder)
        return {member.name for member in members if member.parent == folder and is_image_path(member)}

    def open(self, name: str) -> Image.Image:
        """Returns the whole picture in mode RGB; raises `FaceganError` if it cannot be read."""
        try:
            content = _zip(self.path).read(f"{self.folder}/{name}".lstrip("/"))
        # A damaged member makes zipfile fail in several ways (BadZipFile, zlib.error, EOFError).
        except Exception as error:
            raise FaceganError(f"cannot read {name} in {Path(self.path).name}: the zip is damaged here") from error
        return open_image(io.BytesIO(content))


@lru_cache(maxsize=1)
def _zip(path):
    """Returns the open zip; every process opens it once for itself."""
    try:
        return zipfile.ZipFile(path)
    except (OSError, zipfile.BadZipFile) as error:
        raise FaceganError(f"cannot read {path}: not a zip, or not downloaded to its end") from error
