import io
import os
import struct
import sys
import zlib

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from facegan.errors import FaceganError
from facegan.images import (
    IMAGE_SUFFIXES,
    crop_square,
    denormalise,
    find_images,
    is_image_path,
    load_image,
    normalise,
    open_image,
    save_image,
    to_array,
    to_images,
)


@pytest.fixture
def noise():
    return np.random.default_rng(0).integers(0, 256, (40, 60, 3), "uint8")


def opened(image, path, **options):
    """The pixels after a way through a file."""
    image.save(path, **options)
    result = open_image(path)
    assert result.mode == "RGB"
    return np.asarray(result)


def refused(source):
    with pytest.raises(FaceganError) as info:
        open_image(source)
    assert "\n" not in str(info.value)
    return str(info.value)


def test_rgb(tmp_path, noise):
    assert np.array_equal(opened(Image.fromarray(noise), tmp_path / "a.png"), noise)


def test_path_as_text_and_file_object(tmp_path, noise):
    Image.fromarray(noise).save(tmp_path / "a.png")
    assert np.array_equal(open_image(str(tmp_path / "a.png")), noise)
    file = io.BytesIO((tmp_path / "a.png").read_bytes())
    assert np.array_equal(open_image(file), noise)
    assert not file.closed


def test_greyscale(tmp_path, noise):
    grey = noise[..., 0]
    assert np.array_equal(opened(Image.fromarray(grey), tmp_path / "a.png"), np.stack([grey] * 3, -1))


def test_black_and_white(tmp_path, noise):
    bits = noise[..., 0] > 127
    pixels = opened(Image.fromarray(bits), tmp_path / "a.png")
    assert np.array_equal(pixels, np.repeat(bits[..., None] * np.uint8(255), 3, -1))


def test_palette_with_transparency(tmp_path):
    image = Image.new("P", (2, 1))
    image.putpalette([255, 0, 0, 0, 0, 255])
    image.putdata([0, 1])
    assert opened(image, tmp_path / "a.png", transparency=1).tolist() == [[[255, 0, 0], [255, 255, 255]]]
    assert opened(image, tmp_path / "b.png").tolist() == [[[255, 0, 0], [0, 0, 255]]]


def test_transparent_is_white_and_half_transparent_in_between(tmp_path):
    image = Image.new("RGBA", (3, 1))
    for x, alpha in enumerate((0, 255, 128)):
        image.putpixel((x, 0), (200, 0, 0, alpha))
    assert opened(image, tmp_path / "a.png").tolist() == [[[255, 255, 255], [200, 0, 0], [227, 127, 127]]]


def test_transparent_greyscale(tmp_path):
    image = Image.new("LA", (2, 1), (10, 255))
    image.putpixel((1, 0), (10, 0))
    assert opened(image, tmp_path / "a.png").tolist() == [[[10] * 3, [255] * 3]]


@pytest.mark.parametrize("suffix", ["jpg", "tif"])
def test_cmyk_red_stays_red(tmp_path, suffix):
    red, green, blue = opened(Image.new("CMYK", (8, 8), (0, 255, 255, 0)), tmp_path / f"a.{suffix}")[4, 4]
    assert red > 240 and green < 15 and blue < 15


@pytest.mark.parametrize("suffix", ["png", "tif"])
def test_16_bits_are_scaled(tmp_path, suffix):
    gradient = np.arange(65536, dtype="uint16").reshape(256, 256)
    pixels = opened(Image.fromarray(gradient), tmp_path / f"a.{suffix}")
    assert np.array_equal(pixels[..., 1], np.rint(gradient / 257))


@pytest.mark.parametrize(
    "dtype, white", [("int32", 65535), ("int32", 2**31 - 1), ("float32", 1), ("float32", 255), ("float32", 65535)]
)
def test_wide_greyscale_is_scaled(tmp_path, dtype, white):
    values = np.linspace(0, white, 256).astype(dtype)[None]
    assert np.abs(opened(Image.fromarray(values), tmp_path / "a.tif")[0, :, 0] - np.arange(256.0)).max() <= 1


