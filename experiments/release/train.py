"""Trains the release model: unpacks the data, trains for so many minutes, leaves weights and images in a folder.

    KERAS_BACKEND=jax python experiments/release/train.py celeba.npz --work work --out out --minutes 9

Called again with the same `--work`, it resumes. The model is left as pieces of at most 15 MiB;
`cat out/model.keras.* > model.keras` joins them. `--from model.keras` begins with the weights of a model, on whichever
machine it was trained. `--grow` doubles the size of that model; new stages fade in during the first half of `--images`.
"""

import logging
from dataclasses import replace
from pathlib import Path

import click

PIECE = 15 * 2**20


@click.command()
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--work", required=True, type=click.Path(path_type=Path), help="Where data, checkpoints and logs go.")
@click.option("--out", required=True, type=click.Path(path_type=Path), help="Where weights and pictures go.")
@click.option("--minutes", required=True, type=float, help="How long to train, compilation included.")
@click.option("--batch-size", default=64, show_default=True)
@click.option("--precision", default="bfloat16", show_default=True)
@click.option("--from", "start", type=click.Path(path_type=Path), help="A model to begin with.")
@click.option("--grow", is_flag=True, help="Double the size of the model of --from.")
@click.option("--recipe", default="celeba128", show_default=True, help="A recipe or a TOML file.")
@click.option("--images", type=int, help="The maximum number of photos to train on.  [default: no limit]")
def main(files, work, out, minutes, batch_size, precision, start, grow, recipe, images):
    """Trains on the packed data in FILES."""
    if grow and not images:
        raise click.UsageError("--grow needs --images: new stages fade in during the first half of them")
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    from pack import unpack

    from facegan.data.prepared import PreparedFaces
    from facegan.recipe import find_recipe
    from facegan.standard_attributes import STANDARD_NAMES
    from facegan.training.plan import Settings
    from facegan.training.run import train

    if not (work / "data").exists():
        unpack.callback(files, work / "data")
    chosen = replace(find_recipe(recipe), batch_size=batch_size)
    settings = Settings(chosen, STANDARD_NAMES, precision, seed=0, grow=grow)
    resume = (work / "run").exists()
    model, _ = train(
        PreparedFaces(work / "data"),
        settings,
        work / "run",
        images=images or 10**9,
        checkpoint_minutes=5,
        resume=resume,
        start=None if resume else start,
        minutes=minutes,
    )
    out.mkdir(parents=True, exist_ok=True)
    content = model.read_bytes()
    for number, begin in enumerate(range(0, len(content), PIECE)):
        (out / f"model.keras.{number:02d}").write_bytes(content[begin : begin + PIECE])
    _pictures(work / "run" / "logs", out)


def _pictures(logs, out):
    """Takes the last pictures out of TensorBoard's log."""
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    events = EventAccumulator(str(logs), size_guidance={"images": 1})
    events.Reload()
    for tag in events.Tags()["images"]:
        (out / f"{tag}.png").write_bytes(events.Images(tag)[-1].encoded_image_string)


if __name__ == "__main__":
    main()
