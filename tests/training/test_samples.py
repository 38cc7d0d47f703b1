"""Sample images: every photo with every edit, in its place."""

import numpy as np
import pytest

from facegan.training import samples
from facegan.training.run import build_networks


@pytest.mark.usefixtures("eagerly")
def test_each_row_is_a_photo_and_its_edits(drawn_faces, small_settings, monkeypatch):
    rows = []
    monkeypatch.setattr(samples, "sheet", lambda images, column_labels: rows.extend([column_labels, *images]))
    shown = samples.Samples(build_networks(drawn_faces, small_settings("tiny")), drawn_faces, seed=0)
    # Instead of an edit, each of whose pixels would depend on all others: the photo, and two columns of the request.
    columns = [shown.attributes.columns.index(name) for name in ("Eyeglasses", "Gray_Hair")]

    def edit(photos, source, target):
        changed = np.array(photos)
        changed[:, 0, 0, :2] = (target - source)[:, columns]
        return changed

    monkeypatch.setattr(shown.networks, "edit", edit)
    shown.edited()
    labels, *rows = rows
    assert labels[0] == "photo" and len(rows) == len(shown.photos) > 1
    for photo, source, (first, *edits) in zip(shown.photos, shown.labels, rows, strict=True):
        assert (np.asarray(first) == photo).all()
        assert len(edits) == len(labels) - 1 == len(shown.wishes)
        for wish, image in zip(shown.wishes, edits, strict=True):
            target = shown.attributes.apply(source[None], wish)[0]
            found = np.asarray(image)
            assert found[0, 0, :2].tolist() == np.rint(((target - source)[columns] + 1) * 127.5).tolist()
            assert (found[1:] == photo[1:]).all()
