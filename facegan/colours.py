"""Conversion of pixels of any depth, mode and colour profile to 8-bit sRGB, and back to a profile."""

import io

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageCms

# Colour spaces of ICC profiles, and the Pillow modes of their images.
_MODES = {"RGB ": "RGB", "GRAY": "L", "CMYK": "CMYK", "Lab ": "LAB"}
# Resampling overshoots the largest value by less than this factor.
_OVERSHOOT = 1.5
_SRGB, _LAB = (ImageCms.ImageCmsProfile(ImageCms.createProfile(space)) for space in ("sRGB", "LAB"))


def scale(values: NDArray, whites: tuple[int, ...]) -> NDArray[np.uint8]:
    """Pixels of any range as uint8.

    Args:
        values: any shape and type of number. Negative ones and NaN become black, infinite ones white.
        whites: possible values of white, ascending. The first one that is not below the largest value is used, with a
            tolerance for the overshoot of resampling; if there is none, the largest value is white.
    """
    largest = max(float(row.max(where=np.isfinite(row), initial=0)) for row in values)
    white = next((white for white in whites if largest <= white * _OVERSHOOT), largest)
    pixels = np.empty(values.shape, "uint8")
    # Row by row, because a large image would take gigabytes as floats.
    with np.errstate(invalid="ignore"):
        for row, scaled in zip(values, pixels, strict=True):
            shares = np.nan_to_num(row.astype("float64") / white, nan=0, posinf=1)
            scaled[...] = np.rint(shares.clip(0, 1) * 255)
    return pixels


def to_8_bits(image: Image.Image) -> Image.Image:
    """An opaque image of any mode as RGB, L, CMYK or LAB. Greys of more than 8 bits are scaled; Pillow clips them."""
    if image.mode.startswith(("I", "F")):
        # Only the 16-bit modes define white; for the others it is the smallest usual maximum that fits.
        whites = {"I": (65535, 2**31 - 1), "F": (1, 255, 65535)}.get(image.mode, (65535,))
        return Image.fromarray(scale(np.asarray(image), whites))
    return image if image.mode in _MODES.values() else image.convert("RGB")


def to_srgb(image: Image.Image, profile: bytes | None = None) -> Image.Image:
    """An image in sRGB, mode RGB.

    Args:
        image: as `to_8_bits` returns it.
        profile: its ICC profile; by default the usual one of its mode.

    Raises:
        ValueError: the profile is damaged, or for images of another mode.
    """
    if profile is None:
        return _transform(image, _LAB, _SRGB) if image.mode == "LAB" else _rgb(image)
    try:
        opened = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        mode = _MODES.get(opened.profile.xcolor_space)
        if mode != image.mode and (mode, image.mode) != ("RGB", "L"):
            raise ValueError("the profile is for images of another mode")
        is_srgb = "srgb" in ImageCms.getProfileDescription(opened).lower()
        return _rgb(image) if is_srgb else _transform(image.convert(mode), opened, _SRGB)
    except (OSError, ImageCms.PyCMSError) as error:
        raise ValueError("the profile is damaged") from error


def from_srgb(image: Image.Image, profile: bytes | None) -> Image.Image:
    """Converts an sRGB image to the colour space of an RGB profile; without a profile, returns it unchanged."""
    return _transform(image, _SRGB, ImageCms.ImageCmsProfile(io.BytesIO(profile))) if profile else image


def _rgb(image: Image.Image) -> Image.Image:
    return image if image.mode == "RGB" else image.convert("RGB")


def _transform(image: Image.Image, source: ImageCms.ImageCmsProfile, target: ImageCms.ImageCmsProfile) -> Image.Image:
    intent, flags = ImageCms.Intent.RELATIVE_COLORIMETRIC, ImageCms.Flags.BLACKPOINTCOMPENSATION
    converted = ImageCms.profileToProfile(image, source, target, intent, "RGB", flags=flags)
    assert converted is not None, "it is not changed in place"
    converted.info = {}
    return converted
