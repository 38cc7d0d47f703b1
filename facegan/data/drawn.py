"""Faces that the program draws: every attribute is known exactly, and anyone may share them.

A face is a flat-shaded portrait, aligned as CelebA's photos are: eyes at 0.385 and 0.615 of the width and 0.44 of the
height. Everything that is not an attribute follows from the face's seed alone, so that the same face can be drawn again
with a single attribute changed: ground truth for an edit.

All coordinates are fractions of the image's side, from the top left corner.
"""

import colorsys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import numpy as np
from PIL import Image, ImageChops, ImageDraw

from facegan.attributes import Attributes
from facegan.data.base import Source
from facegan.errors import FaceganError

Colour = tuple[int, ...]
Point = tuple[float, float]
Points = np.ndarray | Sequence[Point]
OVERSAMPLING = 4  # Pillow's shapes have hard edges: drawn this much larger, then reduced
EYE_Y = 0.44
LENS_Y = EYE_Y + 0.008
EYE_X = (0.385, 0.615)
MOUTH_Y = 0.692
DRAWN = "drawn"  # the name of this source and its kind
DEFAULT_COUNT = 10_000
# The attributes that are drawn; there may be other standard ones.
ATTRIBUTES = Attributes(("gender", "age", "glasses", "skin", "hair"))
COLUMNS = ATTRIBUTES.columns

SKIN_TONES = ((228, 176, 134), (212, 156, 112), (190, 134, 92), (164, 110, 74), (136, 90, 62))
PALE = (255, 238, 232)
HAIR = {
    "black": (30, 27, 32),
    "blond": (240, 206, 112),
    "brown": (112, 66, 34),
    "gray": (176, 178, 184),
    "other": (198, 72, 28),  # red
}
EYE_COLOURS = ((84, 52, 30), (48, 34, 26), (70, 120, 168), (82, 130, 84), (112, 128, 138))
FRAME_COLOURS = ((22, 22, 26), (52, 26, 18), (24, 30, 66), (70, 14, 26))

# Each trait is a number in 0..1, drawn from the seed in this order, whatever the attributes are.
_TRAITS = """
    shift_x shift_y head_width head_length jaw skin_tone eye_size eye_colour brow_height brow_tilt nose_length
    nose_width mouth_width smile open_mouth hair_shade hairline parting style curls length frame lens
    background background_depth background_angle shirt shirt_tone collar light beard
"""
TRAITS = _TRAITS.split()


@dataclass(frozen=True)
class DrawnFace:
    """A face to draw: its `ATTRIBUTES`, in the words of `facegan.attributes`, and a seed for everything else."""

    gender: str
    age: str
    glasses: str
    skin: str
    hair: str
    seed: int

    @property
    def labels(self) -> np.ndarray:
        """`(8,)` uint8, 0 or 1, in the order of `COLUMNS`."""
        return ATTRIBUTES.vector({name: getattr(self, name) for name in ATTRIBUTES.names}).astype("uint8")


def random_face(random: np.random.Generator) -> DrawnFace:
    """Draws every attribute of a face independently, all values equally likely."""
    values = {item.name: item.values[random.integers(len(item.values))] for item in ATTRIBUTES.items}
    return DrawnFace(**values, seed=int(random.integers(2**63)))


def face_at(seed: int, index: int) -> DrawnFace:
    """Returns face number `index` of the drawn set with this seed, without the faces before it."""
    return random_face(np.random.default_rng([seed, index]))


def drawn_source(count: int | None = None, seed: int = 0) -> Source:
    """Opens the drawn set with this seed as a source of `count` faces (10,000 by default)."""
    count = DEFAULT_COUNT if count is None else count
    if count < 1 or seed < 0:
        raise FaceganError(f"cannot draw {count} faces with seed {seed}: at least 1 face and seed 0")
    return Source(
        names=[f"drawn-{index:06d}" for index in range(count)],
        columns=COLUMNS,
        labels=np.stack([face_at(seed, index).labels for index in range(count)]),
        description={"kind": DRAWN, "name": "drawn faces", "seed": seed, "terms": "free: drawn by the program"},
        read=DrawnReader(seed),
    )


