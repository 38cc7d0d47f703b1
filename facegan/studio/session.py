"""The state of one visitor of the studio: the generated faces, the image being edited, and its history."""

import os
import shlex
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from PIL import Image

from facegan.attributes import Attributes
from facegan.edits import Edit
from facegan.errors import FaceganError
from facegan.images import ImageSource, encode
from facegan.inference import FaceModel
from facegan.sentences import interpret_sentence
from facegan.standard_attributes import Attribute
from facegan.studio.subjects import GeneratedFace, Photo, Subject

# The maximum number of faces in a grid.
MOST_FACES = 32
LARGEST_STRENGTH = 2.0
# The longer side of a thumbnail in the history, in pixels.
THUMBNAIL = 96


@dataclass(frozen=True)
class Step:
    """An image in the history.

    Attributes:
        subject: the subject of the edit.
        edit: all changes to it.
        parent: the index in the history of the step before; None for the first one of a subject.
    """

    subject: Subject
    edit: Edit = field(default_factory=Edit)
    parent: int | None = None


@dataclass(frozen=True)
class Slider:
    """The state of an attribute's slider.

    Attributes:
        position: from -2 to 2; 0 leaves the attribute as it is. With two values, the first one is at the left and the
            last one at the right. With more, `value` is at the right, and its opposite at the left.
        value: the selected one of more than two values; None for an attribute with two.
    """

    position: float = 0.0
    value: str | None = None


def to_edit(attributes: Attributes, sliders: Mapping[str, Slider]) -> Edit:
    """Converts sliders to an edit."""
    wishes, strengths = {}, {}
    for name, slider in sliders.items():
        item, position = attributes.find(name), float(slider.position)
        if not position:
            continue
        if slider.value is None:
            wishes[name], strength = item.values[-1 if position > 0 else 0], abs(position)
        else:
            wishes[name], strength = slider.value, position
        if strength != 1:
            strengths[name] = strength
    return Edit(wishes, strengths=strengths)


def to_sliders(attributes: Attributes, edit: Edit) -> dict[str, Slider]:
    """Converts an edit to sliders: the inverse of `to_edit`."""
    sliders = {}
    for item in attributes.items:
        wish, strength = edit.wishes.get(item.name), edit.strengths.get(item.name, 1.0)
        if has_choice(item):
            sliders[item.name] = Slider(strength, wish) if wish else Slider(0.0, item.editable_values[0])
        else:
            sliders[item.name] = Slider(strength if wish == item.values[-1] else -strength) if wish else Slider()
    return sliders


def has_choice(item: Attribute) -> bool:
    """Whether an attribute has more than two values, so that the slider needs a target value."""
    return len(item.values) > 2


