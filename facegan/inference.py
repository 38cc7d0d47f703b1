"""A trained model in use: generate faces, edit faces. What `facegan.load` returns."""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, BinaryIO, overload

import numpy as np
from PIL import Image

from facegan.attributes import Attributes, merge_wishes
from facegan.edits import Edit, Wishes
from facegan.errors import FaceganError, first_line
from facegan.images import ImageSource, crop_square, denormalise, load_image, normalise, open_image, to_array, to_images
from facegan.inference_networks import ExportedNetworks, InferenceNetworks
from facegan.model_files import describe, find_model, read_graphs
from facegan.photos.photo import blend_faces, select_faces
from facegan.recipe import Recipe
from facegan.sentences import interpret_sentence
from facegan.standard_attributes import OPPOSITE

OneImage = str | os.PathLike[str] | BinaryIO | Image.Image
Images = ImageSource | list[Any] | tuple[Any, ...]

# The number of faces in a batch: enough to be fast, few enough for any memory.
BATCH = 32
# A face with a requested value of at least this probability already has it, and stays as it is.
MIN_CERTAINTY = 0.95


@dataclass(frozen=True)
class SourceAttributes:
    """The source attributes of an edit, as predicted by the model.

    Attributes:
        conditions: `(count, len(attributes))` float32, the source of the edit.
        certainty: `{attribute: (count,)}` for requested attributes whose source was not given: the probability that a
            face has the requested value already.
    """

    conditions: np.ndarray
    certainty: Mapping[str, np.ndarray]


def load(path: str | Path | None = None, precision: str = "auto") -> FaceModel:
    """Loads a trained model.

    Args:
        path: a `.keras` file that `facegan train` wrote, the folder of its run, or `"celeba128"`, the packaged model;
            as for `find_model`.
        precision: `"float32"` or `"bfloat16"` for the Keras networks; or `"auto"`: the exported graphs, which need no
            Keras, if the file contains them, otherwise Keras in the format that is faster on this machine.

    Returns:
        A `FaceModel`.

    Raises:
        FaceganError: there is no such file, it is not a facegan model, or it is damaged.
    """
    description = describe(path)
    file = find_model(path)
    graphs = read_graphs(file) if precision == "auto" else None
    if graphs:
        return FaceModel(ExportedNetworks(description, graphs))
    from facegan.models.compiled import CompiledNetworks
    from facegan.models.saving import load_networks

    try:
        networks = load_networks(file, precision)
    except Exception as error:
        # Keras, h5py and zipfile raise all kinds of exceptions for damaged files.
        raise FaceganError(f"{file} is damaged, or of another version of facegan: {first_line(error)}") from error
    return FaceModel(CompiledNetworks(networks))


