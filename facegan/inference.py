"""A trained model in use: generate faces, edit faces. What `facegan.load` returns."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from facegan.errors import FaceganError
from facegan.images import crop_square, denormalise, load_image, normalise, open_image, to_array, to_images
from facegan.model_files import describe, find_model
from facegan.photos.photo import blend_faces, select_faces

# Faces that go through the networks together: enough to be fast, few enough for any memory.
BATCH = 32

# Attributes with their values: "female, glasses=1", or a dictionary.
Wishes = str | Mapping[str, Any]


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
        attributes: the attributes that it knows.
        size: the side of its faces in pixels.
        on_faces: called with the number of faces after each batch, for a progress bar.

    Example:
    >>> import facegan
    >>> model = facegan.load("run")  # doctest: +SKIP
    >>> face = model.generate("female, young, glasses")  # doctest: +SKIP
    >>> without = model.edit(face, "glasses=0, hair=black")  # doctest: +SKIP
    """

    def __init__(self, networks: Any):
        from facegan.models.compiled import Compiled

        self.networks = networks
        self._generate, self._likelihoods = Compiled(networks, "generate"), Compiled(networks, "likelihoods")
        self._edit, self._edit_likeliest = Compiled(networks, "edit"), Compiled(networks, "edit_likeliest")
        self.attributes = networks.attributes
        self.size = networks.image_size
        self.on_faces: Callable[[int], object] = lambda count: None

    def __repr__(self) -> str:
        recipe, attributes = self.networks.recipe.name, ", ".join(self.attributes.names)
        return f"<FaceModel '{recipe}': {self.size}x{self.size} pixels; {attributes}>"

    def generate(
        self, attributes: Wishes = "", count: int | None = None, seed: int | None = None, **wishes: Any
    ) -> Any:
        """Generates faces.

        Args:
            attributes: `"female, glasses=1, hair=blond"` or a dictionary. Attributes that are left out are drawn with
                their frequencies, given the others, in the training data.
            wishes: further attributes: `glasses=1`.
            count: the number of faces; None for a single face.
            seed: the same seed gives the same faces, whatever `count` is.

        Returns:
            A `PIL.Image`, or a list of them if `count` is given.

        Raises:
            FaceganError: an attribute or value that the model does not know, or a count below 1.
        """
        wished = self.attributes.parse(attributes, wishes)
        images, _ = self.generate_with_conditions(wished, 1 if count is None else count, seed)
        return images if count is not None else images[0]

    def generate_with_conditions(
        self, attributes: Wishes = "", count: int = 1, seed: int | None = None
    ) -> tuple[list[Image.Image], np.ndarray]:
        """Generates faces as `generate`, and returns their conditions too, `(count, len(attributes))` float32."""
        noise, conditions = self._drawn(attributes, count, seed)
        return self._in_batches(self._generate, [noise, conditions]), conditions

    def generate_each(self, conditions: np.ndarray, seed: int) -> list[Image.Image]:
        """Generates a face for each condition `(count, len(attributes))`; the same seed gives the same faces."""
        randoms = [np.random.default_rng([seed, index]) for index in range(len(conditions))]
        return self._in_batches(self._generate, [self._noise(randoms), conditions])

    def walk(
        self, attributes: Wishes = "", count: int = 2, seed: int | None = None, frames: int = 12
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
        noise, conditions = self._drawn(attributes, count, seed)
        parts = np.append(np.tile(np.arange(frames) / frames, count - 1), 1.0).astype("float32")[:, None]
        starts = np.append(np.repeat(np.arange(count - 1), frames), count - 2)
        noise = _great_circle(noise[starts], noise[starts + 1], parts)
        return self._in_batches(
            self._generate, [noise, (1 - parts) * conditions[starts] + parts * conditions[starts + 1]]
        )

    def edit(
        self,
        images: Any,
        attributes: Wishes = "",
        strength: float = 1.0,
        source: Wishes | np.ndarray | None = None,
        **wishes: Any,
    ) -> Any:
        """Edits attributes of faces.

        Args:
            images: an aligned face, as `images.open_image` takes it: a path, a `PIL.Image` or an array; or several:
                a list of these, or an array `(count, height, width, 3)`. Any size; a centred square is resized.
            attributes: what to change: `"glasses=1, hair=black"` or a dictionary.
            strength: 0 changes nothing, 1 is what the model learned, larger values exaggerate.
            source: the present attributes of the faces, in the same form, or as conditions `(count, k)`. The model
                predicts those that are left out.
            wishes: further attributes to change: `glasses=1`.

        Returns:
            The edited faces, of the model's size and of the same type as `images`.

        Raises:
            FaceganError: an attribute or value that the model does not know.
        """
        wishes = self.attributes.parse(attributes, wishes)
        if not np.isfinite(strength):
            raise FaceganError(f"strength must be finite. Received: {strength}")
        several = _are_several(images)
        if several and not len(images):
            return images
        loaded = [open_image(image) for image in (images if several else [images])]
        arrays = normalise(to_array([crop_square(image, self.size) for image in loaded]))

        def towards(now):
            """The condition moves from the present one to the requested one, beyond it for strengths above 1."""
            return now + strength * (self.attributes.apply(now, wishes) - now)

        now = self._told(source, len(arrays))
        if now is not None:
            edited = self._in_batches(self._edit, [arrays, now, towards(now)])
        else:
            possible = self.networks.conditions()
            now = self.attributes.apply(possible, self.attributes.parse(source or ""))
            edited = self._in_batches(self._edit_likeliest, [arrays], possible, now, towards(now))
        if isinstance(images, np.ndarray):
            edited = to_array(edited)
        elif several:
            edited = [np.asarray(e) if isinstance(i, np.ndarray) else e for e, i in zip(edited, images, strict=True)]
        return edited if several else edited[0]

    def edit_photo(
        self,
        picture: Any,
        attributes: Wishes,
        strength: float = 1.0,
        source: Wishes | np.ndarray | None = None,
        which: int | str | None = None,
    ) -> Image.Image:
        """Edits faces within a photo; pixels outside them do not change.

        Args:
            picture: of any size, as `images.load_image` takes it: a path, a `PIL.Image` or an array.
            attributes: as for `edit`.
            strength: as for `edit`.
            source: as for `edit`.
            which: the number of a face, 1 for the largest, or `"all"`; 1 by default.

        Returns:
            A `PIL.Image` of the photo's size, with its colour profile and transparency.

        Raises:
            FaceganError: there is no such face, or it is too small; an attribute or value that the model does not know.
        """
        photo = load_image(picture)
        faces, _ = select_faces(photo.rgb, self.size, which)
        edited = self.edit([face.crop for face in faces], attributes, strength, source)
        return photo.restore(blend_faces(photo.rgb, faces, edited))

    def attributes_of(self, images: Any) -> Any:
        """Predicts `{attribute: value}` of a face, or a list of these for a list of faces."""
        if _are_several(images):
            return [self.attributes.values(vector) for vector in self.conditions_of(images)]
        return self.attributes.values(self.conditions_of([images])[0])

    def conditions_of(
        self, images: Sequence[Any] | np.ndarray, source: Wishes | np.ndarray | None = None
    ) -> np.ndarray:
        """Predicts the conditions of faces, as `edit` takes them for `source`.

        Args:
            images: a list, as for `edit`.
            source: known attributes, as for `edit`.

        Returns:
            `(count, len(attributes))` float32.
        """
        told = self._told(source, len(images))
        if told is not None:
            return told
        arrays = normalise(to_array([crop_square(open_image(image), self.size) for image in images]))
        possible = self.networks.conditions()
        parts = (arrays[start : start + BATCH] for start in range(0, len(arrays), BATCH))
        likelihoods = np.concatenate([self._likelihoods.predict_on_batch([part, possible]) for part in parts])
        # The likeliest of the combinations that occur in the training data.
        return self.attributes.apply(possible[likelihoods.argmax(axis=1)], self.attributes.parse(source or ""))

    def _told(self, source, count):
        """The conditions of `count` faces if `source` leaves no attribute out, else None."""
        if isinstance(source, np.ndarray):
            return source
        wishes = self.attributes.parse(source or "")
        complete = set(wishes) == set(self.attributes.names)
        return np.tile(self.attributes.vector(wishes), (count, 1)) if complete else None

    def _drawn(self, attributes, count, seed):
        """Draws noise `(count, noise_size)` and conditions `(count, len(attributes))` for `count` faces."""
        if count < 1:
            raise FaceganError(f"count must be at least 1. Received: {count}")
        seed = np.random.SeedSequence().entropy if seed is None else seed
        randoms = [np.random.default_rng([seed, index]) for index in range(count)]
        conditions = self._conditions(self.attributes.parse(attributes), randoms)
        return self._noise(randoms), conditions

    def _conditions(self, wishes, randoms):
        combinations = self.networks.conditions()
        counts = np.array(list(self.networks.combinations.values()), "float64")
        fitting = self.attributes.matching(combinations, wishes)
        if fitting.any():
            combinations, counts = combinations[fitting], counts[fitting]
        # Where nobody in the training data has these attributes, they are set on anybody.
        shares = counts / counts.sum()
        chosen = [random.choice(len(shares), p=shares) for random in randoms]
        return self.attributes.apply(combinations[chosen], wishes)

    def _noise(self, randoms):
        size = self.networks.recipe.networks.generator.noise_size
        return np.stack([random.standard_normal(size, "float32") for random in randoms])

    def _in_batches(self, compiled, by_face, *others):
        images = []
        for start in range(0, len(by_face[0]), BATCH):
            part = [array[start : start + BATCH] for array in by_face]
            images += to_images(denormalise(compiled.predict_on_batch([*part, *others])))
            self.on_faces(len(part[0]))
        return images


def _are_several(images):
    """Whether these are several images: a list, or an array `(count, height, width, 3)`."""
    return isinstance(images, list) or getattr(images, "ndim", 3) == 4


def _great_circle(start, end, part):
    """Spherical interpolation between vectors `(count, k)` by shares `(count, 1)` in 0..1."""
    first, last = (vectors / np.linalg.norm(vectors, axis=1, keepdims=True) for vectors in (start, end))
    angle = np.arccos(np.clip(np.sum(first * last, axis=1, keepdims=True), -1, 1))
    return (np.sin((1 - part) * angle) * start + np.sin(part * angle) * end) / np.maximum(np.sin(angle), 1e-6)
