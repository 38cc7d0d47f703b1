import io
import struct
import zlib

import numpy as np
import pytest
from PIL import Image

from facegan.errors import FaceganError
from facegan.images import (
    IMAGE_SUFFIXES,
    crop_square,
    denormalise,
    find_images,
    is_image_path,
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
    with pytest.raises(FaceganError, match="cannot read .*no: No such file"):
        find_images([tmp_path / "no"])


@pytest.mark.parametrize("name, height", [("a.jpg", 65501), ("a.webp", 16384)])
def test_a_picture_too_long_for_its_format(tmp_path, name, height):
    with pytest.raises(FaceganError, match=f"a..*: 2x{height} pixels are more than"):
        save_image(Image.new("RGB", (2, height)), tmp_path / name)
    assert list(tmp_path.iterdir()) == []
    save_image(Image.new("RGB", (2, height - 1)), tmp_path / name)
    save_image(Image.new("RGB", (2, height)), tmp_path / "a.png")