@dataclass(frozen=True)
class DrawnReader:
    """Draws the face with a name from `drawn_source`."""

    seed: int

    def __call__(self, name: str, size: int) -> Image.Image:
        """Returns the face as a `size` x `size` RGB image."""
        return draw(face_at(self.seed, int(name.removeprefix("drawn-"))), size)


def draw(face: DrawnFace, size: int, **other_traits: float) -> Image.Image:
    """Draws a face.

    Args:
        face: what to draw.
        size: the image's side in pixels.
        **other_traits: numbers in 0..1 for any of `TRAITS`, in place of those from the face's seed.

    Returns:
        RGB image, `size` x `size`. Changing one attribute of the face changes only the pixels that depend on it.
    """
    look = _look(face, other_traits)
    pen = _Pen(_background(look, size * OVERSAMPLING), _shift(look))
    for layer in (_back_hair, _body, _head, _mouth, _nose, _eyes, _beard, _wrinkles, _hair, _brows, _glasses):
        layer(pen, look)
    return ImageChops.multiply(pen.image.reduce(OVERSAMPLING), _light(look, size))


def landmarks(face: DrawnFace, **other_traits: float) -> np.ndarray:
    """Returns a drawn face's landmarks: the pupils, the tip of the nose and the corners of the mouth.

    Args:
        face: what to draw.
        **other_traits: as for `draw`.

    Returns:
        `(5, 2)`, x and y as fractions of the image's side, in the order of `facegan.photos.detect.LANDMARKS`.
    """
    look = _look(face, other_traits)
    half, _, corner = _mouth_line(look)
    points = [(x, EYE_Y) for x in EYE_X] + [(0.5, _nose_tip(look)), (0.5 - half, corner), (0.5 + half, corner)]
    return np.array(points) + _shift(look)


class _Pen:
    """Draws shapes given in fractions of the side, slightly shifted, in colours that may be translucent."""

    def __init__(self, image: Image.Image, shift: tuple[float, float]) -> None:
        self.image = image
        self._side = image.width
        self._shift = shift
        self._draw = ImageDraw.Draw(image, "RGBA")

    def _pixels(self, points: Points) -> list[float]:
        return ((np.asarray(points, float) + self._shift) * self._side).ravel().tolist()

    def polygon(self, points: Points, colour: Colour) -> None:
        self._draw.polygon(self._pixels(points), fill=colour)

    def ellipse(self, x: float, y: float, rx: float, ry: float, colour: Colour) -> None:
        self._draw.ellipse(self._pixels([(x - rx, y - ry), (x + rx, y + ry)]), fill=colour)

    def lens(self, x: float, shape: tuple[float, ...], colour: Colour | None, frame: Colour, width: float) -> None:
        (rx, ry, radius), y = shape, LENS_Y
        corners = self._pixels([(x - rx, y - ry), (x + rx, y + ry)])
        self._draw.rounded_rectangle(corners, radius * self._side, colour, frame, round(width * self._side))

    def line(self, points: Points, colour: Colour, width: float) -> None:
        self._draw.line(self._pixels(points), fill=colour, width=max(1, round(width * self._side)), joint="curve")


def _shift(traits: SimpleNamespace) -> tuple[float, float]:
    """Returns how far the whole face is moved, across and down."""
    return _between(traits.shift_x, -0.01, 0.01), _between(traits.shift_y, -0.01, 0.01)


def _between(part: float, low: float, high: float) -> float:
    return low + (high - low) * part


def _choice(part: float, options: Sequence[Any]) -> Any:
    return options[int(part * len(options))]


def _mix(colour: Colour, other: Colour, part: float) -> Colour:
    """Returns `colour` with this share of it replaced by `other`."""
    return tuple(round(a + (b - a) * part) for a, b in zip(colour, other, strict=True))


def _dark(colour: Colour, part: float) -> Colour:
    return _mix(colour, (30, 10, 10), part)


def _hsv(hue: float, saturation: float, value: float) -> Colour:
    return tuple(round(255 * channel) for channel in colorsys.hsv_to_rgb(hue, saturation, value))


