"""Contact sheets: images in rows and columns, with or without labels."""

import math
import re
import unicodedata
from collections.abc import Callable, Sequence
from functools import lru_cache

from PIL import Image, ImageDraw, ImageFont

TEXT_COLOUR = (51, 51, 51)
GRID_GAP = 2
GAP = 8
MARGIN = 16
# Smaller images are enlarged to at least this width; otherwise their labels would need too many lines.
TILE_WIDTH = 128
FONT_SIZE = 14
# Fonts on Linux, macOS and Windows for labels with glyphs that Pillow's own font lacks, such as Chinese names.
FALLBACK_FONTS = (
    *("NotoSansCJK-Regular.ttc", "NotoSansCJKsc-Regular.otf", "SourceHanSansSC-Regular.otf", "wqy-microhei.ttc"),
    *("wqy-zenhei.ttc", "DroidSansFallbackFull.ttf", "PingFang.ttc", "Hiragino Sans GB.ttc", "STHeiti Light.ttc"),
    *("Arial Unicode.ttf", "msyh.ttc", "simsun.ttc", "DejaVuSans.ttf"),
)


def grid(images: Sequence[Image.Image], columns: int | None = None) -> Image.Image:
    """Returns tiles without labels, 2 pixels apart on white, as an RGB image.

    Args:
        images: of one size, at least one; they are not enlarged.
        columns: the number of columns; by default the grid is as square as possible.
    """
    rows = _rows(images, columns)
    width, height = images[0].size
    canvas = _canvas(_span(len(rows[0]), width, GRID_GAP), _span(len(rows), height, GRID_GAP))
    for y, row in enumerate(rows):
        for x, image in enumerate(row):
            canvas.paste(image, (x * (width + GRID_GAP), y * (height + GRID_GAP)))
    return canvas


