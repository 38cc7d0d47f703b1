"""Packs a prepared data set into a small file and unpacks it, to train on a machine with a slow connection.

Faces become WebP images at their own size; test faces stay behind. A thousand faces of 128 pixels take 3 MB.

    python experiments/release/pack.py pack release128 release.npz
    python experiments/release/pack.py unpack release.npz release128
"""

import io
import json
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import click
import numpy as np
from PIL import Image

from facegan.data.prepared import PreparedFaces

QUALITY = 88
KERNEL_SIZE = 7


@click.group()
def main():
    """Packs and unpacks prepared data."""


@main.command()
@click.argument("data", type=click.Path(path_type=Path))
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--quality", default=QUALITY, show_default=True, help="The quality of WebP, 0 to 100.")
@click.option("--source", "sources", multiple=True, help="Only faces from this source; repeatable.")
@click.option("--split", "splits", multiple=True, default=("train", "validation"), show_default=True)
@click.option("--count", type=int, help="A random sample of this size.")
@click.option("--sharpen-from", type=float, help="Sharpen faces that were enlarged from this size.")
def pack(data, file, quality, sources, splits, count, sharpen_from):
    """Packs faces of DATA into FILE."""
    faces = PreparedFaces(data)
    rows = np.sort(np.concatenate([faces.split(name) for name in splits]))
    if sources:
        rows = rows[_of_sources(faces, rows, sources)]
    if count:
        rows = np.sort(np.random.default_rng(0).choice(rows, count, replace=False))
    pixels = faces.faces[rows]
    if sharpen_from:
        kernel = _sharpening_kernel(faces, sharpen_from)
        for index, image in enumerate(pixels):
            pixels[index] = np.clip(_neighbourhoods(image) @ kernel + 0.5, 0, 255)
    with ProcessPoolExecutor() as pool:
        encoded = list(pool.map(_encode, pixels, [quality] * len(rows), chunksize=256))
    arrays = {path.stem: np.load(path)[rows] for path in data.glob("*.npy") if path.name != "faces.npy"}
    counts = {name: int(np.isin(rows, faces.split(name)).sum()) for name in faces.info["splits"]}
    np.savez(
        file,
        images=np.frombuffer(b"".join(encoded), "uint8"),
        lengths=np.array([len(image) for image in encoded]),
        names="\n".join(faces.names[row] for row in rows),
        info=json.dumps({**faces.info, "count": len(rows), "splits": counts}),
        **arrays,
    )
    click.echo(f"{file}: {len(rows)} faces, {file.stat().st_size / 1e6:.1f} MB")


@main.command()
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.argument("data", type=click.Path(path_type=Path))
def unpack(files, data):
    """Unpacks FILES, all packed from one data set, into the prepared data set DATA."""
    packed = [np.load(file) for file in files]
    images = [image for file in packed for image in np.split(file["images"], np.cumsum(file["lengths"])[:-1])]
    with ProcessPoolExecutor() as pool:
        pixels = np.stack(list(pool.map(_decode, images, chunksize=256)))
    data.mkdir(parents=True)
    np.save(data / "faces.npy", pixels)
    for name in set(packed[0].files) - {"images", "lengths", "names", "info"}:
        np.save(data / f"{name}.npy", np.concatenate([file[name] for file in packed]))
    (data / "names.txt").write_text("".join(f"{file['names']}\n" for file in packed), "utf-8")
    infos = [json.loads(str(file["info"])) for file in packed]
    counts = {name: sum(info["splits"][name] for info in infos) for name in infos[0]["splits"]}
    info = {**infos[0], "count": len(pixels), "splits": counts}
    (data / "prepared.json").write_text(json.dumps(info, indent=2), "utf-8")
    click.echo(f"{data}: {len(pixels)} faces")


def _of_sources(faces, rows, sources):
    return np.isin(np.array(faces.sources)[faces.origins[rows]], sources)


def _sharpening_kernel(faces, size):
    """The 7x7 kernel that comes closest to undoing a reduction to `size`, by least squares on sharp photos."""
    train = faces.split("train")
    sharp = train[_of_sources(faces, train, faces.sources[:1])]
    products = targets = 0.0
    for row in np.random.default_rng(0).choice(sharp, 120, replace=False):
        image = faces.faces[row]
        small = Image.fromarray(image).resize((round(size), round(size)), Image.Resampling.LANCZOS)
        soft = np.asarray(small.resize(image.shape[:2], Image.Resampling.LANCZOS))
        neighbourhoods = _neighbourhoods(soft)[8:-8, 8:-8].reshape(-1, KERNEL_SIZE**2)
        products = products + neighbourhoods.T @ neighbourhoods
        targets = targets + neighbourhoods.T @ image[8:-8, 8:-8].reshape(-1).astype(float)
    return np.linalg.solve(products, targets)


def _neighbourhoods(image):
    """`(height, width, 3, 49)`: each value's neighbours, the edge repeated."""
    reach = KERNEL_SIZE // 2
    padded = np.pad(image.astype(float), ((reach, reach), (reach, reach), (0, 0)), "edge")
    windows = np.lib.stride_tricks.sliding_window_view(padded, (KERNEL_SIZE, KERNEL_SIZE), axis=(0, 1))
    return windows.reshape(*image.shape, -1)


@main.command()
@click.argument("folder", type=click.Path(path_type=Path))
def weights(folder):
    """Writes the ImageNet weights to FOLDER, as 16-bit floats, for a machine without the packages."""
    from facegan.features.pretrained import folded_weights

    for variant in ("lite0", "lite1", "lite2"):
        arrays = [array.astype("float16") for pair in folded_weights(variant) for array in pair]
        np.savez_compressed(folder / f"{variant}.npz", *arrays)


def _encode(pixels, quality):
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "WEBP", quality=quality, method=6)
    return file.getvalue()


def _decode(encoded):
    return np.asarray(Image.open(io.BytesIO(encoded.tobytes())).convert("RGB"))


if __name__ == "__main__":
    main()
