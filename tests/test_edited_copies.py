"""`facegan augment`: edited copies of drawn faces."""

import json

import numpy as np

from facegan.data.prepared import PreparedFaces


def test_copies_are_of_training_faces_edited_and_marked(facegan, drawn_faces, model_file, tmp_path):
    out = tmp_path / "more"
    asked = ("augment", drawn_faces.path, out, "--set", "glasses=1", "--share", "0.1", "--model", model_file)
    code, printed, err = facegan(*asked, "--json")
    assert code == 0, err
    more, count = PreparedFaces(out), len(drawn_faces)
    copies = np.arange(count, len(more))
    assert json.loads(printed)["copies"] == len(copies) == round(0.1 * len(drawn_faces.split("train")))

    assert np.array_equal(more.faces[:count], drawn_faces.faces) and more.names[:count] == drawn_faces.names
    for split in ("train", "validation", "test"):
        own = more.split(split)
        assert np.array_equal(own[own < count], drawn_faces.split(split))
    assert set(copies) <= set(more.split("train"))
    assert more.sources == ("drawn faces", "edited glasses=1")
    assert (more.origins == (np.arange(len(more)) >= count)).all()

    originals = [drawn_faces.names.index(more.names[copy].removeprefix("edited glasses=1/")) for copy in copies]
    glasses = more.columns.index("Eyeglasses")
    assert (more.labels[copies, glasses] == 1).all() and (drawn_faces.labels[originals, glasses] == 0).all()
    others = np.arange(len(more.columns)) != glasses
    assert np.array_equal(more.labels[copies][:, others], drawn_faces.labels[originals][:, others])
    # Every copy differs from its original, even one that the model takes to have glasses already.
    assert (more.faces[copies] != drawn_faces.faces[originals]).any(axis=(1, 2, 3)).all()

    code, _, err = facegan("augment", out, tmp_path / "again", "--set", "glasses=1", "--model", model_file)
    assert code == 2 and "already contains copies edited with glasses=1" in err


def test_bad_input_is_answered_in_a_line(facegan, drawn_faces, model_file, tmp_path):
    data, out = drawn_faces.path, tmp_path / "more"
    for arguments, message in (
        ((tmp_path, out, "--set", "glasses=1"), "is not a prepared data set"),
        ((data, out, "--set", "beard=1"), "unknown attribute"),
        ((data, out, "--set", "glasses=1", "--share", "0"), "--share"),
        ((data, out, "--set", "glasses=1", "--share", "0.0001"), "no training face"),
        ((data, out, "--set", "glasses=1", "--model", "celeba128"), "of 128 pixels"),
        ((data, data, "--set", "glasses=1"), "already prepared"),
    ):
        model = () if "--model" in arguments else ("--model", model_file)
        code, printed, err = facegan("augment", *arguments, *model)
        assert (code, printed) == (2, "") and message in err.splitlines()[-1], (arguments, err)
    assert not out.exists()
