"""What the studio edits: a generated face, or faces in a photo. Each provides the command that makes the same image."""

import shlex
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from PIL import Image

from facegan.edits import Edit
from facegan.errors import FaceganError
from facegan.images import ImageSource, LoadedImage, load_image
from facegan.inference import FaceModel
from facegan.photos.align import Alignment, is_aligned
from facegan.photos.photo import ALL, PhotoFace, blend_faces, select_faces
from facegan.rendering.generated_faces import face_file_name, generation_provenance
from facegan.rendering.output import model_metadata
from facegan.rendering.request import Request

# The longer side, in pixels, of images on the page. Downloads have the photo's own size.
LONGEST_SHOWN = 800


class Subject(Protocol):
    """What is edited. Edits are always made from the original, so that no quality is lost."""

    def source_conditions(self, model: FaceModel, edit: Edit) -> np.ndarray:
        """The attributes of the faces before the edit, `(count, k)` float32."""

    def shown(self, model: FaceModel, edit: Edit) -> Image.Image:
        """The edited image, reduced to screen size, RGB."""

    def image(self, model: FaceModel, edit: Edit) -> Image.Image:
        """The edited image as the command makes it."""

    def command(self, edit: Edit) -> str:
        """The command that makes the image, without a model's name; empty for an unedited photo."""

    def provenance(self, model: FaceModel, edit: Edit) -> dict[str, Any] | None:
        """The image's provenance; None for an unedited photo."""

    def file_name(self, edit: Edit) -> str:
        """The name of the image's file."""


@dataclass(frozen=True)
class GeneratedFace:
    """A face in the grid of generated faces.

    Attributes:
        face: the image, RGB.
        conditions: `(1, k)` float32, its attributes.
        wished: the description that it was generated from.
        seed: the seed of the grid.
        number: its number in the grid, from 1.
    """

    face: Image.Image
    conditions: np.ndarray
    wished: Edit
    seed: int
    number: int

    def source_conditions(self, model: FaceModel, edit: Edit) -> np.ndarray:
        """The conditions that the face was generated from."""
        return self.conditions

    def image(self, model: FaceModel, edit: Edit) -> Image.Image:
        """The edited face at the model's size."""
        return model.edit(self.face, edit, source=self.conditions) if edit.wishes else self.face

    shown = image

    def command(self, edit: Edit) -> str:
        """A command that generates all faces up to this one, with the name of its file in a comment."""
        words = ["facegan", "generate"]
        words += ["--attrs", str(self.wished)] if self.wished.wishes else []
        words += ["--count", str(self.number), "--seed", str(self.seed)]
        words += ["--then", str(edit)] if edit.wishes else []
        return f"{shlex.join([*words, '--out', 'faces/'])}  # faces/{self.file_name(edit)}"

    def provenance(self, model: FaceModel, edit: Edit) -> dict[str, Any]:
        """As of the file that the command writes."""
        steps = [edit] if edit.wishes else []
        made = generation_provenance(model, self.wished, self.number, self.seed, steps)
        return made | {"command": "generate"}

    def file_name(self, edit: Edit) -> str:
        """As `facegan generate` names it."""
        steps = int(bool(edit.wishes))
        return face_file_name(self.number, self.number, steps, steps)


@dataclass(frozen=True)
class Photo:
    """One or all of the faces in a photo.

    Attributes:
        name: the name of its file.
        photo: the photo.
        is_face: whether it is an aligned face, which is edited as a whole.
        faces: all faces that are large enough, the largest first.
        which: the number of the face to be edited, or `"all"`, as for `facegan edit`.
    """

    name: str
    photo: LoadedImage
    is_face: bool
    faces: Sequence[PhotoFace]
    which: int | str
    _small: Image.Image = field(repr=False)

    @classmethod
    def open(cls, model: FaceModel, source: ImageSource, name: str) -> "Photo":
        """Opens a photo and detects its faces; the largest is selected.

        Raises:
            FaceganError: it cannot be read, or has no face that is large enough.
        """
        photo = load_image(source)
        is_face = is_aligned(photo.rgb)
        faces, _ = select_faces(photo.rgb, model.size, ALL, name, aligned=is_face)
        small = photo.rgb.copy()
        small.thumbnail((LONGEST_SHOWN, LONGEST_SHOWN))
        return cls(name, photo, is_face, faces, faces[0].number, small)

    def choose(self, which: int | str) -> "Photo":
        """Returns the same photo with another face selected, or `"all"`.

        Raises:
            FaceganError: there is no such face.
        """
        if which != ALL and which not in [face.number for face in self.faces]:
            raise FaceganError(f"there is no face {which} in {self.name}")
        return replace(self, which=which)

    @property
    def _chosen(self) -> list[PhotoFace]:
        return [face for face in self.faces if self.which in (ALL, face.number)]

    def source_conditions(self, model: FaceModel, edit: Edit) -> np.ndarray:
        """The attributes that the model predicts for the selected faces."""
        return model.source_attributes([face.crop for face in self._chosen], edit).conditions

    def shown(self, model: FaceModel, edit: Edit) -> Image.Image:
        """The edited photo, reduced."""
        if self.is_face:
            return self.image(model, edit)
        return self._blend(model, edit, self._small)

    def image(self, model: FaceModel, edit: Edit) -> Image.Image:
        """The edited photo with its size, colour profile and transparency; an aligned face at the model's size."""
        if not self.is_face:
            return self.photo.restore(self._blend(model, edit, self.photo.rgb))
        face = self.faces[0].crop
        return model.edit(face, edit) if edit.wishes else face

    def _blend(self, model: FaceModel, edit: Edit, photo: Image.Image) -> Image.Image:
        if not edit.wishes:
            return photo
        edited = model.edit([face.crop for face in self._chosen], edit)
        scale = photo.width / self.photo.rgb.width
        return blend_faces(photo, [_scaled(face, scale) for face in self._chosen], edited)

    def command(self, edit: Edit) -> str:
        """A command that reads the photo by its name from the current folder."""
        if not edit.wishes:
            return ""
        words = ["facegan", "edit", self.name, "--set", str(edit)]
        if self.is_face:
            return f"{shlex.join([*words, '--out', 'edited/'])}  # edited/{self.file_name(edit)}"
        words += ["--face", str(self.which)] if self.which != 1 else []
        return shlex.join([*words, "--out", self.file_name(edit)])

    def provenance(self, model: FaceModel, edit: Edit) -> dict[str, Any] | None:
        """As of the file that the command writes."""
        if not edit.wishes:
            return None
        made = model_metadata(model) | Request.strip(edit).provenance | {"command": "edit"}
        boxes = [list(face.alignment.bounding_box()) for face in self._chosen]
        return made if self.is_face else made | {"faces": boxes}

    def file_name(self, edit: Edit) -> str:
        """The photo's own name as PNG, marked if it was edited."""
        stem = Path(self.name).stem
        return f"{stem}-edited.png" if edit.wishes and not self.is_face else f"{stem}.png"


def _scaled(face: PhotoFace, scale: float) -> PhotoFace:
    """A face in a photo that was resized by a factor."""
    return replace(face, alignment=Alignment(*(scale * number for number in face.alignment)))
