"""The protocol, held against editors whose right figures are known, and the command from end to end."""

import json
import shutil

import numpy as np
import pytest
from click.testing import CliRunner

import facegan
from facegan import identity
from facegan.attributes import Attributes
from facegan.cli import main
from facegan.data.prepared import PreparedFaces
from facegan.errors import FaceganError
from facegan.evaluation import judge as judges
from facegan.evaluation import judge_training, measurements
from facegan.evaluation.evaluate import DEFAULT_METRICS, evaluate
from facegan.evaluation.judge import Predictions
from facegan.evaluation.metrics import METRICS
from facegan.images import to_images
from facegan.provenance import read_provenance


class PredictsTheLabels:
    """A judge that is always right about the faces of a data set, and takes all others for black-haired young men."""

    def __init__(self, faces):
        self.columns, self.image_size = faces.columns, faces.size
        self.known = {face.tobytes(): row for face, row in zip(faces.faces, faces.labels.astype(float), strict=True)}
        self.unknown = np.array([float(name in ("Male", "Young", "Black_Hair")) for name in faces.columns])

    def classify(self, images):
        found = np.array([self.known.get(image.tobytes(), self.unknown) for image in images])
        features = np.random.default_rng(0).normal(size=(len(images), 4))
        return Predictions(found.reshape(-1, len(self.columns)), features)


class LooksUp:
    """Instead of editing, returns a face of the data set with the attributes; `works` selects edits by their text."""

    def __init__(self, faces, works):
        self.attributes = Attributes(available=faces.columns)
        self.size = faces.size
        self.faces = faces.faces
        self.vectors = self.attributes.select(faces.labels, faces.columns)
        self.known = {face.tobytes(): vector for face, vector in zip(self.faces, self.vectors, strict=True)}
        self.works = works
        self.calls = []

    def find(self, condition):
        return self.faces[int(np.abs(self.vectors - condition).sum(axis=1).argmin())]

    def edit(self, images, edit, strength=1.0):
        self.calls.append((str(edit), strength))
        if not self.works(str(edit)) or strength < 1:
            return images
        source = np.stack([self.known[image.tobytes()] for image in images])
        targets = self.attributes.apply(source, edit.wishes)
        return np.stack([self.find(target) for target in targets])

    def conditions_of(self, images):
        """Takes everybody for young."""
        return self.attributes.apply(np.stack([self.known[image.tobytes()] for image in images]), {"age": "young"})

    def generate_each(self, conditions, seed):
        return to_images(np.stack([self.find(condition) for condition in conditions]))

    def generate_with_conditions(self, edit, count, seed):
        random = np.random.default_rng(seed)
        conditions = self.vectors[random.integers(0, len(self.vectors), count)]
        conditions = self.attributes.apply(conditions, edit.wishes)
        return self.generate_each(conditions, seed), conditions


@pytest.fixture(autouse=True)
def few(monkeypatch):
    """Few descriptors: each takes dlib a tenth of a second."""
    monkeypatch.setattr(measurements, "MOST_DESCRIBED", 4)
    monkeypatch.setattr(measurements, "_CANDIDATES", 2)


def evaluated(faces, works, metrics=DEFAULT_METRICS):
    return evaluate(LooksUp(faces, works), faces, PredictsTheLabels(faces), metrics, limit=10)


def test_an_editor_that_does_nothing(drawn_faces):
    figures = evaluated(drawn_faces, lambda text: False).figures
    assert figures["edit_accuracy@1.0"] == figures["generated_edit_accuracy"] == figures["worst_edit_accuracy"] == 0
    assert figures["others_kept@1.0"] == figures["judge_accuracy"] == figures["judge_labels_right"] == 1
    assert figures["change_outside"] == 0
    assert figures["reconstruction_psnr"] == 60 and figures["reconstruction_ssim"] == pytest.approx(1)
    assert figures["identity_same_person"] == (1 if identity.available() else None)
    # Its generated faces are photos: as certainly faces as these, and some of them from the training split.
    assert figures["detected"] == pytest.approx(figures["detected_of_photos"], abs=0.5)
    if identity.available():
        assert figures["nearest_training_distance_smallest"] == pytest.approx(0, abs=1e-6)
        assert figures["nearest_training_distance"] < figures["nearest_training_distance_of_photos"]


EDITING = ("edit_accuracy@0.5", "edit_accuracy@1.0", "others_kept@1.0")


def test_an_editor_that_does_everything(drawn_faces):
    metrics = (*EDITING, "worst_edit_accuracy", "generation_accuracy", "change_outside", "judge_accuracy")
    report = evaluated(drawn_faces, lambda text: text, metrics)
    figures = report.figures
    assert tuple(figures) == metrics
    # Not every combination of attributes occurs among 240 faces, so the nearest one has to do now and then.
    assert figures["edit_accuracy@1.0"] > 0.9 and figures["edit_accuracy@0.5"] == 0
    accuracies = [row["edit_accuracy@1.0"] for row in report.edits.values()]
    assert figures["worst_edit_accuracy"] == np.nanmin(accuracies) > 0
    assert figures["others_kept@1.0"] > 0.8
    assert figures["generation_accuracy"] > 0.9
    assert figures["change_outside"] > 1
    assert all(row["judge_accuracy"] == 1 for row in report.edits.values() if not np.isnan(row["judge_accuracy"]))


