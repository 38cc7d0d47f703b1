"""Loading images from files, PIL images and arrays; crops; conversion to arrays; saving."""

import io
import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import ArrayLike, NDArray
from PIL import Image, ImageChops

from facegan.colours import from_srgb, scale, to_8_bits, to_srgb
from facegan.content_credentials import sign
from facegan.decoding import decode, upright
from facegan.errors import FaceganError
from facegan.files import atomic_write
from facegan.provenance import provenance_options

# A path, a binary file object, a PIL image, or an array `(height, width)` or `(height, width, 1, 3 or 4)`.
ImageSource = str | os.PathLike[str] | BinaryIO | Image.Image | np.ndarray

# Suffixes of images in a folder. Some formats can be read on some machines only, some on none: such files cause an
# error rather than being skipped silently.
IMAGE_SUFFIXES = (
    *(".png", ".jpg", ".jpeg", ".jpe", ".jfif", ".mpo", ".webp", ".bmp", ".gif", ".tif", ".tiff", ".ppm", ".pgm"),
    *(".pnm", ".avif", ".heic", ".heif", ".jxl", ".jp2", ".psd", ".cr2", ".cr3", ".nef", ".arw", ".dng", ".raf"),
    *(".orf", ".rw2"),
)
_SAVE_OPTIONS: dict[str, dict[str, Any]] = {
    ".png": {"format": "PNG"},
    ".jpg": {"format": "JPEG", "quality": 95},
    ".jpeg": {"format": "JPEG", "quality": 95},
    ".webp": {"format": "WEBP", "quality": 95},
}
# The width and height of CelebA's aligned photos, and the square crop that is used: the eyes at 0.44 of its height.
CELEBA_SIZE = (178, 218)
CELEBA_BOX = (0, 33, 178, 211)
FRAME_MILLISECONDS = 120
# The maximum length of the longer side in pixels, by format.
_LONGEST = {"JPEG": 65500, "WEBP": 16383}


@dataclass(frozen=True)
class LoadedImage:
    """An image for the networks, and the information needed to write it back.

    Attributes:
        rgb: 8-bit sRGB, upright, transparency over white; without metadata.
        native: mode RGB, the colours in the image's own profile, without transparency.
        icc_profile: the profile of `native`; None for sRGB.
        alpha: the opacity, mode L; None for an opaque image.
        remarks: problems with the image, and properties that were ignored.
    """

    rgb: Image.Image
    native: Image.Image
    icc_profile: bytes | None = None
    alpha: Image.Image | None = None
    remarks: tuple[str, ...] = ()

    def restore(self, edited: Image.Image) -> Image.Image:
        """Converts an edited copy of `rgb` to the image's profile and transparency; unchanged pixels stay identical.

        Args:
            edited: mode RGB, of the size of `rgb`.

        Returns:
            An image of mode RGB or RGBA, with the profile in its `info`.
        """
        restored = self.native.copy()
        if box := ImageChops.difference(self.rgb, edited).getbbox():
            before, after = (from_srgb(image.crop(box), self.icc_profile) for image in (self.rgb, edited))
            changed = np.asarray(restored.crop(box)) + np.subtract(np.asarray(after), np.asarray(before), dtype="int16")
            restored.paste(Image.fromarray(changed.clip(0, 255).astype("uint8")), box)
        if self.alpha:
            restored.putalpha(self.alpha)
        restored.info = {"icc_profile": self.icc_profile} if self.icc_profile else {}
        return restored