def test_16_bit_pgm(tmp_path):
    (tmp_path / "a.pgm").write_bytes(b"P5 2 1 65535\n" + struct.pack(">2H", 257 * 3, 65535))
    assert np.asarray(open_image(tmp_path / "a.pgm"))[0, :, 0].tolist() == [3, 255]


def test_exif_rotation_is_applied_once(tmp_path, noise):
    exif = Image.Exif()
    exif[0x0112] = 6
    assert np.array_equal(opened(Image.fromarray(noise), tmp_path / "a.png", exif=exif), np.rot90(noise, -1))
    save_image(open_image(tmp_path / "a.png"), tmp_path / "b.png")
    assert np.array_equal(open_image(tmp_path / "b.png"), np.rot90(noise, -1))


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("exif", [b"Exif\0\0junkjunk", b"Exif\0\0II*\0\xff\xff\xff\x00"])
def test_broken_exif_is_no_obstacle(tmp_path, noise, exif):
    assert opened(Image.fromarray(noise), tmp_path / "a.jpg", exif=exif).shape == noise.shape


def test_metadata_is_dropped(tmp_path, noise):
    exif = Image.Exif()
    exif[0x010E] = "where I live"
    Image.fromarray(noise).save(tmp_path / "a.jpg", exif=exif, icc_profile=b"a profile", comment=b"a comment")
    image = open_image(tmp_path / "a.jpg")
    save_image(image, tmp_path / "b.jpg")
    assert not image.info and not image.getexif()
    for secret in (b"where I live", b"a profile", b"a comment"):
        assert secret in (tmp_path / "a.jpg").read_bytes() and secret not in (tmp_path / "b.jpg").read_bytes()


def test_first_frame(tmp_path):
    frames = [Image.new("RGB", (4, 4), colour) for colour in ("red", "blue")]
    pixels = opened(frames[0], tmp_path / "a.gif", save_all=True, append_images=frames[1:])
    assert (pixels == (255, 0, 0)).all()


def test_missing_file_folder_and_empty_file(tmp_path):
    assert refused(tmp_path / "no.png") == f"cannot read {tmp_path / 'no.png'}: No such file or directory"
    assert refused(tmp_path) == f"cannot read {tmp_path}: Is a directory"
    (tmp_path / "a.png").touch()
    assert refused(tmp_path / "a.png") == f"cannot read {tmp_path / 'a.png'}: the file is empty"
    assert refused(io.BytesIO()) == "cannot read the image: the file is empty"


def test_text_file(tmp_path):
    (tmp_path / "a.png").write_text("no image")
    assert "a.png: not an image" in refused(tmp_path / "a.png")


def test_heic_says_what_it_needs(tmp_path):
    if "pillow_heif" in sys.modules:
        pytest.skip("pillow-heif is installed, so HEIC can be read")
    (tmp_path / "a.heic").write_bytes(b"\0\0\0\x18ftypheic" + bytes(40))
    assert "none of PNG" in refused(tmp_path / "a.heic") and "HEIC needs the package pillow-heif" in refused(
        tmp_path / "a.heic"
    )


def test_postscript_is_never_run(tmp_path):
    Image.new("RGB", (4, 4)).save(tmp_path / "a.eps")
    assert "not an image" in refused(tmp_path / "a.eps")


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("suffix", ["png", "jpg", "webp", "bmp", "gif", "tif", "ppm"])
@pytest.mark.parametrize("share", [0.002, 0.3, 0.9])
def test_truncated(tmp_path, noise, suffix, share):
    path = tmp_path / f"a.{suffix}"
    Image.fromarray(noise).save(path)
    path.write_bytes(path.read_bytes()[: int(path.stat().st_size * share) + 1])
    assert refused(path).startswith(f"cannot read {path}: ")


def png_header(width, height):
    header = struct.pack(">II5B", width, height, 8, 2, 0, 0, 0)
    chunks = [(b"IHDR", header), (b"IDAT", zlib.compress(b"\0" * 100)), (b"IEND", b"")]
    packed = (struct.pack(">I", len(d)) + n + d + struct.pack(">I", zlib.crc32(n + d)) for n, d in chunks)
    return b"\x89PNG\r\n\x1a\n" + b"".join(packed)