def test_an_editor_that_only_puts_glasses_on(drawn_faces):
    report = evaluated(drawn_faces, lambda text: text == "glasses=1", (*EDITING, "worst_edit_accuracy"))
    assert report.edits["glasses=1"]["edit_accuracy@1.0"] > 0.9
    assert report.edits["glasses=0"]["edit_accuracy@1.0"] == report.figures["worst_edit_accuracy"] == 0
    # Half of one attribute of five.
    assert report.figures["edit_accuracy@1.0"] == pytest.approx(
        report.edits["glasses=1"]["edit_accuracy@1.0"] / 10, abs=1e-6
    )
    assert set(report.groups) == {"female", "male", "young", "old"}
    assert sum(report.groups[name]["faces"] for name in ("young", "old")) == len(drawn_faces.split("test"))


def test_the_source_is_found_by_the_model_and_counted_by_value(drawn_faces):
    report = evaluated(drawn_faces, lambda text: False, ("source_accuracy",))
    found = {wish: row["source_accuracy"] for wish, row in report.edits.items()}
    assert found.pop("age=old") == 0 and {value for value in found.values() if not np.isnan(value)} == {1.0}
    assert report.figures["source_accuracy"] == pytest.approx((4 + 0.5) / 5)


def test_figures_do_not_depend_on_the_order_of_metrics(drawn_faces):
    metrics = (*EDITING, "kid_judge", "diversity", "generation_accuracy")
    forwards, backwards = (evaluated(drawn_faces, lambda text: text, each) for each in (metrics, metrics[::-1]))
    assert forwards.figures == backwards.figures
    alone = evaluated(drawn_faces, lambda text: text, metrics[3:4])
    assert alone.figures == {"kid_judge": forwards.figures["kid_judge"]}


def test_an_edit_is_tried_once_however_many_metrics_need_it(drawn_faces):
    report = evaluated(drawn_faces, lambda text: text, (*EDITING, "worst_edit_accuracy", "change_outside"))
    calls = report.measurements.model.calls
    assert len(calls) == len(set(calls))


def joined(faces, unknown):
    """The drawn faces as two sources; of the second, no label of the columns `unknown` is known."""
    halves = PreparedFaces(faces.path)
    halves.origins, halves.sources = np.arange(len(faces), dtype="uint8") % 2, ("one", "other")
    where = np.ix_(halves.origins == 1, [faces.columns.index(column) for column in unknown])
    halves.known[where], halves.labels[where] = False, 0
    return halves


def test_the_judge_decides_where_a_label_is_unknown(drawn_faces):
    faces = joined(drawn_faces, ["Eyeglasses", "Black_Hair"])
    judge, metrics = PredictsTheLabels(drawn_faces), ("judge_accuracy", "judge_labels_right", "source_accuracy")
    report = evaluate(LooksUp(drawn_faces, lambda text: False), faces, judge, metrics, limit=10)
    measured, test = report.measurements, faces.split("test")
    whole = measured.attributes.select(drawn_faces.labels[test], drawn_faces.columns)
    assert (measured.real.conditions == whole).all()
    assert measured.known[:, 2].tolist() == measured.known[:, 4].tolist() == (faces.origins[test] == 0).tolist()
    # It is not held against itself.
    judge.known = {face: 1 - row for face, row in judge.known.items()}
    report = evaluate(LooksUp(drawn_faces, lambda text: False), faces, judge, metrics, limit=10)
    assert report.edits["glasses=1"]["judge_accuracy"] == report.edits["glasses=0"]["judge_accuracy"] == 0
    assert report.edits["glasses=1"]["source_accuracy"] == 1


def test_an_attribute_that_one_source_labels_is_measured_on_the_faces_of_the_other(drawn_faces):
    class EditsTheOther(LooksUp):
        def edit(self, images, edit, strength=1.0):
            mine = np.array([image.tobytes() in others for image in images])
            return np.where(mine[:, None, None, None], super().edit(images, edit, strength), images)

    faces = joined(drawn_faces, ["Eyeglasses"])
    others = {face.tobytes() for face in drawn_faces.faces[faces.origins == 1]}
    model = EditsTheOther(drawn_faces, lambda text: text.startswith("glasses"))
    report = evaluate(model, faces, PredictsTheLabels(drawn_faces), ("edit_accuracy@1.0", "kid_judge"))
    assert list(report.sources) == ["one", "other"]
    assert report.sources["one"]["edit_accuracy@1.0"] == 0
    assert report.sources["other"]["edit_accuracy@1.0"] > 0.9 / 5
    assert set(report.sources["one"]) == {"faces", "edit_accuracy@1.0"}
    assert sum(row["faces"] for row in report.sources.values()) == len(faces.split("test"))
    assert evaluated(drawn_faces, lambda text: False, ("edit_accuracy@1.0",)).sources == {}