def load_image(source: ImageSource) -> LoadedImage:
    """Loads an image from a file, a PIL image or an array.

    The image is rotated by its EXIF orientation, converted from its colour profile to sRGB, and scaled to 8 bits. The
    range of floats is 0..1, 0..255 or 0..65535, and that of signed integers 0..255 or 0..65535, whichever their maximum
    fits. Only the first frame of an animation is loaded.

    Args:
        source: a path; a binary file object, which stays open; a `PIL.Image`, which stays as it is; or an array
            `(height, width)` or `(height, width, 1, 3 or 4)`.

    Raises:
        FaceganError: the file is missing, empty, damaged, truncated, too large or not an image; or the array is not an
            image.
    """
    remarks: list[str] = []
    if isinstance(source, np.ndarray):
        image = _from_array(source)
    elif isinstance(source, Image.Image):
        image = upright(source)
    else:
        name = source if isinstance(source, str | os.PathLike) else getattr(source, "name", None)
        # The name of a temporary file may be a number, that of an upload None.
        image, remarks = decode(source, name if isinstance(name, str | os.PathLike) else "the image")
    profile, alpha = image.info.get("icc_profile"), None
    if image.has_transparency_data:
        image = image if image.mode == "RGBA" else image.convert("RGBA")
        alpha = image.getchannel("A")
    image = to_8_bits(image)
    rgb = native = to_srgb(image)
    if profile:
        try:
            rgb = to_srgb(image, profile)
        except ValueError:
            remarks.append("its colour profile is damaged, or for another kind of image, and was ignored")
    if rgb is native or image.mode != "RGB":
        native, profile = rgb, None
    if alpha and alpha.getextrema() != (255, 255):
        opaque, rgb = rgb, Image.new("RGB", rgb.size, "white")
        rgb.paste(opaque, mask=alpha)
    else:
        alpha = None
    rgb.info = {}
    return LoadedImage(rgb, native, profile, alpha, tuple(remarks))


def open_image(source: ImageSource) -> Image.Image:
    """The pixels of `load_image` alone: an upright 8-bit sRGB `PIL.Image` in mode RGB, transparency over white."""
    return load_image(source).rgb


def _from_array(array: NDArray) -> Image.Image:
    if array.ndim not in (2, 3) or array.shape[2:] not in ((), (1,), (3,), (4,)) or not array.size:
        shapes = "(height, width) or (height, width, 1, 3 or 4)"
        raise FaceganError(f"an array of shape {array.shape} is not an image; images have the shape {shapes}")
    if array.dtype == bool or array.dtype == "uint8":
        pixels = array * np.uint8(255) if array.dtype == bool else array
    elif array.dtype.kind == "u":
        pixels = scale(array, (np.iinfo(array.dtype).max,))
    elif array.dtype.kind in "if":
        if not np.isfinite(array).all() or array.min() < -0.25 * max(1, array.max()):
            raise FaceganError(
                "pixels must be finite and not negative; `facegan.images.denormalise` converts those from -1 to 1"
            )
        pixels = scale(array, (255, 65535, 2**31 - 1) if array.dtype.kind == "i" else (1, 255, 65535))
    else:
        raise FaceganError(f"an array of {array.dtype} is not an image")
    return Image.fromarray(np.ascontiguousarray(pixels[..., 0] if array.shape[2:] == (1,) else pixels)).copy()


def square_crop_box(image: Image.Image) -> tuple[int, int, int, int]:
    """Left, top, right and bottom of the largest centred square; `CELEBA_BOX` for CelebA's aligned photos."""
    if image.size == CELEBA_SIZE:
        return CELEBA_BOX
    side = min(image.size)
    left, top = (image.width - side) // 2, (image.height - side) // 2
    return left, top, left + side, top + side


def crop_square(image: Image.Image, size: int) -> Image.Image:
    """The `square_crop_box` of an RGB image, resized to `size` x `size` pixels (antialiased)."""
    return image.crop(square_crop_box(image)).resize((size, size), Image.Resampling.LANCZOS)


def to_array(images: Iterable[Image.Image]) -> NDArray[np.uint8]:
    """Images of one size as a `(count, height, width, 3)` uint8 array."""
    return np.stack([np.asarray(image.convert("RGB")) for image in images])


def to_images(array: ArrayLike) -> list[Image.Image]:
    """A `(count, height, width, 3)` uint8 array as a list of RGB images."""
    return [Image.fromarray(pixels) for pixels in np.asarray(array)]


def normalise(pixels: ArrayLike) -> NDArray[np.float32]:
    """Pixels, 0 to 255, as float32 from -1 to 1, the range of the networks."""
    return np.asarray(pixels, np.float32) / np.float32(127.5) - np.float32(1)


def denormalise(values: ArrayLike) -> NDArray[np.uint8]:
    """Values from -1 to 1 as uint8 pixels, 0 to 255: rounded, and clipped outside."""
    return np.rint((np.asarray(values, "float32") + 1) * 127.5).clip(0, 255).astype("uint8")