def _arc(x: float, y: float, rx: float, ry: float, start: float, stop: float, count: int = 24) -> np.ndarray:
    """Returns points of an ellipse between two angles in degrees: 0 is right, 90 is below, 270 is above."""
    angles = np.radians(np.linspace(start, stop, count))
    return np.stack([x + rx * np.cos(angles), y + ry * np.sin(angles)], 1)


def _curve(start: Point, control: Point, stop: Point, count: int = 12) -> np.ndarray:
    """Returns points of a quadratic Bézier curve."""
    t = np.linspace(0, 1, count)[:, None]
    return (1 - t) ** 2 * np.array(start) + 2 * t * (1 - t) * np.array(control) + t**2 * np.array(stop)


def _mirrored(points: Points) -> np.ndarray:
    """Returns the same points on the other side of the face."""
    return np.asarray(points) * (-1, 1) + (1, 0)


def _both_sides(points: Points) -> tuple[np.ndarray, np.ndarray]:
    return np.asarray(points), _mirrored(points)


def _background(traits: SimpleNamespace, side: int) -> Image.Image:
    """Returns a gradient between two shades of one colour."""
    saturation, value = _between(traits.background_depth, 0.5, 0.2), _between(traits.background_depth, 0.5, 0.85)
    near, far = _hsv(traits.background, saturation, value), _hsv(traits.background, saturation, value * 0.75)
    corners = np.roll([near, near, far, far], int(traits.background_angle * 4), axis=0)
    # In clockwise order.
    square = Image.fromarray(corners[[0, 1, 3, 2]].reshape(2, 2, 3).astype("uint8"))
    return square.resize((side, side), Image.Resampling.BILINEAR)


def _light(traits: SimpleNamespace, size: int) -> Image.Image:
    """Returns the light by which the finished image is multiplied: a little darker towards one side."""
    left = min(1, _between(traits.light, 0.82, 1.18))
    right = min(1, _between(traits.light, 1.18, 0.82))
    grey = np.linspace(255 * left, 255 * right, size).astype("uint8")
    return Image.fromarray(np.broadcast_to(grey[None, :, None], (size, size, 3)).copy())


def _look(face: DrawnFace, other_traits: Mapping[str, float]) -> SimpleNamespace:
    """Returns the face, its traits, and the colours and measures that several layers share."""
    numbers = np.random.default_rng(face.seed).random(len(TRAITS)).tolist()
    traits = SimpleNamespace(**{**dict(zip(TRAITS, numbers, strict=True)), **other_traits})
    male = face.gender == "male"
    skin = _choice(traits.skin_tone, SKIN_TONES)
    skin = _mix(skin, PALE, 0.88) if face.skin == "1" else skin
    black, white = (0, 0, 0), (255, 255, 255)
    hair = _mix(HAIR[face.hair], black if traits.hair_shade < 0.5 else white, abs(traits.hair_shade - 0.5) * 0.12)
    measures = {
        "skin": skin,
        "shade": _dark(skin, 0.16),
        "crease": _dark(skin, 0.55),
        "hair": hair,
        "strand": _mix(hair, white, 0.2),
        "hair_shadow": _mix(hair, black, 0.28),
        "width": _between(traits.head_width, 0.235, 0.265),
        "chin": _between(traits.head_length, 0.80, 0.84),
        # The exponent of the jaw's outline: the smaller, the squarer.
        "jaw": _between(traits.jaw, 0.62, 0.74) if male else _between(traits.jaw, 0.9, 1.05),
        "temple": 0.45 if male else 0.52,
        "part": _between(traits.parting, 0.38, 0.62),
    }
    return SimpleNamespace(**vars(traits) | measures, face=face, male=male)


def _back_hair(pen: _Pen, look: SimpleNamespace) -> None:
    """Draws long hair behind the head; only drawn women have it."""
    if look.male:
        return
    end = _choice(look.length, (0.80, 0.92, 1.05))
    side = look.width + _between(look.curls, 0.055, 0.085)
    down = np.linspace(0.40, end, 20)
    waves = 0.012 * np.sin((down - 0.4) * 45) * (look.curls > 0.5)
    flare = 0.03 * (down - 0.4) / (end - 0.4)
    left = np.stack([0.5 - side - flare + waves, down], 1)
    pen.polygon(np.concatenate([_arc(0.5, 0.40, side, 0.355, 180, 360), _mirrored(left), left[::-1]]), look.hair_shadow)


