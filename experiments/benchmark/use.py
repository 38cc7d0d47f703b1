"""Speed of a model in use, of data and of starting: `python experiments/benchmark/use.py`.

A model of the paper's size with random weights; speed does not depend on what they are.
"""

import dataclasses
import os
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import click

FACES = 1000
SIZE = 128


def best_of(action, rounds=7):
    """Seconds of the fastest of some rounds, after one that does not count."""
    action()
    times = []
    for _ in range(rounds):
        start = time.perf_counter()
        action()
        times.append(time.perf_counter() - start)
    return min(times)


def command_seconds(*command):
    return best_of(lambda: subprocess.run(command, check=True, capture_output=True), rounds=3)


@click.command()
@click.option("--recipe", "name", default="paper", show_default=True)
def main(name):
    from facegan.memory import keep_memory

    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    # As all commands that compute.
    keep_memory()
    facegan = (sys.executable, "-m", "facegan")
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        faces, model_file = Path(folder) / "faces", Path(folder) / "model.keras"
        prepare = [*facegan, "prepare", "drawn", str(faces), "--size", str(SIZE), "--count", str(FACES)]
        start = time.perf_counter()
        subprocess.run(prepare, check=True, capture_output=True)
        rows.append(("drawing and preparing faces", f"{FACES / (time.perf_counter() - start):.0f} faces/s"))

        rows += measure_networks(name, faces, model_file)

        framework = command_seconds(sys.executable, "-c", "import keras")
        out = str(Path(folder) / "face.png")
        picture = [*facegan, "generate", "--model", str(model_file), "--count", "1", "--out", out]
        first = command_seconds(*picture)
        rows += [
            ("`facegan --help`", f"{command_seconds(*facegan, '--help'):.2f} s"),
            ("import of Keras and its backend alone", f"{framework:.2f} s"),
            ("from a cold start to the first picture on disk", f"{first:.2f} s"),
            ("... without that import", f"{first - framework:.2f} s"),
        ]
    click.echo(f"\n| {name}, {SIZE} pixels, {os.cpu_count()} cores | |\n|---|---|")
    for what, value in rows:
        click.echo(f"| {what} | {value} |")


def measure_networks(name, faces, model_file):
    import keras

    from facegan.data.prepared import PreparedFaces
    from facegan.inference import load
    from facegan.models.precision import choose_precision
    from facegan.models.saving import save_model
    from facegan.recipe import find_recipe
    from facegan.standard_attributes import STANDARD_NAMES
    from facegan.training.batches import BatchSource
    from facegan.training.plan import Settings
    from facegan.training.run import build_networks

    data = PreparedFaces(faces)
    settings = Settings(dataclasses.replace(find_recipe(name), batch_size=32), STANDARD_NAMES, "float32", 0)
    save_model(build_networks(data, settings), model_file)
    keras.backend.clear_session()
    start = time.perf_counter()
    model = load(model_file)
    loading = time.perf_counter() - start

    pictures = model.generate(count=64, seed=0)
    now = "female, young, glasses=0, skin=0, hair=black"
    many = [
        ("generating", lambda count: model.generate("male", count=count, seed=1)),
        ("editing, source attributes given", lambda count: model.edit(pictures[:count], "glasses=1", source=now)),
        ("editing, source attributes predicted", lambda count: model.edit(pictures[:count], "glasses=1")),
    ]
    rows = [("loading the model", f"{loading:.2f} s"), ("computed in", choose_precision("auto"))]
    for what, make in many:
        rows.append((f"{what}: one face", f"{1e3 * best_of(partial(make, 1)):.0f} ms"))
        rows.append((f"{what}: 64 faces", f"{64 / best_of(partial(make, 64), 3):.0f} faces/s"))

    batch = 64
    source = BatchSource(data, data.split("train"), model.attributes, settings.recipe, batch, 0)
    for threads in (1, 2):
        with ThreadPoolExecutor(threads) as pool:
            reading = best_of(lambda pool=pool: list(pool.map(source.at, range(20))))
        rows.append((f"reading batches of {batch} in {threads} threads", f"{20 * batch / reading:.0f} faces/s"))
    return rows


if __name__ == "__main__":
    main()
