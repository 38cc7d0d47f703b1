"""The judge's augmentation, in NumPy and Pillow, separate from that of training."""

import io

import numpy as np
from PIL import Image, ImageFilter

# The largest rotation in degrees, zoom, and translation as a fraction of the side.
ROTATION, ZOOM, TRANSLATION = 10.0, 0.15, 0.06
# The largest change of brightness, contrast and saturation, in either direction.
COLOUR = 0.2
# The probability of blur, of JPEG compression and of noise: predictions must not depend on sharpness or artifacts.
DEGRADATION = 0.3
BLUR_RADIUS = 1 / 80  # of the side, at most
NOISE = 8.0  # of 255, at most
JPEG_QUALITY = (30, 95)
# Random erasing (Zhong et al. 2020): its probability, and the smallest and largest side as fractions.
ERASING, ERASED = 0.25, (0.08, 0.35)
_GREY = np.array([0.299, 0.587, 0.114], "float32")


def augment(image: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """Returns a randomly changed copy of a face `(size, size, 3)` uint8 whose labels stay the same."""
    degraded = _degraded(_moved(Image.fromarray(image), random), random)
    pixels = _recoloured(np.asarray(degraded, "float32"), random)
    if random.random() < DEGRADATION:
        pixels = pixels + random.uniform(0, NOISE) * random.standard_normal(pixels.shape, "float32")
    pixels = np.clip(pixels, 0, 255).astype("uint8")
    if random.random() < ERASING:
        height, width = (round(share * len(pixels)) for share in random.uniform(*ERASED, 2))
        top, left = random.integers(0, len(pixels) - height + 1), random.integers(0, len(pixels) - width + 1)
        pixels[top : top + height, left : left + width] = random.integers(0, 256, 3)
    return pixels


def _moved(image: Image.Image, random: np.random.Generator) -> Image.Image:
    """Mirrored, rotated, zoomed and translated; a random colour fills the corners."""
    size = image.width
    scale = 1 / random.uniform(1 - ZOOM, 1 + ZOOM)
    angle = np.radians(random.uniform(-ROTATION, ROTATION))
    across = scale * (-1 if random.random() < 0.5 else 1)
    # From positions in the new image to those in the old one, relative to its centre.
    matrix = np.array(
        [[across * np.cos(angle), scale * np.sin(angle)], [-across * np.sin(angle), scale * np.cos(angle)]]
    )
    middle = np.array([size / 2, size / 2])
    offset = middle - matrix @ middle + random.uniform(-TRANSLATION, TRANSLATION, 2) * size
    return image.transform(
        (size, size),
        Image.Transform.AFFINE,
        (*matrix[0], offset[0], *matrix[1], offset[1]),
        Image.Resampling.BILINEAR,
        fillcolor=tuple(random.integers(0, 256, 3).tolist()),
    )


def _degraded(image: Image.Image, random: np.random.Generator) -> Image.Image:
    if random.random() < DEGRADATION:
        image = image.filter(ImageFilter.GaussianBlur(random.uniform(0, BLUR_RADIUS) * image.width))
    if random.random() < DEGRADATION:
        file = io.BytesIO()
        image.save(file, "JPEG", quality=int(random.integers(*JPEG_QUALITY)))
        image = Image.open(file)
    return image


def _recoloured(pixels: np.ndarray, random: np.random.Generator) -> np.ndarray:
    brightness, contrast, saturation = random.uniform(1 - COLOUR, 1 + COLOUR, 3).astype("float32")
    grey = (pixels @ _GREY)[..., None]
    pixels = grey + saturation * (pixels - grey)
    mean = grey.mean()
    return brightness * (mean + contrast * (pixels - mean))