# Pillow only warns about the first, and refuses the second.
@pytest.mark.parametrize("side", [10_000, 60_000])
def test_decompression_bomb(tmp_path, side):
    (tmp_path / "a.png").write_bytes(png_header(side, side))
    assert "a.png: more than 89 million pixels" in refused(tmp_path / "a.png")


def test_zero_size(tmp_path):
    (tmp_path / "a.png").write_bytes(png_header(0, 5))
    refused(tmp_path / "a.png")


def test_square_is_the_centre():
    image = Image.new("RGB", (30, 10), "blue")
    image.paste("red", (10, 0, 20, 10))
    assert np.array_equal(crop_square(image, 10), np.full((10, 10, 3), (255, 0, 0)))
    assert np.array_equal(crop_square(image.rotate(90, expand=True), 20), np.full((20, 20, 3), (255, 0, 0)))


def test_square_leaves_what_fits(noise):
    assert np.array_equal(crop_square(Image.fromarray(noise[:, :40]), 40), noise[:, :40])
    # An odd margin must not shift the pixels by half of one.
    assert np.array_equal(crop_square(Image.fromarray(noise[:, :41]), 40), noise[:, :40])


def test_square_antialiases():
    stripes = np.zeros((64, 64, 3), "uint8")
    stripes[:, ::2] = 255
    assert np.abs(np.asarray(crop_square(Image.fromarray(stripes), 8)).astype(int) - 127).max() < 10


def test_arrays_and_back(noise):
    images = [Image.fromarray(noise), Image.fromarray(255 - noise)]
    array = to_array(images)
    assert array.shape == (2, 40, 60, 3) and array.dtype == "uint8"
    assert [image.tobytes() for image in to_images(array)] == [image.tobytes() for image in images]


def test_normalise_round_trip():
    pixels = np.arange(256, dtype="uint8")
    values = normalise(pixels)
    assert values.dtype == "float32" and (values.min(), values.max()) == (-1, 1)
    assert np.array_equal(denormalise(values), pixels)


def test_denormalise_clips_and_rounds():
    assert denormalise([-3, -1, 0.999, 1, 2]).tolist() == [0, 0, 255, 255, 255]
    assert denormalise([0]).dtype == "uint8"


@pytest.mark.parametrize("name, kind", [("a.png", "PNG"), ("a.JPG", "JPEG"), ("a.jpeg", "JPEG"), ("a.webp", "WEBP")])
def test_save_image(tmp_path, name, kind):
    save_image(Image.new("RGB", (8, 8), (200, 100, 50)), tmp_path / name)
    with Image.open(tmp_path / name) as image:
        assert image.format == kind
    assert np.abs(np.asarray(open_image(tmp_path / name)).astype(int) - (200, 100, 50)).max() < 4
    assert len(list(tmp_path.iterdir())) == 1


@pytest.mark.parametrize("name", ["a.bmp", "a", "a.png.txt"])
def test_save_image_with_another_suffix(tmp_path, name):
    with pytest.raises(FaceganError, match=r"\.png, \.jpg, \.jpeg, \.webp"):
        save_image(Image.new("RGB", (8, 8)), tmp_path / name)
    assert not list(tmp_path.iterdir())


def test_is_image_path():
    assert all(is_image_path(f"folder/a{suffix}") for suffix in IMAGE_SUFFIXES)
    assert is_image_path("A.JPG")
    assert not any(map(is_image_path, ["a.txt", "png", ".png", "._a.jpg"]))


def test_find_images(tmp_path):
    for name in ("b.png", "a.JPG", "notes.txt", ".hidden.png"):
        (tmp_path / name).touch()
    (tmp_path / "folder.png").mkdir()
    images = [tmp_path / "a.JPG", tmp_path / "b.png"]
    assert find_images([tmp_path]) == images
    assert find_images([str(tmp_path / "notes.txt"), tmp_path]) == [tmp_path / "notes.txt", *images]


