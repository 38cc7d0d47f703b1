"""Trains `tiny` on the demo's faces in float32 and in bfloat16, with several seeds, and counts correct edits.

make demo
python experiments/demo/precision.py demo/faces --work work --seeds 2
"""

import subprocess
import sys
from pathlib import Path

import click

sys.path.insert(0, str(Path(__file__).parents[2] / "tests"))


@click.command()
@click.argument("faces", type=click.Path(path_type=Path, exists=True))
@click.option("--work", required=True, type=click.Path(path_type=Path), help="The folder for the runs.")
@click.option("--seeds", default=2, show_default=True)
def main(faces, work, seeds):
    """Trains on FACES, prepared by `make demo`."""
    for precision in ("float32", "bfloat16"):
        for seed in range(seeds):
            run = work / f"{precision}-{seed}"
            options = ["--recipe", "tiny", "--precision", precision, "--seed", str(seed), "--out", str(run), "--quiet"]
            subprocess.run([sys.executable, "-m", "facegan", "train", str(faces), *options], check=True)
            counts = {name: _right(run, name) for name in ("glasses", "hair", "skin")}
            print(f"| {precision} | {seed} | {' | '.join(str(count) for count in counts.values())} |", flush=True)


def _right(run, name):
    """The number of correct edits among the 200 faces of the demo's test."""
    from test_demo import COUNT, UNSEEN_SEED, right_edits

    import facegan
    from facegan.data.drawn import face_at

    faces = [face_at(UNSEEN_SEED, index) for index in range(COUNT)]
    return right_edits(facegan.load(run, precision="float32"), faces, name)


if __name__ == "__main__":
    main()
