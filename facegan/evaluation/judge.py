"""The judge: an independent classifier of the label columns that measures edits and is never used in training.

It is EfficientNet-lite2 with ImageNet weights, fine-tuned on the labels of the training photos. Training uses lite0 and
lite1, and shares no loss, augmentation or weight with the judge, so an edit that exploits the networks it was trained
with does not fool the judge.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import keras
import numpy as np
from keras import layers

from facegan.errors import FaceganError, first_line
from facegan.features.efficientnet import build_efficientnet_lite
from facegan.model_files import read_description
from facegan.models.saving import load_weights
from facegan.tensors import Tensor

JUDGE_FILE = "judge.keras"
# The version of the judge's training; figures from different versions are not comparable.
VERSION = 4
BACKBONE = "lite2"
# Faces are resized to this side, because the backbone was trained on images larger than 128 pixels.
INPUT_SIZE = 160
FEATURES = 512
DROPOUT = 0.3
_BATCH_SIZE = 64


class Predictions(NamedTuple):
    """The judge's predictions for some faces.

    Attributes:
        probabilities: `(count, columns)` float64, shifted so that 0.5 is each column's threshold.
        features: `(count, FEATURES)` float64, the input of the last layer.
    """

    probabilities: np.ndarray
    features: np.ndarray


@keras.saving.register_keras_serializable("facegan")
class Judge(keras.Model):
    """Classifies faces by label columns.

    Args:
        image_size: height and width of the faces.
        columns: the label columns' names.
        thresholds: for each column, the logit above which it is predicted; zeros by default.
        data: `info` of the `PreparedFaces` that it was trained on.
        version: of its training.
        input_size: the side to which faces are resized, a multiple of 32.
        pretrained: whether the backbone starts from ImageNet weights.
    """

    def __init__(
        self,
        image_size: int,
        columns: Sequence[str],
        thresholds: Sequence[float] | None = None,
        data: dict[str, Any] | None = None,
        version: int = VERSION,
        input_size: int = INPUT_SIZE,
        pretrained: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.image_size, self.input_size, self.version = image_size, input_size, version
        self.columns = tuple(columns)
        self.thresholds = np.zeros(len(columns)) if thresholds is None else np.asarray(thresholds, "float64")
        # Inside another dictionary, because Keras wraps dictionaries that are set as attributes.
        self._data = [data]
        self.network = build_network(image_size, len(columns), input_size, pretrained)
        self.built = True

    @property
    def data(self) -> dict[str, Any] | None:
        """`info` of the `PreparedFaces` that it was trained on."""
        return self._data[0]

    def get_config(self) -> dict[str, Any]:
        """Returns the constructor's arguments; the weights of a saved judge replace the pretrained ones."""
        return {
            "name": self.name,
            "image_size": self.image_size,
            "columns": list(self.columns),
            "thresholds": self.thresholds.tolist(),
            "data": self.data,
            "version": self.version,
            "input_size": self.input_size,
        }

    def call(self, images: Tensor, training: bool = False) -> Tensor:
        """Returns logits `(batch, columns)` of faces `(batch, size, size, 3)`, 0 to 255."""
        return self.network(images, training=training)[0]

    def classify(self, images: np.ndarray) -> Predictions:
        """Classifies faces `(count, size, size, 3)` uint8."""
        logits, features = self.logits_and_features(images)
        return Predictions(1 / (1 + np.exp(self.thresholds - logits)), features)

    def logits_and_features(self, images: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Returns logits `(count, columns)` and features `(count, FEATURES)`: means over face and mirror image."""
        both = [self.network.predict(way, batch_size=_BATCH_SIZE, verbose=0) for way in (images, images[:, :, ::-1])]
        logits, features = (np.mean(pair, axis=0, dtype="float64") for pair in zip(*both, strict=True))
        return logits, features


def build_network(image_size: int, columns: int, input_size: int = INPUT_SIZE, pretrained: bool = False) -> keras.Model:
    """Builds a network from faces `(batch, size, size, 3)`, 0 to 255, to logits and features, both float32."""
    images = keras.Input((image_size, image_size, 3), name="images")
    tensor = layers.Rescaling(1 / 127.5, offset=-1, dtype="float32")(images)
    if input_size != image_size:
        tensor = layers.Resizing(input_size, input_size, dtype="float32")(tensor)
    tensor = build_efficientnet_lite(BACKBONE, input_size, pretrained)(tensor)[-1]
    tensor = layers.ReLU(6.0)(layers.Conv2D(FEATURES, 1, name="head_convolution")(tensor))
    features = layers.GlobalAveragePooling2D(dtype="float32")(tensor)
    logits = layers.Dense(columns, dtype="float32", name="logits")(layers.Dropout(DROPOUT, dtype="float32")(features))
    return keras.Model(images, [logits, features])


def load_judge(path: str | Path) -> Judge:
    """Loads a judge from its file.

    Raises:
        FaceganError: the file cannot be read, or the judge was trained by another version of facegan.
    """
    try:
        described = read_description(Path(path), "facegan>Judge")
        if described["version"] != VERSION:
            raise FaceganError("it was trained by another version of facegan")
        judge = Judge(**described)
        load_weights(judge, Path(path))
    # Keras, h5py and zipfile raise different exceptions for a damaged file.
    except Exception as error:
        raise FaceganError(
            f"cannot read the judge in {path}: {first_line(error)}; delete the file to train a new one"
        ) from error
    return judge
