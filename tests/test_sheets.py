import numpy as np
import pytest
from PIL import Image

from facegan import sheets
from facegan.sheets import GAP, GRID_GAP, MARGIN, grid, labelled_grid, sheet

LONG = "female, young, no glasses, normal skin, blond hair"


def tiles(count, size=128):
    return [Image.fromarray(np.random.default_rng(i).integers(0, 256, (size, size, 3), "uint8")) for i in range(count)]


def part(image, left, top, width, height):
    return np.asarray(image)[top : top + height, left : left + width]


def is_white(pixels):
    return (np.asarray(pixels) == 255).all()


def ink(pixels):
    """Columns and rows (first, last) of what is not white."""
    rows, columns = np.nonzero((pixels != 255).any(-1))
    return columns.min(), columns.max(), rows.min(), rows.max()


def test_grid():
    images = tiles(5, 10)
    result = grid(images)
    assert result.mode == "RGB" and result.size == (3 * 10 + 2 * GRID_GAP, 2 * 10 + GRID_GAP)
    for index, image in enumerate(images):
        row, column = divmod(index, 3)
        assert np.array_equal(part(result, column * 12, row * 12, 10, 10), image)
    assert is_white(part(result, 10, 0, GRID_GAP, 22)) and is_white(part(result, 24, 12, 10, 10))


@pytest.mark.parametrize("columns, size", [(1, (10, 58)), (4, (46, 22)), (5, (58, 10)), (9, (58, 10))])
def test_grid_columns(columns, size):
    assert grid(tiles(5, 10), columns).size == size


def test_sheet_without_labels():
    images = tiles(3)
    result = sheet([images[:2], [None, images[2]]])
    step = 128 + GAP
    assert result.size == (2 * MARGIN + 128 + step,) * 2
    assert np.array_equal(part(result, MARGIN, MARGIN, 128, 128), images[0])
    assert np.array_equal(part(result, MARGIN + step, MARGIN, 128, 128), images[1])
    assert is_white(part(result, MARGIN, MARGIN + step, 128, 128))
    assert np.array_equal(part(result, MARGIN + step, MARGIN + step, 128, 128), images[2])


@pytest.mark.parametrize("size, shown", [(32, 128), (48, 144), (64, 128), (100, 200), (128, 128), (200, 200)])
def test_small_images_are_enlarged_by_a_whole_factor(size, shown):
    assert sheet([tiles(1, size)]).size == (2 * MARGIN + shown,) * 2
    assert labelled_grid(tiles(1, size), ["a"]).width == 2 * MARGIN + shown


def test_labels_make_the_sheet_grow_and_tiles_stay_whole():
    images = tiles(4)
    rows = [images[:2], images[2:]]
    plain = sheet(rows)
    short = sheet(rows, ["male", "old"])
    long = sheet(rows, [LONG, "old"])
    assert plain.height < short.height < long.height and plain.width == long.width
    full = sheet(rows, [LONG, "old"], ["source", "edited"])
    assert full.width > plain.width
    x, y = full.width - MARGIN - 128, full.height - MARGIN - 128
    assert np.array_equal(part(full, x, y, 128, 128), images[3])
    assert np.array_equal(part(full, x - GAP - 128, y - GAP - 128, 128, 128), images[0])


@pytest.mark.parametrize("size", [32, 64, 128, 256])
@pytest.mark.parametrize("label", [LONG, LONG.replace(", ", "_").replace(" ", "_"), "W" * 60])
def test_column_labels_stay_over_their_columns(size, label):
    white = [Image.new("RGB", (size, size), "white")] * 3
    result = sheet([white], ["", label, ""])
    width = max(size, 128)
    left, right, top, bottom = ink(np.asarray(result))
    # A letter may stand out of its advance width by a pixel.
    assert MARGIN + width + GAP <= left + 1 and right - 1 < MARGIN + 2 * width + GAP
    assert top >= MARGIN and bottom < result.height - MARGIN - width


def test_row_labels_stay_beside_their_rows():
    white = [Image.new("RGB", (128, 128), "white")]
    first = sheet([white, white], row_labels=[LONG * 8, ""])
    second = sheet([white, white], row_labels=["", LONG * 8])
    assert first.size == second.size
    left, right, top, bottom = ink(np.asarray(first))
    # A letter may stand out of its advance width by a pixel.
    assert left + 1 >= MARGIN and right - 1 < first.width - MARGIN - 128 - GAP
    assert top >= MARGIN and bottom < first.height - MARGIN - 128 - GAP
    assert ink(np.asarray(second))[2] >= MARGIN + 128 + GAP and ink(np.asarray(second))[3] < first.height - MARGIN


def test_labelled():
    images = tiles(3)
    result = labelled_grid(images, [LONG, "male", "Wearing_Necklace_Wearing_Lipstick"])
    step = 128 + GAP
    assert result.width == 2 * MARGIN + 128 + step
    assert np.array_equal(part(result, MARGIN, MARGIN, 128, 128), images[0])
    assert np.array_equal(part(result, MARGIN + step, MARGIN, 128, 128), images[1])
    label_height = (result.height - 2 * MARGIN - GAP) // 2 - 128
    under = MARGIN + 128
    for x in (MARGIN, MARGIN + step):
        assert not is_white(part(result, x, under, 128, label_height))
    # Nothing between the labels, in the margins, or in the cell that is left over.
    assert is_white(part(result, MARGIN + 128, 0, GAP, result.height))
    assert is_white(part(result, 0, 0, MARGIN, result.height))
    assert is_white(part(result, MARGIN + step, under + label_height, 128, result.height))
    below = under + label_height + GAP
    assert np.array_equal(part(result, MARGIN, below, 128, 128), images[2])


def test_labelled_needs_a_label_for_each_image():
    with pytest.raises(ValueError):
        labelled_grid(tiles(2), ["a"])


def test_labels_are_never_boxes(monkeypatch):
    """What no font has a glyph for is drawn in ASCII."""
    monkeypatch.setattr(sheets, "FALLBACK_FONTS", ())

    def made(*labels):
        return labelled_grid(tiles(2), labels).tobytes()

    assert made("张三.png", "josé \U000f0000") == made("??.png", "jose ?")
    assert made("caf\udce9\u2028.png", "a\nb") == made("caf? .png", "a b")


def test_a_font_of_the_system_draws_what_it_has_glyphs_for(monkeypatch):
    own, system = (sheets._font(None, size) for size in (14, 15))
    monkeypatch.setattr(sheets, "FALLBACK_FONTS", ("missing.ttf", "chinese.ttf"))
    monkeypatch.setattr(sheets, "_font", lambda name, size: {None: own, "chinese.ttf": system}.get(name))
    monkeypatch.setattr(sheets, "_has_glyph", lambda font, character: font is system or character.isascii())
    assert sheets._font_for("张三", 14) == (system, "张三") and sheets._font_for("Zhang", 14) == (own, "Zhang")
