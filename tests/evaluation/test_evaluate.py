"""The protocol, held against editors whose right figures are known, and the command from end to end."""

import json
import shutil

import numpy as np
import pytest
from click.testing import CliRunner

from facegan.attributes import Attributes
from facegan.cli import main
from facegan.data.prepared import PreparedFaces
from facegan.evaluation import identity
from facegan.evaluation import judge as judges
from facegan.evaluation.evaluate import Evaluation
from facegan.images import to_images


class SeesTheLabels:
    """A judge that is always right about the faces of a data set, and takes all others for black-haired young men."""

    def __init__(self, faces):
        self.columns = faces.columns
        self.known = {face.tobytes(): row for face, row in zip(faces.faces, faces.labels.astype(float))}
        self.unknown = np.array([float(name in ("Male", "Young", "Black_Hair")) for name in faces.columns])

    def see(self, images):
        seen = np.array([self.known.get(image.tobytes(), self.unknown) for image in images])
        return seen.reshape(-1, len(self.columns)), np.random.default_rng(0).normal(size=(len(images), 4))


class LooksUp:
    """Instead of painting, gives back a face of the data set that has the attributes; `works` says for which wishes."""

    def __init__(self, faces, works):
        self.attributes = Attributes(available=faces.columns)
        self.size = faces.size
        self.faces = faces.faces
        self.vectors = self.attributes.select(faces.labels, faces.columns)
        self.works = works

    def find(self, condition):
        return self.faces[int(np.abs(self.vectors - condition).sum(axis=1).argmin())]

    def edit(self, images, wishes, strength=1.0, source=None):
        if not self.works(wishes) or strength < 1:
            return images
        targets = self.attributes.apply(source, self.attributes.parse(wishes))
        return np.stack([self.find(target) for target in targets])

    def conditions_of(self, images):
        """Takes everybody for young."""
        known = {face.tobytes(): vector for face, vector in zip(self.faces, self.vectors)}
        return self.attributes.apply(np.stack([known[image.tobytes()] for image in images]), {"age": "young"})

    def generate_each(self, conditions, seed):
        return to_images(np.stack([self.find(condition) for condition in conditions]))

    def generate_with_conditions(self, wish, count, seed):
        random = np.random.default_rng(seed)
        conditions = self.vectors[random.integers(0, len(self.vectors), count)]
        conditions = self.attributes.apply(conditions, self.attributes.parse(wish))
        return self.generate_each(conditions, seed), conditions


def evaluated(faces, works):
    return Evaluation(LooksUp(faces, works), faces, SeesTheLabels(faces), limit=10)


def test_an_editor_that_does_nothing(drawn_faces):
    figures = evaluated(drawn_faces, lambda wishes: False).figures
    assert figures["edit_accuracy@1.0"] == figures["generated_edit_accuracy@1.0"] == 0
    assert figures["edit_preservation@1.0"] == 1
    # This judge knows no face but those of the data set.
    assert 0 < figures["judge_preservation"] < 1
    assert figures["change_outside"] == 0
    assert figures["reconstruction_psnr"] == 60 and figures["reconstruction_ssim"] == pytest.approx(1)
    assert figures["identity_same_person"] == (1 if identity.available() else None)


def test_an_editor_that_does_all_it_is_asked(drawn_faces):
    evaluation = evaluated(drawn_faces, lambda wishes: wishes)
    figures = evaluation.figures
    # Not all combinations of attributes are among 240 faces, so the nearest has to do now and then.
    assert figures["edit_accuracy@1.0"] > 0.9 and figures["edit_accuracy@0.5"] == 0
    assert figures["edit_preservation@1.0"] > 0.8
    assert figures["generation_accuracy"] > 0.9
    assert figures["change_outside"] > 1
    assert all(row["judge"] == 1 for row in evaluation.edits.values() if not np.isnan(row["judge"]))


def test_an_editor_that_only_puts_glasses_on(drawn_faces):
    evaluation = evaluated(drawn_faces, lambda wishes: wishes == "glasses=1")
    assert evaluation.edits["glasses=1"]["edit_accuracy@1.0"] > 0.9
    assert evaluation.edits["glasses=0"]["edit_accuracy@1.0"] == 0
    # Half of one attribute of five.
    assert evaluation.figures["edit_accuracy@1.0"] == pytest.approx(
        evaluation.edits["glasses=1"]["edit_accuracy@1.0"] / 10, abs=1e-6
    )
    assert set(evaluation.groups) == {"female", "male", "young", "old"}
    assert sum(evaluation.groups[name]["faces"] for name in ("young", "old")) == len(drawn_faces.part("test"))


def test_what_the_model_finds_by_itself_is_counted_by_value(drawn_faces):
    evaluation = evaluated(drawn_faces, lambda wishes: False)
    found = {wish: row["attributes_found"] for wish, row in evaluation.edits.items() if not np.isnan(row["attributes_found"])}
    assert found.pop("age=old") == 0 and set(found.values()) == {1.0}
    assert evaluation.figures["attributes_found"] == pytest.approx((4 + 0.5) / 5)


@pytest.fixture
def faces(drawn_faces, tmp_path, monkeypatch):
    """A copy of the drawn faces, whose judge is trained in a moment."""
    train = judges.train_judge
    monkeypatch.setattr(judges, "train_judge", lambda faces: train(faces, images=128))
    return shutil.copytree(drawn_faces.path, tmp_path / "faces")


@pytest.mark.usefixtures("eagerly")
def test_the_command_writes_a_report_and_the_same_one_again(faces, model_file, tmp_path):
    run = lambda out: CliRunner().invoke(
        main, ["evaluate", str(model_file), str(faces), "--out", str(tmp_path / out), "--faces", "3"]
    )
    result = run("report")
    assert result.exit_code == 0, result.output
    assert "edit_accuracy@1.0" in result.output
    report = tmp_path / "report"
    page = (report / "index.html").read_text()
    pictures = {path.name for path in report.glob("*.png")}
    assert len(pictures) == 6 and all(f'src="{name}"' in page for name in pictures)
    figures = json.loads((report / "figures.json").read_text())
    assert figures["subject"]["preset"] == "tiny" and figures["figures"]["reconstruction_psnr"] > 0
    assert "| glasses=1 | " in (report / "figures.md").read_text()

    assert run("again").exit_code == 0
    assert json.loads((tmp_path / "again" / "figures.json").read_text()) == figures


def test_data_that_do_not_fit_are_refused(model_file, tmp_path):
    runner = CliRunner()
    assert runner.invoke(main, ["prepare", "drawn", str(tmp_path / "large"), "--size", "64", "--count", "20"]).exit_code == 0
    result = runner.invoke(main, ["evaluate", str(model_file), str(tmp_path / "large")])
    assert result.exit_code == 2
    assert "has faces of 64 pixels, but the model's have 32" in result.output
    assert PreparedFaces(tmp_path / "large").size == 64