def _body(pen: _Pen, look: SimpleNamespace) -> None:
    """Draws shoulders in a shirt, and the neck."""
    shirt = _hsv(look.shirt, 0.55, _between(look.shirt_tone, 0.35, 0.8))
    neck = 0.135 if look.male else 0.105
    shoulder = _curve((0.5 - neck, 0.90), (0.16, 0.92), (0.06, 1.05))
    pen.polygon(np.concatenate([shoulder, _mirrored(shoulder)[::-1]]), shirt)
    pen.polygon([(0.5 - neck, 0.68), (0.5 + neck, 0.68), (0.5 + neck, 0.92), (0.5 - neck, 0.92)], look.shade)
    depth = _between(look.collar, 0.94, 1.0)
    pen.polygon([(0.5 - neck, 0.915), (0.5 + neck, 0.915), (0.5, depth)], look.shade)


def _outline(look: SimpleNamespace) -> np.ndarray:
    """Returns the outline of the head: an ellipse above, and below it one that the jaw squares or narrows."""
    angles = np.radians(np.arange(0, 360, 6))
    cos, sin = np.cos(angles), np.sin(angles)
    below = sin > 0
    x = 0.5 + look.width * np.sign(cos) * np.abs(cos) ** np.where(below, look.jaw, 1)
    y = 0.46 + np.where(below, look.chin - 0.46, 0.35) * sin
    return np.stack([x, y], 1)


def _head(pen: _Pen, look: SimpleNamespace) -> None:
    for side in (-1, 1):
        pen.ellipse(0.5 + side * look.width, 0.49, 0.032, 0.06, look.shade)
    pen.polygon(_outline(look), look.skin)
    cheek = (226, 84, 84, 58)
    for x in (0.33, 0.67):
        pen.ellipse(x, 0.60, 0.055, 0.04, cheek)


def _mouth_line(look: SimpleNamespace) -> tuple[float, float, float]:
    """Returns half the mouth's width, the curve of its smile, and the height of its corners."""
    curve = _between(look.smile, 0.004, 0.036)
    return _between(look.mouth_width, 0.075, 0.105), curve, MOUTH_Y - curve * 0.5


def _mouth(pen: _Pen, look: SimpleNamespace) -> None:
    half, curve, corner = _mouth_line(look)
    y = MOUTH_Y
    lips = _mix((196, 48, 70), look.skin, 0.1) if not look.male else _mix((164, 84, 76), look.skin, 0.35)
    full = 0.024 if not look.male else 0.012
    upper = np.concatenate(
        [
            _curve((0.5 - half, corner), (0.46, y - full), (0.5, y - full * 0.5)),
            _curve((0.5, y - full * 0.5), (0.54, y - full), (0.5 + half, corner)),
        ]
    )
    lower = _curve((0.5 + half, corner), (0.5, y + 2 * full + 2 * curve), (0.5 - half, corner))
    pen.polygon(np.concatenate([upper, lower]), lips)
    seam = _curve((0.5 - half, corner), (0.5, y + 1.6 * curve), (0.5 + half, corner))
    if look.open_mouth > 0.5:
        inner = half * 0.82
        top = _curve((0.5 - inner, corner + 0.003), (0.5, y + curve * 0.5), (0.5 + inner, corner + 0.003))
        bottom = _curve((0.5 + inner, corner + 0.003), (0.5, y + 2.2 * curve + 0.014), (0.5 - inner, corner + 0.003))
        pen.polygon(np.concatenate([top, bottom]), (250, 246, 240))
        seam = top
    pen.line(seam, (110, 34, 40), 0.007)


def _nose_tip(look: SimpleNamespace) -> float:
    return _between(look.nose_length, 0.575, 0.605)


