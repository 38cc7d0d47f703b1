"""Images: from files of any kind to arrays, and back to files."""

import io
import os
import warnings
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

from facegan.errors import FaceganError
from facegan.files import atomic_write
from facegan.provenance import png_metadata

IMAGE_SUFFIXES = (".png", ".jpg", ".jpeg", ".webp", ".bmp", ".gif", ".tif", ".tiff", ".ppm", ".pgm")

# Only these: other kinds that Pillow knows start outside programs (EPS) or are no photos.
_READ_FORMATS = ("PNG", "JPEG", "WEBP", "BMP", "GIF", "TIFF", "PPM")
_SAVE_FORMATS = {
    ".png": {"format": "PNG"},
    ".jpg": {"format": "JPEG", "quality": 95},
    ".jpeg": {"format": "JPEG", "quality": 95},
    ".webp": {"format": "WEBP", "quality": 95},
}
# CelebA's aligned photos, width and height, and the square of them that is used.
CELEBA_SIZE = (178, 218)
CELEBA_BOX = (0, 33, 178, 211)
FRAME_MILLISECONDS = 120
# Pixels of the longer side, by format.
_LONGEST = {"JPEG": 65500, "WEBP": 16383}


def open_image(source):
    """Reads an image file of any colour mode.

    The picture is turned the way its EXIF data says, transparency becomes white, 16-bit and float pixels are
    scaled to 8 bits; of an animation the first frame is taken.

    Args:
        source: a path, or a binary file object (it stays open).

    Returns:
        A `PIL.Image` in mode RGB, loaded, without the file's metadata.

    Raises:
        FaceganError: the file is missing, empty, damaged, cut short, too large or no image.
    """
    if hasattr(source, "read"):
        # A temporary file's name may be a number, an upload's None.
        name = getattr(source, "name", None)
        return _read(source, name if isinstance(name, str) else "the image")
    try:
        with open(source, "rb") as file:
            return _read(file, source)
    except OSError as error:
        raise FaceganError(f"cannot read {source}: {error.strerror or error}") from error


def _read(file, name):
    if file.seek(0, os.SEEK_END) == 0:
        raise FaceganError(f"cannot read {name}: the file is empty")
    try:
        with warnings.catch_warnings():
            # Pillow's remarks on broken metadata help nobody; its remark on huge images is a reason to stop.
            warnings.filterwarnings("ignore", module="PIL")
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(file, formats=_READ_FORMATS) as image:
                image.load()
                rgb = _to_rgb(_upright(image))
    except UnidentifiedImageError as error:
        kinds = ", ".join(_READ_FORMATS)
        raise FaceganError(f"cannot read {name}: not an image, or none of these kinds: {kinds}") from error
    except (Image.DecompressionBombWarning, Image.DecompressionBombError) as error:
        limit = Image.MAX_IMAGE_PIXELS // 1_000_000
        raise FaceganError(f"cannot read {name}: more than {limit} million pixels; make it smaller first") from error
    # Not only OSError: a damaged file makes Pillow's decoders stumble in any way.
    except Exception as error:
        raise FaceganError(f"cannot read {name}: the image is damaged or cut short") from error
    # What the file said about the old pixels (EXIF, colour profile) must not be saved with the new ones.
    rgb.info = {}
    return rgb


def _upright(image):
    try:
        return ImageOps.exif_transpose(image)
    # Broken EXIF data does not make the picture worthless.
    except Exception:
        return image


def _to_rgb(image):
    if image.mode.startswith(("I", "F")):
        return _to_8_bits(image).convert("RGB")
    if image.has_transparency_data:
        image = image.convert("RGBA")
        return Image.alpha_composite(Image.new("RGBA", image.size, "white"), image).convert("RGB")
    return image.convert("RGB")


def _to_8_bits(image):
    """Greyscale of more than 8 bits, scaled; Pillow's own conversion would clip it at 255."""
    pixels = np.nan_to_num(np.asarray(image).astype("float64"))
    # Only the 16-bit mode says what white is; for the others it is the smallest usual maximum that fits.
    whites = {"I": (65535, 2**31 - 1), "F": (1, 255, 65535)}.get(image.mode, (65535,))
    white = next((white for white in whites if pixels.max() <= white), pixels.max())
    return Image.fromarray(np.rint(pixels.clip(0) * (255 / white)).astype("uint8"))