class Session:
    """The state of one visitor. Steps are only added to the history, so that one can branch from any of them.

    Args:
        model: the model.
        model_name: its name in commands; None for their default model.

    Attributes:
        faces: the grid of faces generated last.
        steps: the history, in the order in which its steps were made.
        now: the index in the history of the image that is edited; None before there is one.

    Example:
        session = Session(facegan.load())
        session.generate("female, young", count=8, seed=7)
        session.pick(3)
        session.slide("glasses", Slider(1.5))
        session.command  # facegan generate --attrs ... --then glasses=1:1.5 ...
    """

    def __init__(self, model: FaceModel, model_name: str | os.PathLike[str] | None = None) -> None:
        self.model, self.model_name = model, model_name
        self.faces: list[GeneratedFace] = []
        self.steps: list[Step] = []
        self.now: int | None = None
        # The slider whose consecutive movements change one step, like typing in a text editor.
        self._sliding: str | None = None
        self._last: tuple[Step, Image.Image] | None = None
        self._thumbnails: dict[int, tuple[Step, Image.Image]] = {}

    def generate(
        self, attributes: str | Mapping[str, str] = "", text: str = "", count: int = 8, seed: int = 0
    ) -> list[str]:
        """Generates a grid of faces; keeps the history.

        Args:
            attributes: the attributes of the faces, as for `FaceModel.generate`.
            text: an additional description in English or Chinese.
            count: the number of faces.
            seed: as for `FaceModel.generate`.

        Returns:
            Remarks on how the description was understood.

        Raises:
            FaceganError: the description names no attribute, or contradicts `attributes`; or a number is out of range.
        """
        if not 1 <= count <= MOST_FACES or seed < 0:
            raise FaceganError(f"there can be 1 to {MOST_FACES} faces, and the seed is 0 or more")
        described, remarks = interpret_sentence(text, self.model.attributes) if text.strip() else ({}, [])
        wished = Edit.parse(self.model.attributes, described, attributes)
        images, conditions = self.model.generate_with_conditions(wished, count, seed)
        self.faces = [
            GeneratedFace(image, conditions[[index]], wished, seed, index + 1) for index, image in enumerate(images)
        ]
        return remarks

    def pick(self, number: int) -> None:
        """Starts editing a face of the grid, by its number from 1."""
        self._add(Step(self.faces[number - 1]))

    def open(self, source: ImageSource, name: str) -> list[str]:
        """Starts editing a photo; returns remarks on it.

        Raises:
            FaceganError: it cannot be read, or has no face that is large enough.
        """
        photo = Photo.open(self.model, source, name)
        self._add(Step(photo))
        return list(photo.photo.remarks)

    def choose_face(self, which: int | str) -> None:
        """Starts editing another face of the original photo, by its number, or `"all"`.

        Raises:
            FaceganError: there is no such face, or no photo.
        """
        if not isinstance(self.step.subject, Photo):
            raise FaceganError("there is no photo to choose a face of")
        self._add(Step(self.step.subject.choose(which)))

    def slide(self, name: str, slider: Slider) -> None:
        """Moves the slider of an attribute. Movements of one slider in a row are one step."""
        self.model.attributes.find(name)
        if not abs(slider.position) <= LARGEST_STRENGTH:
            raise FaceganError(f"a strength must be from -{LARGEST_STRENGTH:g} to {LARGEST_STRENGTH:g}")
        edit = to_edit(self.model.attributes, {**self.sliders, name: slider})
        if edit == self.step.edit:
            return
        if self._sliding == name and self.now == len(self.steps) - 1:
            self.steps[-1] = replace(self.step, edit=edit)
            return
        self._add(Step(self.step.subject, edit, self.now))
        self._sliding = name

    def settle(self) -> None:
        """Ends a movement: the next one is a step of its own."""
        self._sliding = None

    def say(self, text: str) -> list[str]:
        """Applies the edit in a sentence in addition to the present one; returns how it was understood.

        Raises:
            FaceganError: the sentence names no attribute.
        """
        wishes, remarks = interpret_sentence(text, self.model.attributes, editing=True)
        # "The opposite" refers to the first face, because a slider has two ends.
        present = self.step.subject.source_conditions(self.model, Edit())[0]
        after = self.model.attributes.values(self.model.attributes.apply(present, wishes))
        edit = self.step.edit.then(Edit({name: after[name] for name in wishes}))
        if edit != self.step.edit:
            self._add(Step(self.step.subject, edit, self.now))
        return remarks

    def undo(self) -> None:
        """Goes back to the step before; does nothing at the first one of a subject."""
        if self.now is not None and self.step.parent is not None:
            self.go(self.step.parent)

    def go(self, place: int) -> None:
        """Goes to a step of the history; further changes branch from it."""
        self.now = range(len(self.steps))[place]
        self.settle()

    @property
    def step(self) -> Step:
        """The step that is edited.

        Raises:
            FaceganError: there is none yet.
        """
        if self.now is None:
            raise FaceganError("there is no image yet: pick a face, or open a photo")
        return self.steps[self.now]

    @property
    def sliders(self) -> dict[str, Slider]:
        """The sliders of all attributes in the present step."""
        return to_sliders(self.model.attributes, self.step.edit)

    def before_and_after(self) -> tuple[Image.Image, Image.Image]:
        """The original and the edited image, reduced to screen size."""
        return self.step.subject.shown(self.model, Edit()), self._shown(self.step)

    def describe(self, step: Step) -> str:
        """A step in words."""
        edit = step.edit
        changes = [
            self.model.attributes.describe({name: value})
            + (f" {edit.strengths[name]:g}" if name in edit.strengths else "")
            for name, value in edit.wishes.items()
        ]
        return ", ".join(changes) or "original"

    def remark(self) -> str:
        """The attributes that the model predicts, and the requested ones that the face has already."""
        attributes, step = self.model.attributes, self.step
        faces = [attributes.values(condition) for condition in step.subject.source_conditions(self.model, step.edit)]
        if len(faces) > 1:
            return f"All {len(faces)} faces are edited."
        already = {name: value for name, value in step.edit.wishes.items() if faces[0][name] == value}
        predicted = f"Predicted: {attributes.describe(faces[0])}."
        return f"{predicted} Nothing to change for: {attributes.describe(already)}." if already else predicted

    @property
    def command(self) -> str:
        """The command that makes the same image; empty for an unedited photo."""
        command = self.step.subject.command(self.step.edit)
        if not command or self.model_name is None:
            return command
        program, name, rest = command.split(" ", 2)
        return f"{program} {name} --model {shlex.quote(str(self.model_name))} {rest}"

    def file(self) -> tuple[str, bytes]:
        """The name and the content of a PNG file of the image with its provenance."""
        subject, edit = self.step.subject, self.step.edit
        image, provenance = subject.image(self.model, edit), subject.provenance(self.model, edit)
        options = {"format": "PNG", "icc_profile": image.info.get("icc_profile")}
        return subject.file_name(edit), encode(image, options, provenance)

    def photo_faces(self) -> dict[int, Image.Image]:
        """The faces of the photo by their numbers; empty for a generated face."""
        subject = self.step.subject
        return {face.number: face.crop for face in subject.faces} if isinstance(subject, Photo) else {}

    def thumbnail(self, place: int) -> Image.Image:
        """A small image of a step, for the history."""
        step = self.steps[place]
        if self._thumbnails.get(place, (None,))[0] is not step:
            small = self._shown(step).convert("RGB")
            small.thumbnail((THUMBNAIL, THUMBNAIL))
            self._thumbnails[place] = step, small
        return self._thumbnails[place][1]

    def _shown(self, step: Step) -> Image.Image:
        """The image of a step, reduced to screen size; the last one is cached."""
        if self._last is None or self._last[0] is not step:
            self._last = step, step.subject.shown(self.model, step.edit)
        return self._last[1]

    def _add(self, step: Step) -> None:
        self.steps.append(step)
        self.go(len(self.steps) - 1)