def _nose(pen: _Pen, look: SimpleNamespace) -> None:
    tip, wide = _nose_tip(look), _between(look.nose_width, 0.028, 0.044)
    pen.polygon([(0.508, 0.47), (0.5 + wide, tip), (0.5, tip + 0.012)], look.shade)
    pen.line(_curve((0.5 - wide, tip - 0.008), (0.5, tip + 0.028), (0.5 + wide, tip - 0.008)), look.crease, 0.008)


def _eyes(pen: _Pen, look: SimpleNamespace) -> None:
    size = _between(look.eye_size, 0.92, 1.12)
    iris = _choice(look.eye_colour, EYE_COLOURS)
    for x in EYE_X:
        outer = -1 if x < 0.5 else 1
        pen.ellipse(x, EYE_Y, 0.052 * size, 0.029 * size, (252, 250, 248))
        pen.ellipse(x, EYE_Y, 0.026 * size, 0.027 * size, iris)
        pen.ellipse(x, EYE_Y, 0.013 * size, 0.014 * size, (14, 12, 14))
        pen.ellipse(x - 0.009, EYE_Y - 0.01, 0.006, 0.006, (255, 255, 255))
        pen.line(_arc(x, EYE_Y, 0.054 * size, 0.031 * size, 190, 350, 12), (34, 22, 22), 0.008 if look.male else 0.013)
        if not look.male:
            pen.line([(x + outer * 0.046, EYE_Y - 0.010), (x + outer * 0.068, EYE_Y - 0.028)], (34, 22, 22), 0.010)


def _beard(pen: _Pen, look: SimpleNamespace) -> None:
    """Draws the shadow of a man's beard, which does not depend on the colour of his hair."""
    if not look.male:
        return
    head = _outline(look)
    jaw = head[head[:, 1] > 0.585]
    jaw = jaw[np.argsort(jaw[:, 0])]
    top = [(jaw[-1, 0], 0.585), (0.66, 0.66), (0.58, 0.635), (0.42, 0.635), (0.34, 0.66), (jaw[0, 0], 0.585)]
    shadow = (40, 36, 44, round(_between(look.beard, 62, 92)))
    mouth = _arc(0.5, 0.70, 0.115, 0.036, -90, 270)  # an island, reached and left along the same line
    pen.polygon(np.concatenate([jaw, top[:3], [(0.5, 0.635)], mouth, [(0.5, 0.635)], top[3:]]), shadow)


def _wrinkles(pen: _Pen, look: SimpleNamespace) -> None:
    """Draws the lines of age: on the forehead, beside and under the eyes, and from the nose down past the mouth."""
    if look.face.age != "old":
        return
    for y, half in ((0.300, 0.11), (0.328, 0.135), (0.356, 0.10)):
        pen.line(_curve((0.5 - half, y + 0.006), (0.5, y - 0.012), (0.5 + half, y + 0.006)), look.crease, 0.015)
    one_side = (
        (_curve((0.33, 0.487), (0.385, 0.520), (0.44, 0.490)), 0.015),  # bags
        (_curve((0.345, 0.505), (0.39, 0.545), (0.43, 0.515)), 0.011),
        (_curve((0.318, 0.432), (0.298, 0.425), (0.282, 0.408)), 0.014),  # crow's feet
        (_curve((0.316, 0.447), (0.295, 0.449), (0.275, 0.446)), 0.014),
        (_curve((0.318, 0.462), (0.298, 0.472), (0.282, 0.488)), 0.014),
        (_curve((0.445, 0.590), (0.385, 0.625), (0.372, 0.705)), 0.020),  # nasolabial folds
        (_curve((0.392, 0.715), (0.380, 0.740), (0.392, 0.768)), 0.015),
        (_curve((0.310, 0.585), (0.312, 0.640), (0.338, 0.685)), 0.013),  # cheeks
    )
    for one, width in one_side:
        for points in _both_sides(one):
            pen.line(points, look.crease, width)
    pen.line([(0.482, 0.375), (0.484, 0.408)], look.crease, 0.013)  # between the brows
    pen.line([(0.518, 0.375), (0.516, 0.408)], look.crease, 0.013)