def square_crop_box(image):
    """Left, top, right and bottom of the largest centred square; of CelebA's aligned photos, of the one with the eyes
    at 0.44 of the height."""
    if image.size == CELEBA_SIZE:
        return CELEBA_BOX
    side = min(image.size)
    left, top = (image.width - side) // 2, (image.height - side) // 2
    return left, top, left + side, top + side


def crop_square(image, size):
    """The `square_crop_box` of an RGB image, `size` x `size` pixels (antialiased)."""
    return image.crop(square_crop_box(image)).resize((size, size), Image.Resampling.LANCZOS)


def to_array(images):
    """RGB images of one size as a `(count, height, width, 3)` uint8 array."""
    return np.stack([np.asarray(image.convert("RGB")) for image in images])


def to_images(array):
    """A `(count, height, width, 3)` uint8 array as a list of RGB images."""
    return [Image.fromarray(pixels) for pixels in np.asarray(array)]


def normalise(pixels):
    """uint8 pixels, 0 to 255, as the float32 that networks see, -1 to 1."""
    return np.asarray(pixels, "float32") / 127.5 - 1


def denormalise(values):
    """Floats as uint8 pixels: -1 is 0, 1 is 255, rounded; what lies outside is clipped."""
    return np.rint((np.asarray(values, "float32") + 1) * 127.5).clip(0, 255).astype("uint8")


def save_image(image, path, made=None):
    """Writes an RGB image, whole or not at all; the suffix (.png, .jpg, .jpeg, .webp) says in which format.

    Args:
        image: `PIL.Image`.
        path: of the file.
        made: how it was made, a JSON-able dictionary, which a PNG file keeps (`provenance`).

    Raises:
        FaceganError: another suffix, a picture too long for the format, or the file cannot be written.
    """
    options = _SAVE_FORMATS.get(Path(path).suffix.lower())
    if options is None:
        raise FaceganError(f"cannot write {path}: the name of an image ends with {', '.join(_SAVE_FORMATS)}")
    longest = _LONGEST.get(options["format"])
    if longest and max(image.size) > longest:
        raise FaceganError(
            f"cannot write {path}: {image.width}x{image.height} pixels are more than {options['format']}'s {longest}; "
            "make fewer at once, or write .png or single files"
        )
    if made is not None and options["format"] == "PNG":
        options = options | {"pnginfo": png_metadata(made)}
    _write(image, path, options)


def save_animation(frames, path):
    """Writes RGB images as an animation that goes there and back for ever, whole or not at all.

    Args:
        frames: `PIL.Image`s of one size.
        path: of a `.gif` or `.webp` file.

    Raises:
        FaceganError: the file cannot be written.
    """
    first, *others = [*frames, *frames[-2:0:-1]]
    # In a GIF a palette for all frames would be too small for faces; one for each flickers less than it bands.
    kind = {"format": "WEBP", "quality": 90} if Path(path).suffix.lower() == ".webp" else {"format": "GIF"}
    _write(first, path, kind | {"save_all": True, "append_images": others, "duration": FRAME_MILLISECONDS, "loop": 0})


def _write(image, path, options):
    with atomic_write(path) as temporary:
        # Encoded in memory: when Pillow writes to a full disk itself, it loses the reason.
        buffer = io.BytesIO()
        image.save(buffer, **options)
        temporary.write_bytes(buffer.getvalue())


def is_image_path(path):
    """Whether the name ends like an image's and is not hidden."""
    path = Path(path)
    return path.suffix.lower() in IMAGE_SUFFIXES and not path.name.startswith(".")


def find_images(paths):
    """Files as they are given, and for each folder the images right inside it, sorted by name.

    Returns:
        A list of `Path`.

    Raises:
        FaceganError: a path that does not exist, or a folder without images.
    """
    return [image for path in paths for image in _expand(Path(path))]


def _expand(path):
    try:
        if not path.is_dir():
            path.stat()
            return [path]
        images = sorted(entry for entry in path.iterdir() if is_image_path(entry) and entry.is_file())
    except OSError as error:
        raise FaceganError(f"cannot read {path}: {error.strerror}") from error
    if not images:
        raise FaceganError(f"no images in {path} (their names end with {', '.join(IMAGE_SUFFIXES)})")
    return images
