"""Contact sheets: images in rows and columns, with or without labels."""

import math
import re

from PIL import Image, ImageDraw, ImageFont

TEXT_COLOUR = (51, 51, 51)
GRID_GAP = 2
GAP = 8
MARGIN = 16
# Smaller images are enlarged to at least this width, or their labels would be longer than readable.
TILE_WIDTH = 128
FONT_SIZE = 14


def grid(images, columns=None):
    """Plain tiles, 2 pixels apart on white.

    Args:
        images: PIL images of one size, at least one.
        columns: how many in a row; as square as can be by default.

    Returns:
        An RGB image, without enlarging anything.
    """
    rows = _rows(images, columns)
    width, height = images[0].size
    canvas = _canvas(_span(len(rows[0]), width, GRID_GAP), _span(len(rows), height, GRID_GAP))
    for y, row in enumerate(rows):
        for x, image in enumerate(row):
            canvas.paste(image, (x * (width + GRID_GAP), y * (height + GRID_GAP)))
    return canvas


def sheet(rows, column_labels=None, row_labels=None, title=None):
    """Tiles in rows, with labels above the columns and left of the rows.

    Images narrower than 128 pixels are enlarged by a whole factor. Labels are wrapped to what they label and
    make the sheet grow; they are never cut off.

    Args:
        rows: lists of PIL images, all of one size; None leaves a cell empty.
        column_labels: a text for each column.
        row_labels: a text for each row.
        title: a text above everything.

    Returns:
        An RGB image.
    """
    rows = [[image and _enlarged(image) for image in row] for row in rows]
    width, height = next(image.size for row in rows for image in row if image)
    font = _font(width)
    columns = [_Text(label, font, width) for label in column_labels or []]
    sides = [_Text(label, font, width) for label in row_labels or []]
    side = max((text.width + GAP for text in sides), default=0)
    across = _span(max(map(len, rows)), width, GAP)
    heading = _Text(title or "", _font(width, 1.3), side + across)

    top = MARGIN + (heading.height + GAP if title else 0)
    header = max((text.height + GAP // 2 for text in columns), default=0)
    heights = [max(height, text.height) for text in sides] or [height] * len(rows)
    left = MARGIN + side
    canvas = _canvas(left + across + MARGIN, top + header + sum(heights) + GAP * (len(rows) - 1) + MARGIN)

    draw = ImageDraw.Draw(canvas)
    heading.draw(draw, MARGIN, MARGIN, 0.5)
    for x, text in enumerate(columns):
        # At the bottom of the header: a short label stays next to its column.
        text.draw(draw, left + x * (width + GAP), top + header - GAP // 2 - text.height, 0.5)
    y = top + header
    for index, row in enumerate(rows):
        if sides:
            sides[index].draw(draw, left - GAP - width, y + (heights[index] - sides[index].height) // 2, 1)
        for x, image in enumerate(row):
            if image:
                canvas.paste(image, (left + x * (width + GAP), y + (heights[index] - height) // 2))
        y += heights[index] + GAP
    return canvas


def labelled_grid(images, labels, columns=None, title=None):
    """Tiles with a label under each, wrapped to the tile's width.

    Args:
        images: PIL images of one size, at least one.
        labels: a text for each image.
        columns: how many in a row; as square as can be by default.
        title: a text above everything.

    Returns:
        An RGB image.
    """
    images = [_enlarged(image) for image in images]
    width, height = images[0].size
    texts = [_Text(label, _font(width), width) for label in labels]
    tallest = max(text.height for text in texts)
    cells = []
    for image, text in zip(images, texts, strict=True):
        cell = _canvas(width, height + GAP // 2 + tallest)
        cell.paste(image, (0, 0))
        text.draw(ImageDraw.Draw(cell), 0, height + GAP // 2, 0.5)
        cells.append(cell)
    return sheet(_rows(cells, columns), title=title)


class _Text:
    """A text wrapped into lines of at most `width` pixels."""

    def __init__(self, text, font, width):
        self._font = font
        self._available = width
        self._line_height = sum(font.getmetrics()) + 1
        self._lines = _wrap(text, font, width)
        self.width = max((math.ceil(font.getlength(line)) for line in self._lines), default=0)
        self.height = len(self._lines) * self._line_height

    def draw(self, draw, left, top, align):
        """Draws the lines into the width they were wrapped to; `align` is 0 (left), 0.5 (centre) or 1 (right)."""
        for index, line in enumerate(self._lines):
            indent = round((self._available - self._font.getlength(line)) * align)
            draw.text((left + indent, top + index * self._line_height), line, TEXT_COLOUR, self._font)


# Where a line may end: between words; if a word is too long for one, after its underscores (label columns have
# such names); if that does not do either, anywhere.
_BREAKS = ((str.split, " "), (lambda word: re.split("(?<=_)", word), ""), (list, ""))


def _wrap(text, font, width, level=0):
    split, joint = _BREAKS[level]
    lines = []
    for part in split(text):
        if lines and font.getlength(lines[-1] + joint + part) <= width:
            lines[-1] += joint + part
        elif font.getlength(part) <= width or level == len(_BREAKS) - 1:
            lines.append(part)
        else:
            lines += _wrap(part, font, width, level + 1)
    return lines


def _font(tile_width, factor=1):
    # Wide tiles are mostly looked at scaled down, and their labels with them.
    return ImageFont.load_default(round(max(FONT_SIZE, tile_width / 14) * factor))


def _enlarged(image):
    factor = math.ceil(TILE_WIDTH / image.width)
    return image.resize((image.width * factor, image.height * factor), Image.Resampling.BICUBIC)


def _rows(images, columns):
    columns = min(columns or math.ceil(math.sqrt(len(images))), len(images))
    return [images[start : start + columns] for start in range(0, len(images), columns)]


def _span(count, size, gap):
    return count * size + (count - 1) * gap


def _canvas(width, height):
    return Image.new("RGB", (width, height), "white")