def _hairline(look: SimpleNamespace) -> np.ndarray:
    """Returns the lower edge of the hair on the forehead, from right to left."""
    edge = look.width + 0.004
    line = _between(look.hairline, 0.225, 0.262)
    style = _choice(look.style, ("parted", "swept", "fringe"))
    right, left, top = (0.5 + edge, look.temple), (0.5 - edge, look.temple), (look.part, line - 0.03)
    inside = edge - (0.028 if look.male else 0.045)
    if style == "fringe":
        one_side = np.array([right, (0.5 + inside, 0.31), (0.5 + inside * 0.86, line + 0.03)])
        return np.concatenate([one_side, [(look.part, line + 0.02)], _mirrored(one_side)[::-1]])
    if style == "swept":
        low = (0.5 - inside * 0.7, line + 0.035)
        return np.concatenate(
            [
                _curve(right, (0.5 + inside, 0.30), (0.5 + inside * 0.8, line)),
                _curve((0.5 + inside * 0.8, line), (0.5, line - 0.02), low),
                _curve(low, (0.5 - inside, 0.32), left),
            ]
        )
    return np.concatenate([_curve(right, (0.5 + inside, 0.24), top), _curve(top, (0.5 - inside, 0.24), left)])


def _hair(pen: _Pen, look: SimpleNamespace) -> None:
    """Draws the hair on top of the head and, for women, beside the face."""
    edge = look.width + (0.022 if look.male else 0.05)
    height = _between(look.length, 0.35, 0.385)
    crown = _arc(0.5, 0.42, edge, height, 180, 360, 40)
    if look.curls > 0.66:
        bumps = 1 + 0.03 * np.abs(np.sin(np.linspace(0, 9 * np.pi, len(crown))))[:, None]
        crown = (crown - (0.5, 0.42)) * bumps + (0.5, 0.42)
    right, left = [(0.5 + edge, look.temple)], [(0.5 - edge, look.temple)]
    pen.polygon(np.concatenate([crown, right, _hairline(look), left]), look.hair)
    if not look.male:
        lock = _curve((0.5 - edge, 0.44), (0.5 - edge - 0.01, 0.60), (0.5 - edge + 0.005, 0.74))
        inner = _curve((0.5 - edge + 0.005, 0.74), (0.5 - look.width + 0.012, 0.62), (0.5 - look.width + 0.012, 0.44))
        for points in _both_sides(np.concatenate([lock, inner])):
            pen.polygon(points, look.hair)
    for radius in (0.55, 0.80):
        for start, stop in ((226, 260), (280, 318)):
            strand = _arc(look.part * 0.4 + 0.3, 0.40, edge * radius + 0.02, height * 0.86, start, stop, 10)
            pen.line(strand, look.strand, 0.008)


def _brows(pen: _Pen, look: SimpleNamespace) -> None:
    y = _between(look.brow_height, 0.378, 0.390)
    tilt = _between(look.brow_tilt, -0.006, 0.010)
    thick, arch = (0.026, 0.012) if look.male else (0.015, 0.030)
    brow = _curve((0.450, y + tilt), (0.385, y - arch), (0.322, y + 0.012), 10)
    for points in _both_sides(brow):
        pen.line(points, look.hair_shadow, thick)


def _glasses(pen: _Pen, look: SimpleNamespace) -> None:
    if look.face.glasses != "1":
        return
    frame = _choice(look.frame, FRAME_COLOURS)
    shape = _choice(look.lens, ((0.088, 0.074, 0.074), (0.094, 0.066, 0.030), (0.092, 0.072, 0.050)))
    y, width = LENS_Y, 0.030
    for x in EYE_X:
        pen.lens(x, shape, (185, 215, 240, 90), frame, 0)
        pen.line([(x - 0.035, y + 0.03), (x + 0.005, y - 0.04)], (255, 255, 255, 130), 0.012)
        pen.lens(x, shape, None, frame, width)
    rx = shape[0]
    pen.line(_curve((EYE_X[0] + rx - 0.01, y - 0.01), (0.5, y - 0.035), (EYE_X[1] - rx + 0.01, y - 0.01)), frame, width)
    arm = [(EYE_X[0] - rx, y - 0.02), (0.5 - look.width - 0.01, y - 0.03)]
    for points in _both_sides(arm):
        pen.line(points, frame, width * 0.9)
