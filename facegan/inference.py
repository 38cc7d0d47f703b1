"""A trained model in use: generate faces, edit faces. What `facegan.load` returns."""

import json
import zipfile
from pathlib import Path

import numpy as np

from facegan.errors import FaceganError
from facegan.images import crop_square, denormalise, load_image, normalise, open_image, to_array, to_images
from facegan.photos.photo import blend_faces, select_faces

MODEL_FILE = "model.keras"
# Where a run is by default, and the model that is there without one.
RUN = "run"
PACKAGED = "celeba128"
PACKAGE_FOLDER = Path(__file__).parent / "pretrained"
_CLASS = "facegan>FaceGAN"
# Faces that go through the networks together: enough to be fast, few enough for any memory.
BATCH = 32


def find_model(path=None):
    """The model file that `path` means.

    Args:
        path: a file; the folder of a run, for the `model.keras` in it; the name of a model that comes with the package
            (`celeba128`); or None, for the run in the folder `run` if there is one, else the package's own.

    Raises:
        FaceganError: there is none.
    """
    if path is None:
        path = RUN if (Path(RUN) / MODEL_FILE).exists() else PACKAGED
    file = Path(path) / MODEL_FILE if Path(path).is_dir() else Path(path)
    if not file.exists():
        packaged = {file.stem: file for file in PACKAGE_FOLDER.glob("*.keras")}
        if str(path) in packaged:
            return packaged[str(path)]
        raise FaceganError(
            f"there is no model at {file}; train one with `facegan train`, or name another"
            f" (with the package comes: {', '.join(sorted(packaged))})"
        )
    return file


def describe(path=None):
    """What a model file says of itself, read without loading the networks.

    Args:
        path: as for `find_model`.

    Returns:
        A dictionary: `recipe`, `image_size`, `attribute_names`, `columns`, `combinations` and `record`.

    Raises:
        FaceganError: no such file, or something else than a facegan model.
    """
    file = find_model(path)
    try:
        with zipfile.ZipFile(file) as archive:
            config = json.loads(archive.read("config.json"))
    except (OSError, ValueError, KeyError, zipfile.BadZipFile) as error:
        raise FaceganError(f"{file} is not a facegan model") from error
    if not isinstance(config, dict) or config.get("registered_name") != _CLASS:
        raise FaceganError(f"{file} is a Keras model, but not one of facegan's")
    return config["config"]