def test_find_images_without_any(tmp_path):
    with pytest.raises(FaceganError, match="no images in"):
        find_images([tmp_path])
    with pytest.raises(FaceganError, match=r"cannot read .*no: No such file"):
        find_images([tmp_path / "no"])


@pytest.mark.parametrize("name, height", [("a.jpg", 65501), ("a.webp", 16384)])
def test_a_picture_too_long_for_its_format(tmp_path, name, height):
    with pytest.raises(FaceganError, match=f"a..*: 2x{height} pixels exceed"):
        save_image(Image.new("RGB", (2, height)), tmp_path / name)
    assert list(tmp_path.iterdir()) == []
    save_image(Image.new("RGB", (2, height - 1)), tmp_path / name)
    save_image(Image.new("RGB", (2, height)), tmp_path / "a.png")


# What files say of their pixels

SRGB_PRIMARIES = ((0.4361, 0.2225, 0.0139), (0.3851, 0.7169, 0.0971), (0.1431, 0.0606, 0.7139))
DISPLAY_P3_PRIMARIES = ((0.5151, 0.2412, -0.0011), (0.2919, 0.6922, 0.0419), (0.1572, 0.0666, 0.7841))


def rgb_profile(primaries, description=b"Display P3"):
    """An ICC profile with these primaries (XYZ, D50) and gamma 2.2."""

    def fixed(*numbers):
        return struct.pack(f">{len(numbers)}i", *(round(number * 65536) for number in numbers))

    tags = {
        b"desc": b"desc" + bytes(4) + struct.pack(">I", len(description) + 1) + description + bytes(80),
        b"wtpt": b"XYZ " + bytes(4) + fixed(0.9642, 1, 0.8249),
        **{
            name: b"XYZ " + bytes(4) + fixed(*xyz)
            for name, xyz in zip((b"rXYZ", b"gXYZ", b"bXYZ"), primaries, strict=True)
        },
        **{name: b"curv" + bytes(4) + struct.pack(">IH", 1, 563) + bytes(2) for name in (b"rTRC", b"gTRC", b"bTRC")},
    }
    table, data = struct.pack(">I", len(tags)), b""
    for name, content in tags.items():
        table += name + struct.pack(">2I", 128 + 4 + 12 * len(tags) + len(data), len(content))
        data += content + bytes(-len(content) % 4)
    size = 128 + len(table) + len(data)
    header = struct.pack(">I4xI", size, 0x02400000) + b"mntrRGB XYZ " + bytes(12) + b"acsp" + bytes(28)
    return header + fixed(0.9642, 1, 0.8249) + bytes(48) + table + data


P3 = rgb_profile(DISPLAY_P3_PRIMARIES)


@pytest.mark.parametrize("suffix", ["png", "jpg", "webp", "tif"])
def test_a_colour_profile_is_converted(tmp_path, suffix):
    options = {"lossless": True} if suffix == "webp" else {"quality": 95, "subsampling": 0} if suffix == "jpg" else {}
    red, green, blue = opened(
        Image.new("RGB", (8, 8), (200, 100, 100)), tmp_path / f"a.{suffix}", icc_profile=P3, **options
    )[4, 4]
    # P3's red is further from grey than sRGB's: the same colour has larger numbers in sRGB.
    assert red > 208 and abs(int(green) - 95) < 4 and abs(int(blue) - 98) < 4


def test_a_profile_that_is_srgb_changes_no_pixel(tmp_path, noise):
    profile = rgb_profile(SRGB_PRIMARIES, b"sRGB IEC61966-2.1")
    assert np.array_equal(opened(Image.fromarray(noise), tmp_path / "a.png", icc_profile=profile), noise)


@pytest.mark.parametrize("profile", [b"no profile", P3[:200]])
def test_a_broken_profile_is_ignored_and_said(tmp_path, noise, profile):
    assert np.array_equal(opened(Image.fromarray(noise), tmp_path / "a.png", icc_profile=profile), noise)
    assert "colour profile" in load_image(tmp_path / "a.png").remarks[0]


