"""Readers of the images of a source: from a folder or directly from a zip."""

import io
import math
import os
import zipfile
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path, PurePosixPath

from PIL import Image

from facegan.errors import FaceganError
from facegan.images import crop_square, is_image_path, open_image, square_crop_box

# The largest factor by which a face is enlarged, so that models do not learn blur. CelebA's 178 pixels suffice for 256.
LARGEST_ENLARGEMENT = 1.5
TOO_SMALL = "is too small"
# Bytes of an image or list in a zip. CelebA's longest list has 25 MB.
LARGEST_MEMBER = 128 << 20


class ImageReader(ABC):
    """Reads images by name. Readers can be pickled: worker processes call them."""

    @abstractmethod
    def open(self, name: str) -> Image.Image:
        """Returns the whole image in mode RGB; raises `FaceganError` if it cannot be read."""

    def __call__(self, name: str, size: int) -> Image.Image:
        """Returns the image's centred square as a `size` x `size` RGB image; `FaceganError` if it is too small."""
        image = self.open(name)
        left, _, right, _ = square_crop_box(image)
        check_size(name, right - left, size)
        return crop_square(image, size)


@dataclass(frozen=True)
class FolderReader(ImageReader):
    """Reads images by their path relative to a folder.

    Attributes:
        path: of the folder.
    """

    path: str

    def names(self) -> set[str]:
        """Returns the names of the images right inside the folder."""
        return {name for name in os.listdir(self.path) if is_image_path(name)}

    def open(self, name: str) -> Image.Image:
        """Returns the whole image in mode RGB; raises `FaceganError` if it cannot be read."""
        try:
            return open_image(Path(self.path, name))
        except FaceganError as error:
            # The list of left-out images is distributed with the data, so it must not contain paths on this machine.
            raise FaceganError(str(error).replace(str(Path(self.path, name)), name)) from error


@dataclass(frozen=True)
class ZipReader(ImageReader):
    """Reads images from one folder of a zip.

    Attributes:
        path: of the zip.
        folder: in the zip.
    """

    path: str
    folder: str

    @classmethod
    def from_zip(cls, path: Path, preferred: Sequence[str] = ()) -> "ZipReader":
        """Returns a reader of the folder with the most images; folders with a preferred name take precedence.

        Raises:
            FaceganError: this is not a zip, or there are no images in it.
        """
        folders = Counter(
            name.rpartition("/")[0]
            for name in _zip(str(path)).namelist()
            if is_image_path(name) and not name.startswith("__MACOSX")
        )
        if not folders:
            raise FaceganError(f"no images in {path}")
        folder = max(folders, key=lambda folder: (PurePosixPath(folder).name in preferred, folders[folder]))
        return cls(str(path), folder)

    def names(self) -> set[str]:
        """Returns the names of the images right inside the folder."""
        members = map(PurePosixPath, _zip(self.path).namelist())
        folder = PurePosixPath(self.folder)
        return {member.name for member in members if member.parent == folder and is_image_path(member)}

    def find(self, names: Sequence[str]) -> str | None:
        """Returns the path of the first member of the whole zip with one of these names, or None."""
        members = [member for member in _zip(self.path).namelist() if not member.startswith("__MACOSX")]
        return next((member for name in names for member in members if PurePosixPath(member).name == name), None)

    def read(self, member: str) -> bytes:
        """Returns the content of a member of the whole zip; raises `FaceganError` if it is damaged or too large."""
        where = f"{PurePosixPath(member).name} in {Path(self.path).name}"
        try:
            if _zip(self.path).getinfo(member).file_size > LARGEST_MEMBER:
                raise FaceganError(f"cannot read {where}: larger than {LARGEST_MEMBER >> 20} MiB")
            return _zip(self.path).read(member)
        except FaceganError:
            raise
        # A damaged member makes zipfile fail in several ways (BadZipFile, zlib.error, EOFError).
        except Exception as error:
            raise FaceganError(f"cannot read {where}: the zip is damaged here") from error

    def open(self, name: str) -> Image.Image:
        """Returns the whole image in mode RGB; raises `FaceganError` if it cannot be read."""
        return open_image(io.BytesIO(self.read(f"{self.folder}/{name}".lstrip("/"))))


def check_size(name: str, side: float, size: int) -> None:
    """Raises `FaceganError` if a crop of `side` pixels would be enlarged too much."""
    if side * LARGEST_ENLARGEMENT < size:
        needed = math.ceil(size / LARGEST_ENLARGEMENT)
        raise FaceganError(f"{name} {TOO_SMALL}: the face fills {side:.0f} pixels; {size} need {needed}")


@lru_cache(maxsize=1)
def _zip(path: str) -> zipfile.ZipFile:
    """Returns the open zip; every process opens it once."""
    try:
        return zipfile.ZipFile(path)
    except (OSError, zipfile.BadZipFile) as error:
        raise FaceganError(f"cannot read {path}: not a zip, or an incomplete download") from error
