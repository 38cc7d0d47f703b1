"""The studio without a browser: what a session shows, its commands make too."""

import shlex
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from facegan.attributes import Attributes
from facegan.edits import Edit
from facegan.errors import FaceganError
from facegan.inference import load
from facegan.provenance import NOTE, read_provenance
from facegan.studio.session import Session, Slider, to_edit, to_sliders


@pytest.fixture(scope="module")
def model(model_file):
    return load(model_file)


@pytest.fixture
def session(model, model_file):
    session = Session(model, model_file)
    session.generate("glasses=0", count=3, seed=5)
    session.pick(2)
    return session


@pytest.fixture(scope="module")
def two(tmp_path_factory):
    """A photo of two people."""
    from skimage.data import astronaut

    portrait = Image.fromarray(astronaut()).crop((80, 0, 380, 280))
    photo = Image.new("RGB", (550, 280))
    photo.paste(portrait.resize((200, 187)), (0, 0))
    photo.paste(portrait, (250, 0))
    path = tmp_path_factory.mktemp("photo") / "two people.png"
    photo.save(path)
    return path


def pixels(image):
    return np.asarray(image, "int16")


def saved(session):
    """The path of a session's picture, in the folder `downloads`."""
    name, content = session.file()
    path = Path("downloads", name)
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(content)
    return path


def assert_same(path, other):
    """Same name, pixels and provenance."""
    path = Path(path)
    assert path.name == other.name and read_provenance(path) == read_provenance(other)
    assert (pixels(Image.open(path)) == pixels(Image.open(other))).all()


def run(facegan, command):
    program, *arguments = shlex.split(command, comments=True)
    assert program == "facegan"
    code, _, err = facegan(*arguments)
    assert code == 0, err


@pytest.mark.parametrize(
    "edit",
    [
        Edit(),
        Edit({"glasses": "1"}),
        Edit({"glasses": "0", "hair": "gray"}, strengths={"glasses": 0.3, "hair": -1.5}),
        Edit({"gender": "female", "age": "young", "hair": "brown"}, strengths={"age": 2.0}),
    ],
)
def test_sliders_and_edits_are_the_same(edit):
    attributes = Attributes()
    assert to_edit(attributes, to_sliders(attributes, edit)) == edit
    assert Edit.parse(attributes, str(edit)) == edit


