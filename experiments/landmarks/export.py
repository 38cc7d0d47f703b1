"""Exports the graphs that detect faces in photos: `facegan/photos/*.onnx`.

    pip install mtcnn
    python experiments/landmarks/export.py

Three of them are MTCNN's networks, with the weights of the package `mtcnn` (MIT licence); the fourth is
`landmarks.keras`, which `train.py` trains. The metadata of each file states the origin of its weights.
"""

from pathlib import Path

import keras
from mtcnn import MTCNN

import facegan.photos.landmarks as photos
from facegan.exporting import onnx
from facegan.exporting.program import Program

OUT = Path(photos.__file__).parent
MTCNN_OUTPUTS = {
    "pnet": (None, ("boxes", "scores")),
    "rnet": (24, ("boxes", "scores")),
    "onet": (48, ("boxes", "landmarks", "scores")),
}


def main():
    origin = "MTCNN (Zhang et al. 2016), with the weights of the Python package mtcnn; MIT licence"
    for stage, (name, (side, outputs)) in zip(MTCNN().stages, MTCNN_OUTPUTS.items(), strict=True):
        write(name, stage.model, side, outputs, origin)
    network = keras.saving.load_model(Path(__file__).with_name("landmarks.keras"), compile=False)
    write("landmarks", network, photos.SIZE, ("landmarks",), "facegan, experiments/landmarks; MIT licence")


def write(name, network, side, outputs, origin):
    program = Program(network, lambda images: network(images), {"images": (side, side, 3)}, outputs)
    content = onnx.convert(program, {"network": name, "origin": origin}, half=True)
    (OUT / f"{name}.onnx").write_bytes(content)
    print(f"{name}: {len(content) / 1e6:.2f} MB")


if __name__ == "__main__":
    main()