def save_image(image: Image.Image, path: str | os.PathLike[str], provenance: dict[str, Any] | None = None) -> None:
    """Writes an image atomically. The suffix (.png, .jpg, .jpeg, .webp) sets the format.

    Args:
        image: mode RGB or RGBA; in a JPEG file, transparency becomes white. An `icc_profile` in its `info` is written.
        path: the file.
        provenance: how it was made, as for `provenance_options`.

    Raises:
        FaceganError: another suffix, an image too large for the format, or the file cannot be written.
    """
    options = _SAVE_OPTIONS.get(Path(path).suffix.lower())
    if options is None:
        raise FaceganError(f"cannot write {path}: the name of an image ends with {', '.join(_SAVE_OPTIONS)}")
    longest = _LONGEST.get(options["format"])
    if longest and max(image.size) > longest:
        raise FaceganError(
            f"cannot write {path}: {image.width}x{image.height} pixels exceed {options['format']}'s limit of {longest};"
            " make fewer images at once, or write .png or single files"
        )
    options = options | {"icc_profile": image.info.get("icc_profile")}
    if options["format"] == "JPEG" and image.mode == "RGBA":
        image = load_image(image).rgb
    _write(image, path, options, provenance)


def save_animation(
    frames: Sequence[Image.Image], path: str | os.PathLike[str], provenance: dict[str, Any] | None = None
) -> None:
    """Writes images atomically as an animation that plays forwards and backwards in a loop.

    Args:
        frames: images of mode RGB and one size.
        path: a `.gif` or `.webp` file.
        provenance: as for `save_image`.

    Raises:
        FaceganError: the file cannot be written.
    """
    first, *others = [*frames, *frames[-2:0:-1]]
    # One palette for all frames of a GIF would cause banding in faces, which is worse than the flicker of one each.
    kind = {"format": "WEBP", "quality": 90} if Path(path).suffix.lower() == ".webp" else {"format": "GIF"}
    moving = {"save_all": True, "append_images": others, "duration": FRAME_MILLISECONDS, "loop": 0}
    _write(first, path, kind | moving, provenance)


def _write(
    image: Image.Image, path: str | os.PathLike[str], options: dict[str, Any], provenance: dict[str, Any] | None
) -> None:
    with atomic_write(path) as temporary:
        # Encoded in memory: when Pillow itself writes to a full disk, the error loses its reason.
        temporary.write_bytes(encode(image, options, provenance))


def encode(image: Image.Image, options: dict[str, Any], provenance: dict[str, Any] | None) -> bytes:
    """Encodes an image with its provenance, and signs it if the user has a certificate.

    Args:
        image: of a mode that the format supports.
        options: the options of `PIL.Image.save`, including `format`.
        provenance: as for `save_image`.

    Raises:
        FaceganError: it cannot be signed.
    """
    buffer = io.BytesIO()
    if not provenance:
        image.save(buffer, **options)
        return buffer.getvalue()
    image.save(buffer, **options, **provenance_options(options["format"], provenance))
    return sign(buffer.getvalue(), options["format"], provenance)


def is_image_path(path: str | os.PathLike[str]) -> bool:
    """Whether a name has an image's suffix and is not hidden."""
    path = Path(path)
    return path.suffix.lower() in IMAGE_SUFFIXES and not path.name.startswith(".")


def find_images(paths: Iterable[str | os.PathLike[str]]) -> list[Path]:
    """The files among the paths, and the images directly inside each folder, sorted by name.

    Raises:
        FaceganError: a path that does not exist, or a folder without images.
    """
    return [image for path in paths for image in _expand(Path(path))]


def _expand(path: Path) -> list[Path]:
    try:
        if not path.is_dir():
            path.stat()
            return [path]
        images = sorted(entry for entry in path.iterdir() if is_image_path(entry) and not entry.is_dir())
    except OSError as error:
        raise FaceganError(f"cannot read {path}: {error.strerror}") from error
    if not images:
        raise FaceganError(f"no images in {path} (their names end with {', '.join(IMAGE_SUFFIXES[:12])})")
    return images