def sheet(
    rows: Sequence[Sequence[Image.Image | None]],
    column_labels: Sequence[str] | None = None,
    row_labels: Sequence[str] | None = None,
) -> Image.Image:
    """Returns tiles in rows, with labels above the columns and left of the rows, as an RGB image.

    Images narrower than 128 pixels are enlarged by an integer factor. Labels are wrapped to the width of a tile and
    never cut off; the sheet grows with them.

    Args:
        rows: images of one size; None leaves a cell empty.
        column_labels: a text for each column.
        row_labels: a text for each row.
    """
    rows = [[image and _enlarged(image) for image in row] for row in rows]
    width, height = next(image.size for row in rows for image in row if image)
    size = _font_size(width)
    columns = [_Text(label, size, width) for label in column_labels or []]
    sides = [_Text(label, size, width) for label in row_labels or []]
    side = max((text.width + GAP for text in sides), default=0)
    across = _span(max(map(len, rows)), width, GAP)
    top = MARGIN + max((text.height + GAP // 2 for text in columns), default=0)
    heights = [max(height, text.height) for text in sides] or [height] * len(rows)
    left = MARGIN + side
    canvas = _canvas(left + across + MARGIN, top + sum(heights) + GAP * (len(rows) - 1) + MARGIN)

    draw = ImageDraw.Draw(canvas)
    for x, text in enumerate(columns):
        # At the bottom of the header, so that a short label is next to its column.
        text.draw(draw, left + x * (width + GAP), top - GAP // 2 - text.height, 0.5)
    y = top
    for index, row in enumerate(rows):
        if sides:
            sides[index].draw(draw, left - GAP - width, y + (heights[index] - sides[index].height) // 2, 1)
        for x, image in enumerate(row):
            if image:
                canvas.paste(image, (left + x * (width + GAP), y + (heights[index] - height) // 2))
        y += heights[index] + GAP
    return canvas


def labelled_grid(images: Sequence[Image.Image], labels: Sequence[str]) -> Image.Image:
    """Returns tiles of one size with a label under each, wrapped to the tile's width, as an RGB image."""
    images = [_enlarged(image) for image in images]
    width, height = images[0].size
    texts = [_Text(label, _font_size(width), width) for label in labels]
    tallest = max(text.height for text in texts)
    cells = []
    for image, text in zip(images, texts, strict=True):
        cell = _canvas(width, height + GAP // 2 + tallest)
        cell.paste(image, (0, 0))
        text.draw(ImageDraw.Draw(cell), 0, height + GAP // 2, 0.5)
        cells.append(cell)
    return sheet(_rows(cells))


class _Text:
    """A text wrapped into lines of at most `width` pixels."""

    def __init__(self, text: str, size: int, width: int) -> None:
        self._font, text = _font_for(text, size)
        self._available = width
        self._line_height = sum(self._font.getmetrics()) + 1
        self._lines = _wrap(text, self._font, width)
        self.width = max((math.ceil(self._font.getlength(line)) for line in self._lines), default=0)
        self.height = len(self._lines) * self._line_height

    def draw(self, draw: ImageDraw.ImageDraw, left: int, top: int, align: float) -> None:
        """Draws the lines into the width they were wrapped to; `align` is 0 (left), 0.5 (centre) or 1 (right)."""
        for index, line in enumerate(self._lines):
            indent = round((self._available - self._font.getlength(line)) * align)
            draw.text((left + indent, top + index * self._line_height), line, TEXT_COLOUR, self._font)


# Positions where a line may break: between words; in a word that is too long for a line, after underscores (as in label
# columns); if that is not enough, anywhere.
_BREAKS: tuple[tuple[Callable[[str], list[str]], str], ...] = (
    (str.split, " "),
    (lambda word: re.split("(?<=_)", word), ""),
    (list, ""),
)


def _wrap(text: str, font: ImageFont.FreeTypeFont, width: int, level: int = 0) -> list[str]:
    split, joint = _BREAKS[level]
    lines: list[str] = []
    for part in split(text):
        if lines and font.getlength(lines[-1] + joint + part) <= width:
            lines[-1] += joint + part
        elif font.getlength(part) <= width or level == len(_BREAKS) - 1:
            lines.append(part)
        else:
            lines += _wrap(part, font, width, level + 1)
    return lines


def _font_size(tile_width: int) -> int:
    # Wide tiles are usually viewed at a reduced size, so their labels are larger.
    return round(max(FONT_SIZE, tile_width / 14))


def _font_for(text: str, size: int) -> tuple[ImageFont.FreeTypeFont, str]:
    """A font with glyphs for a text; without one, the default font and the text in ASCII."""
    text = " ".join(text.split())
    for font in (own := _font(None, size), *(_font(name, size) for name in FALLBACK_FONTS)):
        if font and all(_has_glyph(font, character) for character in set(text)):
            return font, text
    assert own, "Pillow has a font"
    plain = (character for character in unicodedata.normalize("NFKD", text) if not unicodedata.combining(character))
    return own, "".join(plain).encode("ascii", "replace").decode()


@lru_cache
def _font(name: str | None, size: int) -> ImageFont.FreeTypeFont | None:
    try:
        font = ImageFont.truetype(name, size) if name else ImageFont.load_default(size)
    except OSError:
        return None
    return font if isinstance(font, ImageFont.FreeTypeFont) else None


@lru_cache(maxsize=4096)
def _has_glyph(font: ImageFont.FreeTypeFont, character: str) -> bool:
    # A missing glyph is drawn like the last code point, which no font has.
    drawn, missing = (font.getmask(text) for text in (character, "\U0010ffff"))
    return (drawn.size, bytes(drawn)) != (missing.size, bytes(missing))


def _enlarged(image: Image.Image) -> Image.Image:
    factor = math.ceil(TILE_WIDTH / image.width)
    return image.resize((image.width * factor, image.height * factor), Image.Resampling.BICUBIC)


def _rows(images: Sequence[Image.Image], columns: int | None = None) -> list[Sequence[Image.Image]]:
    columns = min(columns or math.ceil(math.sqrt(len(images))), len(images))
    return [images[start : start + columns] for start in range(0, len(images), columns)]


def _span(count: int, size: int, gap: int) -> int:
    return count * size + (count - 1) * gap


def _canvas(width: int, height: int) -> Image.Image:
    return Image.new("RGB", (width, height), "white")