def load(path=None, precision="auto"):
    """Loads a trained model.

    Args:
        path: a `.keras` file that `facegan train` wrote, the folder of its run, or `"celeba128"`, which comes with the
            package; as for `find_model`.
        precision: `"float32"`, `"bfloat16"`, or `"auto"`: what is faster on this machine.

    Returns:
        A `FaceModel`.

    Raises:
        FaceganError: no such file, something else than a facegan model, or a damaged one.
    """
    describe(path)
    file = find_model(path)
    from facegan.models.file import load_networks

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
        on_faces: called with a number of faces whenever so many more are made, for a progress bar.

    Example:

    >>> import facegan
    >>> model = facegan.load("run")  # doctest: +SKIP
    >>> face = model.generate("female, young, glasses")  # doctest: +SKIP
    >>> without = model.edit(face, "glasses=0, hair=black")  # doctest: +SKIP
    """

    def __init__(self, networks):
        from facegan.models.compiled import Compiled

        self.networks = networks
        self._generate, self._likelihoods = Compiled(networks, "generate"), Compiled(networks, "likelihoods")
        self._edit, self._edit_likeliest = Compiled(networks, "edit"), Compiled(networks, "edit_likeliest")
        self.attributes = networks.attributes
        self.size = networks.image_size
        self.on_faces = lambda count: None

    def generate(self, attributes="", count=None, seed=None):
        """Makes faces.

        Args:
            attributes: what they shall be like: `"female, glasses=1, hair=blond"` or a dictionary. What is left out
                is drawn from how often it occurs together with the rest in the training data.
            count: how many; None for a single face.
            seed: the same seed gives the same faces, whatever `count` is.

        Returns:
            A `PIL.Image`, or a list of them if `count` is given.

        Raises:
            FaceganError: an attribute or value that the model does not know.
        """
        images, _ = self.generate_with_conditions(attributes, count or 1, seed)
        return images if count is not None else images[0]

    def generate_with_conditions(self, attributes="", count=1, seed=None):
        """Like `generate`; returns the faces and what each was asked to be, `(count, len(attributes))` float32."""
        noise, conditions = self._drawn(attributes, count, seed)
        return self._in_batches(self._generate, [noise, conditions]), conditions

    def generate_each(self, conditions, seed):
        """A face for each condition vector `(count, len(attributes))`; the same seed gives the same faces."""
        randoms = [np.random.default_rng([seed, index]) for index in range(len(conditions))]
        return self._in_batches(self._generate, [self._noise(randoms), conditions])

    def walk(self, attributes="", count=2, seed=None, frames=12):
        """Faces on the way from each of `count` generated faces to the next.

        The noise goes along a great circle, so that it stays as long as normally distributed noise is (White 2016);
        the attributes go straight.

        Args:
            attributes, count, seed: as for `generate`.
            frames: pictures from one face to the next.

        Returns:
            A list of `(count - 1) * frames + 1` `PIL.Image`s.
        """
        noise, conditions = self._drawn(attributes, count, seed)
        parts = np.append(np.tile(np.arange(frames) / frames, count - 1), 1.0).astype("float32")[:, None]
        starts = np.append(np.repeat(np.arange(count - 1), frames), count - 2)
        straight = lambda ends: (1 - parts) * ends[starts] + parts * ends[starts + 1]
        noise = _great_circle(noise[starts], noise[starts + 1], parts)
        return self._in_batches(self._generate, [noise, straight(conditions)])

    def edit(self, images, attributes, strength=1.0, source=None):
        """Changes attributes of faces.

        Args:
            images: an aligned face, as `images.open_image` takes it: a path, a `PIL.Image` or an array; or several:
                a list of these, or an array `(count, height, width, 3)`. Any size; a centred square is resized.
            attributes: what to change: `"glasses=1, hair=black"` or a dictionary.
            strength: 0 changes nothing, 1 is what the model learnt, more exaggerates.
            source: what the faces are like now, in the same form, or as condition vectors `(count, k)`. What it
                leaves out, the model finds out by itself.

        Returns:
            The edited faces, of the model's size, as what was given: image, array or list.

        Raises:
            FaceganError: an attribute or value that the model does not know.
        """
        wishes = self._wishes(attributes)
        several = isinstance(images, list) or getattr(images, "ndim", 3) == 4
        loaded = [open_image(image) for image in (images if several else [images])]
        arrays = normalise(to_array([crop_square(image, self.size) for image in loaded]))
        # The condition walks from what is to what shall be, and beyond it for strengths above 1.
        towards = lambda now: now + strength * (self.attributes.apply(now, wishes) - now)
        now = self._told(source, len(arrays))
        if now is not None:
            edited = self._in_batches(self._edit, [arrays, now, towards(now)])
        else:
            possible = self.networks.conditions()
            now = self.attributes.apply(possible, self._wishes(source or ""))
            edited = self._in_batches(self._edit_likeliest, [arrays], possible, now, towards(now))
        if isinstance(images, np.ndarray):
            edited = to_array(edited)
        elif several:
            edited = [np.asarray(e) if isinstance(i, np.ndarray) else e for e, i in zip(edited, images)]
        return edited if several else edited[0]

    def edit_photo(self, picture, attributes, strength=1.0, source=None, which=None):
        """Changes faces where they are in a photo; the rest of it stays as it was, to the pixel.

        Args:
            picture: of any size, as `images.load_image` takes it: a path, a `PIL.Image` or an array.
            attributes, strength, source: as for `edit`.
            which: the number of a face, 1 for the largest, or `"all"`; 1 by default.

        Returns:
            A `PIL.Image` of the photo's size, with its colour profile and transparency.

        Raises:
            FaceganError: no such face, or too small a one; an attribute or value that the model does not know.
        """
        photo = load_image(picture)
        faces, _ = select_faces(photo.rgb, self.size, which)
        edited = self.edit([face.crop for face in faces], attributes, strength, source)
        return photo.restore(blend_faces(photo.rgb, faces, edited))

    def attributes_of(self, images):
        """What the model takes faces to be: a dictionary `{attribute: value}` for each of a list of images."""
        return [self.attributes.values(vector) for vector in self.conditions_of(images)]

    def conditions_of(self, images, source=None):
        """What faces are like, as `edit` takes it for `source`.

        Args:
            images: a list, as for `edit`.
            source: what is known already, as for `edit`.

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
        # The combination, of those that occur in the training data, that is found to match best.
        return self.attributes.apply(possible[likelihoods.argmax(axis=1)], self._wishes(source or ""))

    def _wishes(self, attributes):
        if isinstance(attributes, str):
            return self.attributes.parse(attributes)
        return self.attributes.parse(", ".join(f"{name}={value}" for name, value in attributes.items()))

    def _told(self, source, count):
        """Condition vectors of `count` faces, if `source` leaves nothing out; else None."""
        if isinstance(source, np.ndarray):
            return source
        wishes = self._wishes(source or "")
        complete = set(wishes) == set(self.attributes.names)
        return np.tile(self.attributes.vector(wishes), (count, 1)) if complete else None

    def _drawn(self, attributes, count, seed):
        """What `count` faces are made of: noise `(count, noise_size)` and conditions `(count, len(attributes))`."""
        seed = np.random.SeedSequence().entropy if seed is None else seed
        randoms = [np.random.default_rng([seed, index]) for index in range(count)]
        conditions = self._conditions(self._wishes(attributes), randoms)
        return self._noise(randoms), conditions

    def _conditions(self, wishes, randoms):
        combinations = self.networks.conditions()
        counts = np.array(list(self.networks.combinations.values()), "float64")
        fitting = self.attributes.matching(combinations, wishes)
        if fitting.any():
            combinations, counts = combinations[fitting], counts[fitting]
        # Where nobody in the training data is like this, the wishes are set on anybody.
        shares = counts / counts.sum()
        chosen = [random.choice(len(shares), p=shares) for random in randoms]
        return self.attributes.apply(combinations[chosen], wishes)

    def _noise(self, randoms):
        return np.stack([random.standard_normal(self.networks.recipe.networks.generator.noise_size, "float32") for random in randoms])

    def _in_batches(self, compiled, by_face, *others):
        images = []
        for start in range(0, len(by_face[0]), BATCH):
            part = [array[start : start + BATCH] for array in by_face]
            images += to_images(denormalise(compiled.predict_on_batch([*part, *others])))
            self.on_faces(len(part[0]))
        return images


def _great_circle(start, end, part):
    """Spherical interpolation: `(count, k)` vectors, and `(count, 1)` how far, 0..1."""
    unit = lambda vectors: vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    angle = np.arccos(np.clip(np.sum(unit(start) * unit(end), axis=1, keepdims=True), -1, 1))
    return (np.sin((1 - part) * angle) * start + np.sin(part * angle) * end) / np.maximum(np.sin(angle), 1e-6)