def test_the_command_makes_the_generated_face(facegan, session, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    run(facegan, session.command)
    assert_same("faces/face-2.png", saved(session))
    session.slide("hair", Slider(1.7, "gray"))
    session.slide("glasses", Slider(0.6))
    run(facegan, session.command)
    assert session.command.endswith("  # faces/face-2-step-1.png")
    assert_same("faces/face-2-step-1.png", saved(session))
    assert (pixels(Image.open("faces/face-2.png")) != pixels(Image.open("faces/face-2-step-1.png"))).any()


@pytest.mark.parametrize("which", [1, 2, "all"])
def test_the_command_makes_the_edited_photo(facegan, model, model_file, two, which, tmp_path, monkeypatch):
    session = Session(model, model_file)
    session.open(two, two.name)
    assert len(session.photo_faces()) == 2 and session.command == "" and NOTE.encode() not in session.file()[1]
    session.choose_face(which)
    # Against what the model takes the faces for, so that there is a change.
    for index, other in enumerate(session.step.subject.source_conditions(model, Edit())[0][:3]):
        session.slide(model.attributes.names[index], Slider(-1.8 if other else 1.8))
    monkeypatch.chdir(tmp_path)
    (tmp_path / two.name).write_bytes(two.read_bytes())
    run(facegan, session.command)
    assert_same("two people-edited.png", saved(session))
    changed = (pixels(Image.open("two people-edited.png")) != pixels(Image.open(two))).any(axis=(0, 2))
    assert (changed[:225].any(), changed[225:].any()) == (which in (2, "all"), which in (1, "all"))
    assert NOTE.encode() in session.file()[1]


def test_the_command_makes_the_edited_aligned_face(facegan, model, model_file, two, tmp_path, monkeypatch):
    session = Session(model, model_file)
    session.open(two, two.name)
    session.step.subject.faces[0].alignment.crop(Image.open(two), 200).save(tmp_path / "face.png")
    session.open(tmp_path / "face.png", "face.png")
    assert session.step.subject.is_face and len(session.photo_faces()) == 1
    session.slide("hair", Slider(2, "gray"))
    monkeypatch.chdir(tmp_path)
    run(facegan, session.command)
    assert_same("edited/face.png", saved(session))


def test_a_large_photo_is_shown_small_with_the_same_change(model, two, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    session = Session(model)
    session.open(Image.open(two).resize((1650, 840)), "large.png")
    session.slide("hair", Slider(2, "black"))
    before, after = session.before_and_after()
    assert before.size == after.size == (800, 407)
    reduced = Image.open(saved(session)).resize(after.size, Image.Resampling.BOX)
    change = pixels(after) - pixels(before)
    assert abs(change).max() > 20 and abs(pixels(after) - pixels(reduced)).mean() < 2


def test_one_slider_is_one_step_and_undo_leads_back(session):
    for position in (0.2, 0.7, 1.1):
        session.slide("glasses", Slider(position))
    session.slide("age", Slider(-1))
    edits = [step.edit.wishes for step in session.steps]
    assert edits == [{}, {"glasses": "1"}, {"glasses": "1", "age": "old"}]
    assert session.describe(session.steps[1]) == "glasses 1.1"
    session.undo()
    assert session.sliders["age"].position == 0 and session.sliders["glasses"].position == 1.1
    session.slide("glasses", Slider(1.5))
    assert len(session.steps) == 4, "after undo, a movement is a step of its own"
    session.undo()
    session.undo()
    session.undo()
    assert session.step.edit == Edit() and session.now == 0
    session.slide("glasses", Slider(1))
    session.settle()
    session.slide("glasses", Slider(2))
    assert len(session.steps) == 6


def test_branching_leaves_the_other_branch(session):
    session.slide("glasses", Slider(1))
    session.slide("age", Slider(-1))
    session.go(1)
    session.say("把头发变成黑色")
    assert set(session.step.edit.wishes) == {"glasses", "hair"} and session.step.parent == 1
    assert set(session.steps[2].edit.wishes) == {"glasses", "age"}
    session.go(2)
    assert set(session.step.edit.wishes) == {"glasses", "age"}
    session.undo()
    assert session.now == 1


def test_sentences(session):
    remarks = session.generate("age=young", "戴眼镜的金发女性", 2, 3)
    assert remarks == ["understood: glasses, blond hair, female"]
    assert session.faces[0].wished.wishes == {"glasses": "1", "hair": "blond", "gender": "female", "age": "young"}
    assert session.say("take off the glasses and the hat") == ["understood: no glasses", "not understood: hat"]
    assert session.sliders["glasses"].position == -1
    with pytest.raises(FaceganError, match="names no attribute"):
        session.say("hello")
    with pytest.raises(FaceganError, match="cannot be both"):
        session.generate("hair=black", "blond hair")


def test_what_cannot_be_done_leaves_everything_as_it_was(model, tmp_path):
    session = Session(model)
    with pytest.raises(FaceganError, match="no image yet"):
        session.slide("glasses", Slider(1))
    (tmp_path / "text.png").write_text("no image")
    with pytest.raises(FaceganError, match="not an image"):
        session.open(tmp_path / "text.png", "text.png")
    with pytest.raises(FaceganError, match=r"no face found in wall\.png"):
        session.open(Image.new("RGB", (200, 100), "gray"), "wall.png")
    with pytest.raises(FaceganError, match="1 to 32 faces"):
        session.generate(count=99)
    session.generate()
    session.pick(1)
    with pytest.raises(FaceganError, match="from -2 to 2"):
        session.slide("glasses", Slider(float("nan")))
    with pytest.raises(FaceganError, match="no photo"):
        session.choose_face("all")
    assert len(session.steps) == 1
    session.undo()
    assert session.now == 0