def test_a_profile_for_another_mode_is_ignored_and_said(tmp_path):
    Image.new("CMYK", (8, 8), (0, 255, 255, 0)).save(tmp_path / "a.jpg", icc_profile=P3)
    assert "another kind of image" in load_image(tmp_path / "a.jpg").remarks[0]


@pytest.mark.parametrize("suffix", ["png", "webp", "jpg"])
def test_what_is_written_back_keeps_profile_and_transparency(tmp_path, noise, suffix):
    rgba = np.dstack([noise, np.linspace(0, 255, 60).astype("uint8")[None].repeat(40, 0)])
    Image.fromarray(rgba).save(tmp_path / "a.png", icc_profile=P3)
    loaded = load_image(tmp_path / "a.png")
    assert loaded.rgb.mode == "RGB" and (np.asarray(loaded.rgb)[:, 0] == 255).all()
    edited = loaded.rgb.copy()
    edited.paste((10, 200, 30), (50, 10, 60, 20))
    save_image(loaded.restore(edited), tmp_path / f"b.{suffix}")
    with Image.open(tmp_path / f"b.{suffix}") as back:
        assert back.info["icc_profile"] == P3
        pixels = np.asarray(back)
    if suffix == "png":
        assert np.array_equal(pixels[..., 3], rgba[..., 3])
        assert np.array_equal(pixels[20:], rgba[20:]) and not np.array_equal(pixels[10:20, 50:], rgba[10:20, 50:])
        green = np.asarray(open_image(tmp_path / "b.png"), "int16")[10:20, 58]
        assert np.abs(green - (10, 200, 30)).mean() < 12, "P3 and back"
    assert pixels.shape[2] == (3 if suffix == "jpg" else 4)


def test_restoring_what_is_unchanged_gives_the_very_pixels(noise):
    image = Image.fromarray(noise)
    image.info["icc_profile"] = P3
    loaded = load_image(image)
    assert np.array_equal(loaded.restore(loaded.rgb), noise) and not np.array_equal(loaded.rgb, noise)


def test_an_opaque_alpha_channel_is_none(noise):
    loaded = load_image(np.dstack([noise, np.full((40, 60), 255, "uint8")]))
    assert loaded.alpha is None and np.array_equal(loaded.rgb, noise)


def test_pil_images_go_through_the_same_door(tmp_path, noise):
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.fromarray(noise).save(tmp_path / "a.png", exif=exif, icc_profile=P3)
    with Image.open(tmp_path / "a.png") as image:
        before = image.copy().tobytes(), dict(image.info)
        assert np.array_equal(open_image(image), open_image(tmp_path / "a.png"))
        assert (image.tobytes(), dict(image.info)) == before
    once = open_image(tmp_path / "a.png")
    assert np.array_equal(open_image(once), once)


@pytest.mark.parametrize(
    "convert",
    [
        lambda grey: grey,
        lambda grey: grey[..., None],
        lambda grey: np.dstack([grey] * 3),
        lambda grey: grey.astype("uint16") * 257,
        lambda grey: grey.astype("int64"),
        lambda grey: grey.astype("int32") * 257,
        lambda grey: np.dstack([grey.astype("float32") / 255] * 3),
        lambda grey: grey / 255,
        lambda grey: grey.astype("float16"),
        lambda grey: np.where(grey == 255, 1.1, grey / 255),
    ],
)
def test_arrays_of_any_depth(convert):
    grey = np.arange(256, dtype="uint8").reshape(16, 16)
    assert np.array_equal(open_image(convert(grey)), np.dstack([grey] * 3))


def test_arrays_of_bool_and_with_transparency():
    assert np.asarray(open_image(np.array([[True, False]]))).tolist() == [[[255] * 3, [0] * 3]]
    assert np.asarray(open_image(np.array([[[0, 0, 0, 0.0], [1, 0, 0, 1.0]]]))).tolist() == [[[255] * 3, [255, 0, 0]]]


