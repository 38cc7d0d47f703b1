"""A trained model in use: generate faces, edit faces. What `facegan.load` returns."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from facegan.attributes import Attributes
from facegan.edits import Edit, Wishes
from facegan.errors import FaceganError
from facegan.images import crop_square, denormalise, load_image, normalise, open_image, to_array, to_images
from facegan.model_files import describe, find_model
from facegan.photos.photo import blend_faces, select_faces

# Faces that go through the networks together: enough to be fast, few enough for any memory.
BATCH = 32


def load(path: str | Path | None = None, precision: str = "auto") -> "FaceModel":
    """Loads a trained model.

    Args:
        path: a `.keras` file that `facegan train` wrote, the folder of its run, or `"celeba128"`, the packaged model;
            as for `find_model`.
        precision: `"float32"`, `"bfloat16"`, or `"auto"`: whichever is faster on this machine.

    Returns:
        A `FaceModel`.

    Raises:
        FaceganError: there is no such file, it is not a facegan model, or it is damaged.
    """
    describe(path)
    file = find_model(path)
    from facegan.models.saving import load_networks

    try:
        networks = load_networks(file, precision)
    except Exception as error:
        # What a damaged file raises is up to Keras, h5py and zipfile.
        reason = (str(error).splitlines() or [type(error).__name__])[0]
        raise FaceganError(f"{file} is damaged, or of another version of facegan: {reason}") from error
    return FaceModel(networks)


class FaceModel:
    """Generates and edits faces.

    Args:
        networks: a `FaceGAN`.

    Attributes:
        networks: the `FaceGAN`.
        attributes: the model's attributes.
        size: the side of its faces in pixels.
        on_faces: called with the number of faces after each batch, for a progress bar.

    Example:
    >>> import facegan
    >>> model = facegan.load("run")  # doctest: +SKIP
    >>> face = model.generate("female, young, glasses")  # doctest: +SKIP
    >>> without = model.edit(face, glasses=0, hair="black")  # doctest: +SKIP
    """

    def __init__(self, networks: Any) -> None:
        from facegan.models.compiled import Compiled

        self.networks = networks
        self._generate, self._likelihoods = Compiled(networks, "generate"), Compiled(networks, "likelihoods")
        self._edit, self._edit_likeliest = Compiled(networks, "edit"), Compiled(networks, "edit_likeliest")
        self.attributes: Attributes = networks.attributes
        self.size: int = networks.image_size
        self.on_faces: Callable[[int], object] = lambda count: None

    def __repr__(self) -> str:
        recipe, attributes = self.networks.recipe.name, ", ".join(self.attributes.names)
        return f"<FaceModel '{recipe}': {self.size}x{self.size} pixels; {attributes}>"

    def generate(
        self, attributes: Wishes | Edit = "", count: int | None = None, seed: int | None = None, **wishes: Any
    ) -> Any:
        """Generates faces.

        Args:
            attributes: `"female, glasses=1, hair=blond"`, a dictionary or an `Edit`. Attributes that are left out are
                drawn with their frequencies, given the others, in the training data.
            count: the number of faces; None for a single face.
            seed: the same seed gives the same faces, whatever `count` is.
            wishes: attributes by name: `glasses=1`.

        Returns:
            A `PIL.Image`, or a list of them if `count` is given.

        Raises:
            FaceganError: an attribute or value that the model does not have, or a `count` below 1.
        """
        wished = self._parse(attributes, wishes)
        images, _ = self.generate_with_conditions(wished, 1 if count is None else count, seed)
        return images if count is not None else images[0]

    def generate_with_conditions(
        self, attributes: Wishes | Edit = "", count: int = 1, seed: int | None = None
    ) -> tuple[list[Image.Image], np.ndarray]:
        """Generates faces as `generate`, and returns their conditions too, `(count, len(attributes))` float32."""
        noise, conditions = self._draw(attributes, count, seed)
        return self._in_batches(self._generate, [noise, conditions]), conditions

    def generate_each(self, conditions: np.ndarray, seed: int) -> list[Image.Image]:
        """Generates a face for each condition `(count, len(attributes))`; the same seed gives the same faces."""
        randoms = [np.random.default_rng([seed, index]) for index in range(len(conditions))]
        return self._in_batches(self._generate, [self._noise(randoms), conditions])

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
        """
        noise, conditions = self._draw(attributes, count, seed)
        parts = np.append(np.tile(np.arange(frames) / frames, count - 1), 1.0).astype("float32")[:, None]
        starts = np.append(np.repeat(np.arange(count - 1), frames), count - 2)
        noise = _great_circle(noise[starts], noise[starts + 1], parts)
        return self._in_batches(
            self._generate, [noise, (1 - parts) * conditions[starts] + parts * conditions[starts + 1]]
        )

    def edit(
        self,
        images: Any,
        attributes: Wishes | Edit = "",
        strength: float | None = None,
        source: Wishes | np.ndarray | None = None,
        **wishes: Any,
    ) -> Any:
        """Edits attributes of faces.

        Args:
            images: an aligned face, as `images.open_image` takes it: a path, a `PIL.Image` or an array; or several:
                a list of these, or an array `(count, height, width, 3)`. Any size; a centred square is resized.
            attributes: what to change: `"glasses=1, hair=black"`, a dictionary or an `Edit`.
            strength: 0 changes nothing, 1 is what the model learned, larger values exaggerate; by default that of the
                `Edit`, else 1.
            source: the present attributes of the faces, as text or a dictionary, or as conditions `(count, k)`; by
                default those of the `Edit`. The model predicts those that are left out.
            wishes: attributes by name: `glasses=1`.

        Returns:
            The edited faces, of the model's size and of the same type as `images`; `PIL.Image`s for paths.

        Raises:
            FaceganError: an attribute or value that the model does not have, or a `strength` that is not finite.
        """
        given, present = (source, None) if isinstance(source, np.ndarray) else (None, source)
        edit = self._parse(attributes, wishes, strength, present)
        if not np.isfinite(edit.strength):
            raise FaceganError(f"strength must be finite. Received: {edit.strength}")
        several = _are_several(images)
        if several and not len(images):
            return images
        loaded = [open_image(image) for image in (images if several else [images])]
        arrays = normalise(to_array([crop_square(image, self.size) for image in loaded]))

        def towards(now: np.ndarray) -> np.ndarray:
            """The condition moves from the present one to the requested one, beyond it for strengths above 1."""
            return now + edit.strength * (self.attributes.apply(now, edit.wishes) - now)

        now = self._complete(edit.source, len(arrays)) if given is None else given
        if now is not None:
            edited = self._in_batches(self._edit, [arrays, now, towards(now)])
        else:
            possible = self.networks.conditions()
            now = self.attributes.apply(possible, edit.source)
            edited = self._in_batches(self._edit_likeliest, [arrays], possible, now, towards(now))
        if isinstance(images, np.ndarray):
            array = to_array(edited)
            return array if several else array[0]
        if not several:
            return edited[0]
        return [np.asarray(e) if isinstance(i, np.ndarray) else e for e, i in zip(edited, images, strict=True)]

    def edit_photo(
        self,
        picture: Any,
        attributes: Wishes | Edit = "",
        strength: float | None = None,
        source: Wishes | np.ndarray | None = None,
        which: int | str | None = None,
        **wishes: Any,
    ) -> Image.Image:
        """Edits faces within a photo; pixels outside them do not change.

        Args:
            picture: of any size, as `images.load_image` takes it: a path, a `PIL.Image` or an array.
            attributes: as for `edit`.
            strength: as for `edit`.
            source: as for `edit`.
            which: the number of a face, 1 for the largest, or `"all"`; 1 by default.
            wishes: as for `edit`.

        Returns:
            A `PIL.Image` of the photo's size, with its colour profile and transparency.

        Raises:
            FaceganError: no such face, a face that is too small, or an attribute or value that the model does not have.
        """
        edit = self._parse(attributes, wishes, strength, None if isinstance(source, np.ndarray) else source)
        photo = load_image(picture)
        faces, _ = select_faces(photo.rgb, self.size, which)
        conditions = source if isinstance(source, np.ndarray) else None
        edited = self.edit([face.crop for face in faces], edit, source=conditions)
        return photo.restore(blend_faces(photo.rgb, faces, edited))

    def attributes_of(self, images: Any) -> Any:
        """Predicts the attributes of a face, `{attribute: value}`, or a list of them for several faces."""
        if not _are_several(images):
            return self.attributes_of([images])[0]
        return [self.attributes.values(vector) for vector in self.conditions_of(images)]

    def conditions_of(self, images: Sequence[Any] | np.ndarray, source: Wishes | None = None) -> np.ndarray:
        """Predicts the conditions of faces, as `edit` takes them for `source`.

        Args:
            images: several, as for `edit`.
            source: known attributes, as for `edit`.

        Returns:
            `(count, len(attributes))` float32.
        """
        known = self.attributes.parse(source or "")
        complete = self._complete(known, len(images))
        if complete is not None:
            return complete
        arrays = normalise(to_array([crop_square(open_image(image), self.size) for image in images]))
        possible = self.networks.conditions()
        parts = (arrays[start : start + BATCH] for start in range(0, len(arrays), BATCH))
        likelihoods = np.concatenate([self._likelihoods.predict_on_batch([part, possible]) for part in parts])
        # The likeliest of the combinations that occur in the training data.
        return self.attributes.apply(possible[likelihoods.argmax(axis=1)], known)

    def _parse(
        self,
        attributes: Wishes | Edit,
        wishes: Mapping[str, Any],
        strength: float | None = None,
        source: Wishes | None = None,
    ) -> Edit:
        """The one place where wishes in any form become an `Edit`."""
        given = attributes if isinstance(attributes, Edit) else Edit()
        return Edit.parse(
            self.attributes,
            attributes.wishes if isinstance(attributes, Edit) else attributes,
            wishes,
            strength=given.strength if strength is None else strength,
            source=given.source if source is None else source,
        )

    def _complete(self, source: Mapping[str, str], count: int) -> np.ndarray | None:
        """The conditions of `count` faces if `source` leaves no attribute out, else None."""
        complete = set(source) == set(self.attributes.names)
        return np.tile(self.attributes.vector(source), (count, 1)) if complete else None

    def _draw(self, attributes: Wishes | Edit, count: int, seed: int | None) -> tuple[np.ndarray, np.ndarray]:
        """Draws noise `(count, noise_size)` and conditions `(count, len(attributes))` for `count` faces."""
        if count < 1:
            raise FaceganError(f"count must be at least 1. Received: {count}")
        chosen: Any = np.random.SeedSequence().entropy if seed is None else seed
        randoms = [np.random.default_rng([chosen, index]) for index in range(count)]
        conditions = self._conditions(self._parse(attributes, {}).wishes, randoms)
        return self._noise(randoms), conditions

    def _conditions(self, wishes: Mapping[str, str], randoms: Sequence[np.random.Generator]) -> np.ndarray:
        combinations = self.networks.conditions()
        counts = np.array(list(self.networks.combinations.values()), "float64")
        fitting = self.attributes.matching(combinations, wishes)
        if fitting.any():
            combinations, counts = combinations[fitting], counts[fitting]
        # If no training photo has these attributes, they replace those of any photo.
        shares = counts / counts.sum()
        chosen = [random.choice(len(shares), p=shares) for random in randoms]
        return self.attributes.apply(combinations[chosen], wishes)

    def _noise(self, randoms: Sequence[np.random.Generator]) -> np.ndarray:
        size = self.networks.recipe.networks.generator.noise_size
        return np.stack([random.standard_normal(size, "float32") for random in randoms])

    def _in_batches(self, compiled: Any, by_face: Sequence[np.ndarray], *others: np.ndarray) -> list[Image.Image]:
        images: list[Image.Image] = []
        for start in range(0, len(by_face[0]), BATCH):
            part = [array[start : start + BATCH] for array in by_face]
            images += to_images(denormalise(compiled.predict_on_batch([*part, *others])))
            self.on_faces(len(part[0]))
        return images


def _are_several(images: Any) -> bool:
    """Whether these are several images: a sequence, or an array `(count, height, width, 3)`."""
    return isinstance(images, list | tuple) or getattr(images, "ndim", 3) == 4


def _great_circle(start: np.ndarray, end: np.ndarray, part: np.ndarray) -> np.ndarray:
    """Spherical interpolation between vectors `(count, k)` by shares `(count, 1)` in 0..1."""
    first, last = (vectors / np.linalg.norm(vectors, axis=1, keepdims=True) for vectors in (start, end))
    angle = np.arccos(np.clip(np.sum(first * last, axis=1, keepdims=True), -1, 1))
    return (np.sin((1 - part) * angle) * start + np.sin(part * angle) * end) / np.maximum(np.sin(angle), 1e-6)
