"""Trains the judge on packed data, for a machine with a GPU.

KERAS_BACKEND=jax python experiments/release/judge.py celeba-mini.npz celeba-10k.npz --out judge.keras
"""

import tempfile
from pathlib import Path

import click


@click.command()
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--out", required=True, type=click.Path(path_type=Path))
@click.option("--images", default=300_000, show_default=True, help="The total number of photos, with repetitions.")
@click.option("--batch-size", default=128, show_default=True)
@click.option("--precision", default="bfloat16", show_default=True)
def main(files, out, images, batch_size, precision):
    """Trains on the packed data in FILES."""
    import keras
    from pack import unpack

    from facegan.data.prepared import PreparedFaces
    from facegan.evaluation.judge_training import train_judge

    folder = Path(tempfile.mkdtemp()) / "data"
    unpack.callback(files, folder)
    judge = train_judge(PreparedFaces(folder), images, batch_size, precision)
    keras.saving.save_model(judge, out)


if __name__ == "__main__":
    main()