class FaceModel:
    """Generates and edits faces.

    Args:
        networks: the networks.

    Attributes:
        networks: the networks, with the model's description.
        attributes: the model's attributes.
        size: the side of its faces in pixels.
        on_faces: called with the number of faces after each batch, for a progress bar.

    Example:
    >>> import facegan
    >>> model = facegan.load("run")  # doctest: +SKIP
    >>> face = model.generate("female, young, glasses")  # doctest: +SKIP
    >>> without = model.edit(face, glasses=0, hair="black")  # doctest: +SKIP
    """

    def __init__(self, networks: InferenceNetworks) -> None:
        self.networks = networks
        described = networks.description
        self.attributes = Attributes(described["attribute_names"], described["columns"])
        self.size: int = described["image_size"]
        # The combinations of attributes in the training data, and how often each occurs.
        self._possible = np.array([[float(bit) for bit in bits] for bits in described["combinations"]], "float32")
        self._counts = np.array(list(described["combinations"].values()), "float64")
        self._noise_size: int = Recipe.from_dict(described["recipe"]).networks.generator.noise_size
        self.on_faces: Callable[[int], object] = lambda count: None

    def __repr__(self) -> str:
        name, attributes = self.networks.description["recipe"]["name"], ", ".join(self.attributes.names)
        return f"<FaceModel '{name}': {self.size}x{self.size} pixels; {attributes}>"

    @overload
    def generate(
        self, attributes: Wishes | Edit = "", count: None = None, seed: int | None = None, **wishes: Any
    ) -> Image.Image: ...

    @overload
    def generate(
        self, attributes: Wishes | Edit = "", count: int = ..., seed: int | None = None, **wishes: Any
    ) -> list[Image.Image]: ...

    def generate(
        self, attributes: Wishes | Edit = "", count: int | None = None, seed: int | None = None, **wishes: Any
    ) -> Image.Image | list[Image.Image]:
        """Generates faces.

        Args:
            attributes: `"female, glasses=1, hair=blond"`, plain words such as `"a blond woman with glasses"`, a
                dictionary or an `Edit`. Attributes that are left out are sampled with their frequencies in the training
                data, given the others.
            count: the number of faces; None for a single face.
            seed: the same seed gives the same faces, whatever `count` is.
            wishes: attributes by name: `glasses=1`.

        Returns:
            A `PIL.Image`, or a list of them if `count` is given.

        Raises:
            FaceganError: an attribute or value that the model does not have, or a negative `count`.
        """
        wished = self._parse(attributes, wishes, editing=False)
        images, _ = self.generate_with_conditions(wished, 1 if count is None else count, seed)
        return images if count is not None else images[0]

    def generate_with_conditions(
        self, attributes: Wishes | Edit = "", count: int = 1, seed: int | None = None
    ) -> tuple[list[Image.Image], np.ndarray]:
        """Generates faces as `generate`, and returns their conditions too, `(count, len(attributes))` float32."""
        noise, conditions = self._draw(attributes, count, seed)
        return self._in_batches(self.networks.generate, [noise, conditions]), conditions

    def conditions_for(self, attributes: Wishes | Edit = "", count: int = 1, seed: int | None = None) -> np.ndarray:
        """Returns the conditions that `generate` draws: `(count, len(attributes))` float32."""
        return self._draw(attributes, count, seed)[1]

    def generate_each(self, conditions: np.ndarray, seed: int) -> list[Image.Image]:
        """Generates a face for each condition `(count, len(attributes))`; the same seed gives the same faces."""
        randoms = [np.random.default_rng([seed, index]) for index in range(len(conditions))]
        return self._in_batches(self.networks.generate, [self._noise(randoms), conditions])

    def walk(
        self, attributes: Wishes | Edit = "", count: int = 2, seed: int | None = None, frames: int = 12
    ) -> list[Image.Image]:
        """Interpolates from each of `count` generated faces to the next.

        The noise follows a great circle, so that it keeps the length of normally distributed noise (White 2016); the
        conditions are interpolated linearly.

        Args:
            attributes: as for `generate`.
            count: the number of generated faces.
            seed: as for `generate`.
            frames: images from one face to the next.

        Returns:
            A list of `(count - 1) * frames + 1` `PIL.Image`s.

        Raises:
            FaceganError: a `count` below 1.
        """
        if count < 1:
            raise FaceganError(f"a walk needs at least one face. Received: {count}")
        noise, conditions = self._draw(attributes, count, seed)
        fractions = np.append(np.tile(np.arange(frames) / frames, count - 1), 1.0).astype("float32")[:, None]
        starts = np.append(np.repeat(np.arange(count - 1), frames), count - 2)
        noise = _slerp(noise[starts], noise[starts + 1], fractions)
        return self._in_batches(
            self.networks.generate, [noise, (1 - fractions) * conditions[starts] + fractions * conditions[starts + 1]]
        )

    @overload
    def edit(
        self, images: np.ndarray, attributes: Wishes | Edit = "", strength: float | None = None,
        source: Wishes | np.ndarray | None = None, force: bool = False, **wishes: Any,
    ) -> np.ndarray: ...  # fmt: skip

    @overload
    def edit(
        self, images: list[Any] | tuple[Any, ...], attributes: Wishes | Edit = "", strength: float | None = None,
        source: Wishes | np.ndarray | None = None, force: bool = False, **wishes: Any,
    ) -> list[Image.Image]: ...  # fmt: skip

    @overload
    def edit(
        self, images: OneImage, attributes: Wishes | Edit = "", strength: float | None = None,
        source: Wishes | np.ndarray | None = None, force: bool = False, **wishes: Any,
    ) -> Image.Image: ...  # fmt: skip

    def edit(
        self,
        images: Images,
        attributes: Wishes | Edit = "",
        strength: float | None = None,
        source: Wishes | np.ndarray | None = None,
        force: bool = False,
        **wishes: Any,
    ) -> Image.Image | list[Image.Image] | np.ndarray:
        """Edits attributes of faces, one after the other, in the order of the model's attributes.

        Args:
            images: an aligned face, as `images.open_image` takes it: a path, a `PIL.Image` or an array; or several:
                a list of these, or an array `(count, height, width, 3)`. Any size; a centred square is resized.
            attributes: what to change: `"glasses=1, hair=black"`, plain words such as `"take off the glasses"`, a
                dictionary or an `Edit`. A wish may have its own strength, which multiplies `strength`:
                `"glasses=1:1.5, hair=black:0.5"`.
            strength: 0 changes nothing, 1 is the change that the model learned, larger values exaggerate it; by default
                that of the `Edit`, else 1.
            source: the attributes of the faces before the edit, as text or a dictionary, or as conditions `(count, k)`;
                by default those of the `Edit`. The model predicts those that are left out.
            force: whether to edit even faces that have the requested value already with a probability of 0.95 or more,
                which otherwise stay as they are.
            wishes: attributes by name: `glasses=1`.

        Returns:
            The edited faces at the model's size: a `PIL.Image`, a list of them for a list, or an array for an array.

        Raises:
            FaceganError: an attribute or value that the model does not have, or a `strength` that is not finite.
        """
        given, present = (source, None) if isinstance(source, np.ndarray) else (None, source)
        edit = self._parse(attributes, wishes, strength, present, force)
        if not np.isfinite(edit.strength):
            raise FaceganError(f"strength must be finite. Received: {edit.strength}")
        if not isinstance(images, list | tuple | np.ndarray):
            return self.edit([images], edit, source=given)[0]
        if isinstance(images, np.ndarray):
            several = images[None] if images.ndim < 4 else images
            edited = to_array(self.edit(list(several), edit, source=given)) if len(several) else several
            return edited if images.ndim == 4 else edited[0]
        if not images:
            return []

        now = self.source_attributes(images, edit).conditions if given is None else given
        strengths = np.float32(edit.strength) * self.attributes.spread(edit.strengths)

        # One attribute after the other: a pass that changes several adds up what each of them does to a face.
        steps = [{name: edit.wishes[name]} for name in self.attributes.names if name in edit.wishes] or [{}]

        def compute(faces: np.ndarray, now: np.ndarray) -> np.ndarray:
            for wish in steps:
                wanted = self.attributes.apply(now, wish)
                # The condition moves from the present one to the requested one, beyond it for strengths above 1.
                edited = self.networks.edit(faces, now, now + strengths * (wanted - now))
                faces, now = edited.clip(-1, 1), wanted
            return faces

        return self._in_batches(compute, [self._arrays(images), now])

    def edit_photo(
        self,
        picture: ImageSource,
        attributes: Wishes | Edit = "",
        strength: float | None = None,
        source: Wishes | None = None,
        which: int | str | None = None,
        force: bool = False,
        **wishes: Any,
    ) -> Image.Image:
        """Edits faces within a photo; pixels outside them do not change.

        Args:
            picture: an image of any size, as for `images.load_image`: a path, a `PIL.Image` or an array.
            attributes: as for `edit`.
            strength: as for `edit`.
            source: as for `edit`, as text or a dictionary.
            which: the number of a face, 1 for the largest, or `"all"`; 1 by default.
            force: as for `edit`.
            wishes: as for `edit`.

        Returns:
            A `PIL.Image` of the photo's size, with its colour profile and transparency.

        Raises:
            FaceganError: no such face, a face that is too small, or an attribute or value that the model does not have.
        """
        edit = self._parse(attributes, wishes, strength, source, force)
        photo = load_image(picture)
        faces, _ = select_faces(photo.rgb, self.size, which)
        return photo.restore(blend_faces(photo.rgb, faces, self.edit([face.crop for face in faces], edit)))

    @overload
    def attributes_of(self, images: OneImage) -> dict[str, str]: ...

    @overload
    def attributes_of(self, images: list[Any] | tuple[Any, ...]) -> list[dict[str, str]]: ...

    @overload
    def attributes_of(self, images: np.ndarray) -> dict[str, str] | list[dict[str, str]]: ...

    def attributes_of(self, images: Images) -> dict[str, str] | list[dict[str, str]]:
        """Predicts the attributes of a face, `{attribute: value}`, or a list of them for several faces."""
        if isinstance(images, list | tuple) or (isinstance(images, np.ndarray) and images.ndim == 4):
            return [self.attributes.values(vector) for vector in self.conditions_of(images)]
        return self.attributes.values(self.conditions_of([images])[0])

    def conditions_of(self, images: Sequence[Any] | np.ndarray, source: Wishes | None = None) -> np.ndarray:
        """Predicts the conditions of faces, which can be the `source` of `edit`.

        Args:
            images: several, as for `edit`.
            source: known attributes, as for `edit`.

        Returns:
            `(count, len(attributes))` float32.
        """
        return self.source_attributes(images, Edit.parse(self.attributes, source=source or "")).conditions

    def probabilities_of(self, images: Sequence[Any] | np.ndarray) -> np.ndarray:
        """Predicts the probability of each value of each attribute.

        Args:
            images: several, as for `edit`.

        Returns:
            `(count, k)` float32 in 0..1, in the order of `Attributes.every_value`; those of an attribute sum to 1.
        """
        probabilities = _softmax(self._likelihoods(self._arrays(images)))
        wishes = [{name: value} for name, value in self.attributes.every_value()]
        has_value = np.stack([self.attributes.matching(self._possible, wish) for wish in wishes], axis=1)
        return probabilities @ has_value.astype("float32")

    def source_attributes(self, images: Sequence[Any] | np.ndarray, edit: Edit) -> SourceAttributes:
        """Predicts the source attributes of an edit.

        A requested value counts as present only if its probability is at least `MIN_CERTAINTY` and the edit is not
        forced.

        Args:
            images: several, as for `edit`.
            edit: the edit, with known source attributes.
        """
        if set(edit.source) == set(self.attributes.names):
            return SourceAttributes(np.tile(self.attributes.vector(edit.source), (len(images), 1)), {})
        possible, likelihoods = self._possible, self._likelihoods(self._arrays(images))
        probabilities = _softmax(likelihoods)
        certainty = {}
        for name, value in edit.wishes.items():
            if name not in edit.source and value != OPPOSITE:
                having = self.attributes.matching(possible, {name: value})
                certainty[name] = probabilities[:, having].sum(axis=1)
                doubtful = edit.force | (certainty[name] < MIN_CERTAINTY)
                likelihoods = likelihoods - 1e6 * np.outer(doubtful, having)
        # The likeliest of the combinations that occur in the training data.
        found = possible[likelihoods.argmax(axis=1)]
        return SourceAttributes(self.attributes.apply(found, edit.source), certainty)

    def _likelihoods(self, arrays: np.ndarray) -> np.ndarray:
        """The logarithm of how likely each combination of the training data is, `(count, combinations)`."""
        batches = (arrays[start : start + BATCH] for start in range(0, len(arrays), BATCH))
        return np.concatenate([self.networks.likelihoods(batch, self._possible) for batch in batches])

    def _arrays(self, images: Iterable[ImageSource]) -> np.ndarray:
        """Faces as input of the networks: `(count, size, size, 3)` in -1..1."""
        return normalise(to_array([crop_square(open_image(image), self.size) for image in images]))

    def _parse(
        self,
        attributes: Wishes | Edit,
        wishes: Mapping[str, Any],
        strength: float | None = None,
        source: Wishes | None = None,
        force: bool = False,
        editing: bool = True,
    ) -> Edit:
        """Converts requests in any form to an `Edit`."""
        if isinstance(attributes, Edit):
            edit = attributes
            # It may have been parsed for another model.
            for name in (*edit.wishes, *edit.source):
                self.attributes.find(name)
        elif isinstance(attributes, str):
            edit = self._read(attributes, editing)
        else:
            edit = Edit.parse(self.attributes, attributes)
        named = Edit.parse(self.attributes, wishes, source=source or "")
        return replace(
            edit,
            wishes=merge_wishes([*edit.wishes.items(), *named.wishes.items()]),
            strength=edit.strength if strength is None else strength,
            source=edit.source if source is None else named.source,
            force=edit.force or force,
        )

    def _read(self, text: str, editing: bool) -> Edit:
        """Parses a text of attributes or a sentence; warns about unknown words."""
        is_sentence = "=" not in text and any(" " in part.strip() or not part.isascii() for part in text.split(","))
        try:
            return Edit.parse(self.attributes, text)
        except FaceganError:
            if not is_sentence:
                raise
        wishes, (_, *problems) = interpret_sentence(text, self.attributes, editing)
        for problem in problems:
            warnings.warn(problem, stacklevel=4)
        return Edit(wishes)

    def _draw(self, attributes: Wishes | Edit, count: int, seed: int | None) -> tuple[np.ndarray, np.ndarray]:
        """Draws noise `(count, noise_size)` and conditions `(count, len(attributes))` for `count` faces."""
        if count < 0:
            raise FaceganError(f"count must not be negative. Received: {count}")
        chosen: Any = np.random.SeedSequence().entropy if seed is None else seed
        randoms = [np.random.default_rng([chosen, index]) for index in range(count)]
        wished = self._parse(attributes, {}, editing=False)
        if wished.strengths:
            raise FaceganError(f"only edits have strengths, not generated faces. Received: {wished}")
        conditions = self._conditions(wished.wishes, randoms)
        return self._noise(randoms), conditions

    def _conditions(self, wishes: Mapping[str, str], randoms: Sequence[np.random.Generator]) -> np.ndarray:
        combinations, counts = self._possible, self._counts
        fitting = self.attributes.matching(combinations, wishes)
        if fitting.any():
            combinations, counts = combinations[fitting], counts[fitting]
        # If no training photo has these attributes, they replace those of any photo.
        frequencies = counts / counts.sum()
        chosen = np.array([random.choice(len(counts), p=frequencies) for random in randoms], "int64")
        return self.attributes.apply(combinations[chosen], wishes)

    def _noise(self, randoms: Sequence[np.random.Generator]) -> np.ndarray:
        noise = [random.standard_normal(self._noise_size, "float32") for random in randoms]
        return np.array(noise, "float32").reshape(-1, self._noise_size)

    def _in_batches(self, compute: Callable[..., np.ndarray], arrays: Sequence[np.ndarray]) -> list[Image.Image]:
        images: list[Image.Image] = []
        for start in range(0, len(arrays[0]), BATCH):
            batch = [array[start : start + BATCH].astype("float32") for array in arrays]
            images += to_images(denormalise(compute(*batch)))
            self.on_faces(len(batch[0]))
        return images


def _softmax(likelihoods: np.ndarray) -> np.ndarray:
    """Probabilities `(count, combinations)` from the logarithms of likelihoods; those of a face sum to 1."""
    exponentials = np.exp(likelihoods - likelihoods.max(axis=1, keepdims=True))
    return exponentials / exponentials.sum(axis=1, keepdims=True)


def _slerp(start: np.ndarray, end: np.ndarray, fraction: np.ndarray) -> np.ndarray:
    """Spherical linear interpolation between vectors `(count, k)` by fractions `(count, 1)` in 0..1."""
    first, last = (vectors / np.linalg.norm(vectors, axis=1, keepdims=True) for vectors in (start, end))
    angle = np.arccos(np.clip(np.sum(first * last, axis=1, keepdims=True), -1, 1))
    return (np.sin((1 - fraction) * angle) * start + np.sin(fraction * angle) * end) / np.maximum(np.sin(angle), 1e-6)