def test_a_judge_that_does_not_fit_is_refused(drawn_faces):
    model, judge = LooksUp(drawn_faces, lambda text: text), PredictsTheLabels(drawn_faces)
    judge.image_size = 64
    with pytest.raises(FaceganError, match=r"the judge needs faces of 64 pixels, but .* has 32"):
        evaluate(model, drawn_faces, judge)
    judge.columns = judge.columns[1:]
    with pytest.raises(FaceganError, match="the judge does not predict Male"):
        evaluate(model, drawn_faces, judge)


def test_an_unknown_metric_is_named(drawn_faces):
    with pytest.raises(FaceganError, match="unknown metric 'kid_juge'; did you mean 'kid_judge'"):
        evaluated(drawn_faces, lambda text: text, ("kid_juge",))


def test_every_metric_has_a_protocol_and_only_downloads_are_left_out():
    assert all(len(metric.protocol) > 30 for metric in METRICS.values())
    assert set(METRICS) - set(DEFAULT_METRICS) == {"fid_inception"}


@pytest.fixture
def faces(drawn_faces, tmp_path, monkeypatch):
    """A copy of the drawn faces with an untrained judge."""
    monkeypatch.setattr(judges, "BACKBONE", "lite0")
    untrained = lambda faces: judges.Judge(faces.size, faces.columns, data=faces.info, input_size=32)
    monkeypatch.setattr(judge_training, "train_judge", untrained)
    return shutil.copytree(drawn_faces.path, tmp_path / "faces")


def test_the_command_writes_a_report_and_the_same_one_again(faces, model_file, tmp_path):
    info = json.loads((faces / "prepared.json").read_text())
    info["source"] |= {"sources": [info["source"] | {"name": name} for name in ("one", "other")]}
    (faces / "prepared.json").write_text(json.dumps(info))
    np.save(faces / "origins.npy", np.arange(240, dtype="uint8") % 2)

    def run(out, *options):
        return CliRunner().invoke(
            main, ["evaluate", str(model_file), str(faces), "--out", str(tmp_path / out), "--faces", "2", *options]
        )

    result = run("report", "--json")
    assert result.exit_code == 0, result.output
    found = json.loads(result.stdout)
    assert "edit_accuracy@1.0" in found["figures"] and set(found["sources"]) == {"one", "other"}
    report = tmp_path / "report"
    page = (report / "index.html").read_text()
    pictures = {path.name for path in report.glob("*.png")}
    assert len(pictures) == 6 and all(f'src="{name}"' in page for name in pictures)
    figures = json.loads((report / "figures.json").read_text())
    assert figures["subject"]["recipe"] == "tiny" and figures["figures"]["reconstruction_psnr"] > 0
    assert figures["sources"] == found["sources"]
    assert all(f"| {name} | " in (report / "figures.md").read_text() for name in ("glasses=1", "one", "other"))

    assert read_provenance(report / "edits.png")["command"] == "evaluate"

    before = {path.name: path.stat().st_mtime_ns for path in report.iterdir()}
    assert run("report").exit_code == 0
    assert json.loads((report / "figures.json").read_text()) == figures
    assert all(path.stat().st_mtime_ns > before[path.name] for path in report.iterdir())


@pytest.mark.parametrize("name", ["index.html", "figures.json", "figures.md", "ranked.png"])
def test_files_of_others_are_not_replaced(faces, model_file, tmp_path, name, monkeypatch):
    monkeypatch.setattr(judge_training, "train_judge", lambda faces: pytest.fail("before anything is measured"))
    for content in (b"<!doctype html>my own page", b"{}", b""):
        (tmp_path / name).write_bytes(content)
        with pytest.raises(FaceganError, match=f"{name}: it exists; choose another --out, or add --overwrite"):
            facegan.evaluate(model_file, faces, out=tmp_path)
        assert (tmp_path / name).read_bytes() == content
    assert [path.name for path in tmp_path.iterdir() if path.is_file()] == [name]


def test_overwrite_replaces_them(faces, model_file, tmp_path, monkeypatch):
    monkeypatch.setattr("facegan.evaluation.evaluate.DEFAULT_METRICS", ("reconstruction_psnr",))
    (tmp_path / "figures.json").write_text("{}")
    options = ("--out", str(tmp_path), "--faces", "2", "--overwrite")
    assert CliRunner().invoke(main, ["evaluate", str(model_file), str(faces), *options]).exit_code == 0
    assert "subject" in json.loads((tmp_path / "figures.json").read_text())


def test_data_that_do_not_fit_are_refused(model_file, tmp_path):
    runner = CliRunner()
    assert (
        runner.invoke(main, ["prepare", "drawn", str(tmp_path / "large"), "--size", "64", "--count", "20"]).exit_code
        == 0
    )
    result = runner.invoke(main, ["evaluate", str(model_file), str(tmp_path / "large")])
    assert result.exit_code == 2
    assert "has faces of 64 pixels, but the model's have 32" in result.output
    assert PreparedFaces(tmp_path / "large").size == 64