@pytest.mark.parametrize(
    "array",
    [
        *(np.zeros(shape) for shape in ((2, 2, 2), (3, 8, 8), (0, 4, 3), 5)),
        *(np.full((2, 2), value) for value in (np.nan, "a", 1j)),
        np.linspace(-1, 1, 12).reshape(2, 2, 3),
    ],
)
def test_arrays_that_are_no_images(array):
    with pytest.raises(FaceganError, match="imag"):
        open_image(array)


def png_with(chunk, data, original):
    """A PNG file with another chunk after its header."""
    packed = struct.pack(">I", len(data)) + chunk + data + struct.pack(">I", zlib.crc32(chunk + data))
    return original[:33] + packed + original[33:]


@pytest.mark.parametrize("compressed", [True, False])
def test_megabytes_of_text_do_no_harm(tmp_path, noise, compressed):
    Image.fromarray(noise).save(tmp_path / "a.png")
    text = b"history " * 500_000
    data = b"XML:com.adobe.xmp\0" + bytes([compressed, 0, 0, 0]) + (zlib.compress(text) if compressed else text)
    (tmp_path / "a.png").write_bytes(png_with(b"iTXt", data, (tmp_path / "a.png").read_bytes()))
    assert np.array_equal(open_image(tmp_path / "a.png"), noise)


@pytest.mark.parametrize("progressive", [False, True])
def test_a_jpeg_without_its_end_marker_is_read_and_said(tmp_path, noise, progressive):
    path = tmp_path / "a.jpg"
    Image.fromarray(noise).save(path, progressive=progressive)
    whole, content = np.asarray(open_image(path)), path.read_bytes()
    assert content.endswith(b"\xff\xd9") and load_image(path).remarks == ()
    for cut in (1, 2):
        path.write_bytes(content[:-cut])
        assert np.array_equal(open_image(path), whole) and "end marker is missing" in load_image(path).remarks[0]
    for share in (0.6, 0.8, 0.9, 0.98):
        path.write_bytes(content[: int(len(content) * share)])
        assert "cut short" in refused(path)


def test_a_pipe_is_refused_at_once(tmp_path):
    os.mkfifo(tmp_path / "a.png")
    assert refused(tmp_path / "a.png") == f"cannot read {tmp_path / 'a.png'}: not a regular file"


@pytest.mark.parametrize("name, kind", [("a.avif", "AVIF"), ("b.HEIC", "AVIF"), ("c.jfif", "JPEG"), ("d.mpo", "MPO")])
def test_unusual_suffixes(tmp_path, noise, name, kind):
    Image.fromarray(noise).save(tmp_path / name, kind)
    assert find_images([tmp_path]) == [tmp_path / name] and open_image(tmp_path / name).size == (60, 40)


def test_names_of_any_bytes(tmp_path, noise):
    for name in ("caf\udce9.png", "line\nbreak.png", "sep\u2028.png"):
        Image.fromarray(noise).save(tmp_path / "plain.png")
        (tmp_path / "plain.png").rename(tmp_path / name)
        (found,) = find_images([tmp_path])
        assert np.array_equal(open_image(found), noise)
        found.unlink()


MUTATIONS = st.lists(
    st.tuples(st.floats(0, 1, exclude_max=True), st.integers(0, 8), st.binary(max_size=8)), min_size=1, max_size=6
)


@settings(deadline=None, max_examples=200)
@given(st.sampled_from(["PNG", "JPEG", "WEBP", "BMP", "GIF", "TIFF", "PPM"]), MUTATIONS)
def test_damaged_files_are_read_or_refused(kind, mutations):
    """Some bytes replaced by others, cut out or put in, anywhere."""
    file = io.BytesIO()
    options = {} if kind in ("BMP", "GIF", "PPM") else {"icc_profile": P3}
    Image.fromarray(np.arange(12 * 15 * 3, dtype="uint8").reshape(12, 15, 3)).save(file, kind, **options)
    content = file.getvalue()
    for place, removed, put in mutations:
        start = int(place * len(content))
        content = content[:start] + put + content[start + removed :]
    try:
        loaded = load_image(io.BytesIO(content))
    except FaceganError:
        return
    assert loaded.restore(loaded.rgb).size == loaded.rgb.size
