"""What a model file contains is checked before it is believed."""

import json
import zipfile

import pytest

from facegan.errors import FaceganError
from facegan.model_files import describe


@pytest.fixture
def rewrite(model_file, tmp_path):
    """`rewrite(image_size=7)`: a copy of a model's file with other values in its description."""

    def write(**changes):
        with zipfile.ZipFile(model_file) as archive:
            config = json.loads(archive.read("config.json"))
        config["config"] |= changes
        path = tmp_path / "changed.keras"
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("config.json", json.dumps(config))
        return path

    return write


def test_a_model_that_is_whole_is_described(model_file, rewrite):
    assert describe(rewrite()) == describe(model_file)


@pytest.mark.parametrize(
    "changes, message",
    [
        ({"image_size": 7}, "its image size is not valid"),
        ({"image_size": True}, "its image size is not valid"),
        ({"attribute_names": []}, "its attribute names is not valid"),
        ({"attribute_names": ["hat"]}, "unknown attribute 'hat'"),
        ({"columns": [1]}, "its columns is not valid"),
        ({"combinations": {}}, "its combinations is not valid"),
        ({"combinations": {"01": 3}}, "its combinations are not valid"),
        ({"combinations": {"00000002": 3}}, "its combinations are not valid"),
        ({"combinations": {"00000001": -3}}, "its combinations are not valid"),
        ({"record": {}}, "its record is not valid"),
        ({"record": None}, "its record is not valid"),
        ({"recipe": []}, "its recipe is not valid"),
        ({"recipe": {"name": "x", "batch_size": "many"}}, "batch_size must be an integer"),
        ({"preset": {}}, "written by an earlier version of facegan; train it again"),
    ],
)
def test_contents_that_are_not_valid_are_named(rewrite, changes, message):
    with pytest.raises(FaceganError, match=message) as caught:
        describe(rewrite(**changes))
    assert "\n" not in str(caught.value)
