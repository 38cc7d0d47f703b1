"""The model that `make demo` trains edits drawn faces as asked.

No network judges it: an edit is right if the requested one of all drawings of that face is nearest to the result.
"""

import os
from dataclasses import replace
from pathlib import Path

import keras
import numpy as np
import pytest

import facegan
from facegan.data.drawn import ATTRIBUTES, SKIN_TONES, draw, face_at

MODEL = Path(__file__).parents[1] / "demo" / "run" / "model.keras"
COUNT = 200
UNSEEN_SEED = 1
SIZE = 64

AS_IT_IS = [{}]
ANY_TONE = [{"skin_tone": (index + 0.5) / len(SKIN_TONES)} for index in range(len(SKIN_TONES))]

pytestmark = pytest.mark.skipif(
    not MODEL.exists() and "CI" not in os.environ, reason="trained by `make demo` and by `make test`"
)


@pytest.fixture(scope="module")
def model():
    keras.config.set_dtype_policy("float32")
    return facegan.load(MODEL)


@pytest.fixture(scope="module")
def faces():
    return [face_at(UNSEEN_SEED, index) for index in range(COUNT)]


def other_value(face, attribute, index):
    """Another value than the face has; in turn, where there are several."""
    others = [value for value in attribute.values if value != getattr(face, attribute.name)]
    return others[index % len(others)]


def neighbours(face):
    """The face, and every face that differs from it in one attribute."""
    changed = [
        replace(face, **{attribute.name: value})
        for attribute in ATTRIBUTES.items
        for value in attribute.values
        if value != getattr(face, attribute.name)
    ]
    return [face, *changed]


def drawings(face, unknown):
    """The possible drawings of a face: a pale face does not determine its other skin tone, so any tone is right."""
    return [np.asarray(draw(face, SIZE, **traits), "float32") for traits in unknown]


def comes_nearest(picture, face, target):
    """Whether the drawing of `target` is nearer to an edited image of `face` than its neighbours are."""
    picture = np.asarray(picture, "float32")
    unknown = ANY_TONE if (face.skin, target.skin) == ("1", "0") else AS_IT_IS
    distances = [
        min(np.mean((picture - drawing) ** 2) for drawing in drawings(candidate, unknown))
        for candidate in neighbours(target)
    ]
    return int(np.argmin(distances)) == 0


def right_edits(model, faces, name):
    """How many edits of an attribute come nearest to what was requested."""
    attribute = ATTRIBUTES.find(name)
    targets = [replace(face, **{name: other_value(face, attribute, index)}) for index, face in enumerate(faces)]
    right = 0
    for value in attribute.values:
        pairs = [pair for pair in zip(faces, targets, strict=True) if getattr(pair[1], name) == value]
        # The model predicts the source attributes itself.
        pictures = model.edit([draw(face, SIZE) for face, _ in pairs], {name: value})
        right += sum(comes_nearest(picture, *pair) for picture, pair in zip(pictures, pairs, strict=True))
    return right


@pytest.mark.parametrize("name", ["glasses", "hair", "skin"])
def test_nine_of_ten_edits_are_nearest_to_the_requested_drawing(model, faces, name):
    right = right_edits(model, faces, name)
    print(f"{name}: {right} of {COUNT} edits right")
    assert right >= 0.9 * COUNT


def test_an_edit_preserves_the_rest_of_the_image(model, faces):
    """Where the drawings with and without glasses are equal, the edited image hardly changes."""
    changes = []
    for face in faces[:50]:
        other = replace(face, glasses="1" if face.glasses == "0" else "0")
        before, after = (np.asarray(draw(which, SIZE), "float32") for which in (face, other))
        edited = np.asarray(model.edit(draw(face, SIZE), {"glasses": other.glasses}), "float32")
        same = np.all(before == after, axis=-1)
        changes.append(np.abs(edited - before)[same].mean())
    assert np.mean(changes) < 8.0  # of 255
