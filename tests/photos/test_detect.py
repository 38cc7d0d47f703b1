"""The faces that are found are those that the package `mtcnn` finds, with TensorFlow and its own code."""

import numpy as np
import pytest
from PIL import Image

import facegan
from facegan.photos import detect
from facegan.photos.detect import LANDMARKS, find_faces

# As a share of the distance of the eyes: `mtcnn` cuts faces out up to a pixel off, and rounds what it finds.
LARGEST_DIFFERENCE = 0.2


@pytest.fixture(scope="module")
def mtcnn():
    return pytest.importorskip("mtcnn", reason="without the package to compare with: pip install mtcnn").MTCNN()


@pytest.fixture(scope="module")
def group():
    """Twelve generated faces in one picture."""
    faces = facegan.load().generate(count=12, seed=1)
    picture = Image.new("RGB", (4 * 150, 3 * 150), "gray")
    for index, face in enumerate(faces):
        picture.paste(face, (index % 4 * 150 + 10, index // 4 * 150 + 10))
    return picture


@pytest.mark.parametrize("which", ["group", "large group", "astronaut", "turned", "small"])
def test_the_same_faces_are_found(which, mtcnn, group, astronaut, turned):
    picture = {
        "group": group,
        # Beyond the largest that is searched as it is.
        "large group": group.resize((1400, 1050)),
        "astronaut": astronaut,
        "turned": turned(20, 1.0)[0],
        "small": astronaut.resize((160, 160)),
    }[which]
    reduction = max(1.0, min(picture.size) / detect.SHORTER_SIDE)
    reduced = picture.resize([round(side / reduction) for side in picture.size], Image.Resampling.BOX)
    limits = {"threshold_pnet": detect.PROPOSED, "threshold_rnet": detect.REFINED, "threshold_onet": detect.ACCEPTED}
    expected = mtcnn.detect_faces(np.asarray(reduced), **limits)
    found = find_faces(picture)
    certain = [face for face in expected if face["confidence"] > 0.9]
    assert len(certain) >= (11 if "group" in which else 1)
    for face in certain:
        points = np.array([face["keypoints"][name] for name in LANDMARKS]) * reduction
        eyes = np.linalg.norm(points[0] - points[1])
        differences = [np.abs(each.landmarks - points).max() / eyes for each in found]
        assert min(differences) < LARGEST_DIFFERENCE
        nearest = found[int(np.argmin(differences))]
        assert nearest.confidence == pytest.approx(face["confidence"], abs=0.1)
        assert nearest.box == pytest.approx(np.array(face["box"]) * reduction, abs=0.3 * eyes + 2)
    # Nor are there others of which it is certain.
    assert sum(face.confidence > 0.9 for face in found) <= sum(face["confidence"] > 0.8 for face in expected)


def test_the_largest_face_comes_first_and_boxes_lie_within_the_picture(group):
    wide = Image.new("RGB", (900, 500))
    wide.paste(group.crop((0, 0, 150, 150)), (0, 0))
    wide.paste(group.crop((150, 0, 300, 150)).resize((400, 400)), (500, 100))
    first, second = find_faces(wide)[:2]
    assert first.box[0] > 450 > second.box[0] and first.box[2] > 2 * second.box[2]
    for left, top, width, height in (first.box, second.box):
        assert 0 <= left < left + width <= 900 and 0 <= top < top + height <= 500
    assert first.confidence > 0.9


@pytest.mark.parametrize("size", [(19, 300), (20, 20), (24, 40), (500, 25)])
def test_small_and_empty_pictures_have_no_face(size):
    assert find_faces(Image.new("RGB", size, "teal")) == []
