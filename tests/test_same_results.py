"""The same input gives the same output: again, in another process, batch, order, thread or backend."""

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import keras
import numpy as np
import pytest

import facegan
from facegan import inference

WISH = "glasses=1, hair=black"

# In another process: edits and generates as `results` does.
OTHER = """
import sys, numpy as np, facegan
model, faces, out = sys.argv[1:]
model, faces = facegan.load(model, "float32"), np.load(faces)
np.savez(out, edited=model.edit(faces, "glasses=1, hair=black"), generated=np.stack(model.generate(count=4, seed=3)))
"""


@pytest.fixture(scope="module")
def model(model_file):
    return facegan.load(model_file, "float32")


@pytest.fixture(scope="module")
def faces(drawn_faces):
    return np.array(drawn_faces.faces[:10])


@pytest.fixture(scope="module")
def results(model, faces):
    return {"edited": model.edit(faces, WISH), "generated": np.stack(model.generate(count=4, seed=3))}


def difference(first, second):
    return np.abs(np.asarray(first, "int16") - second).max()


def test_again(model, faces, results):
    assert (model.edit(faces, WISH) == results["edited"]).all()
    assert (np.stack(model.generate(count=4, seed=3)) == results["generated"]).all()


@pytest.mark.parametrize("backend", ["tensorflow", "jax"])
def test_in_another_process(model_file, faces, results, tmp_path, backend):
    np.save(tmp_path / "faces.npy", faces)
    arguments = [str(model_file), str(tmp_path / "faces.npy"), str(tmp_path / "out.npz")]
    environment = os.environ | {"KERAS_BACKEND": backend}
    subprocess.run([sys.executable, "-c", OTHER, *arguments], env=environment, check=True)
    allowed = 0 if backend == keras.backend.backend() else 2
    with np.load(tmp_path / "out.npz") as other:
        assert all(difference(other[name], array) <= allowed for name, array in results.items())


def test_in_another_order(model, faces, results):
    order = np.random.default_rng(0).permutation(len(faces))
    assert difference(model.edit(faces[order], WISH), results["edited"][order]) <= 1


@pytest.mark.parametrize("size", [1, 3])
def test_in_other_batches(model, faces, results, monkeypatch, size):
    monkeypatch.setattr(inference, "BATCH", size)
    assert difference(model.edit(faces, WISH), results["edited"]) <= 1


def test_in_eight_threads(model_file, faces):
    """Of a model that has compiled nothing yet."""
    model = facegan.load(model_file, "float32")
    work = [*range(len(faces))] * 3
    with ThreadPoolExecutor(8) as pool:
        edited = list(pool.map(lambda index: model.edit(faces[index], WISH), work))
    assert all((edit == model.edit(faces[index], WISH)).all() for index, edit in zip(work, edited))
