"""Edits: parsed once, and written so that they can be parsed again."""

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from facegan.attributes import Attributes
from facegan.edits import Edit
from facegan.errors import FaceganError

ATTRIBUTES = Attributes()
DIGITS = st.integers(0, 10**40)
NUMBERS = st.builds(
    "{}{}{}{}".format, st.sampled_from(["", "-", "+"]), DIGITS, st.sampled_from(["", ".", ".000"]), DIGITS
)
WISHES = st.sampled_from(["glasses=1", "gender=opposite", "blonde", "hair=other", "Male=0", "young", "skin=normal"])


@settings(deadline=None)
@given(st.dictionaries(WISHES, st.one_of(st.just(""), NUMBERS.map(":{}".format)), max_size=3))
@example({"glasses=1": ":0.00001"})
@example({"glasses=1": ":" + "1" * 30})
@example({"glasses=1": ":0." + "0" * 400 + "1"})
@example({"glasses=1": ": -0"})
@example({"glasses=1": ":.5"})
@example({"glasses=1": ":2."})
def test_the_text_of_an_edit_is_that_edit(parts):
    try:
        edit = Edit.parse(ATTRIBUTES, ", ".join(wish + strength for wish, strength in parts.items()))
    except FaceganError as error:
        assert "cannot be both" in str(error)
    else:
        assert Edit.parse(ATTRIBUTES, str(edit)) == edit


def test_a_strength_is_written_without_an_exponent():
    assert str(Edit.parse(ATTRIBUTES, "glasses=1:0.00001, blond:2")) == "glasses=1:0.00001, hair=blond:2.0"


def test_a_strength_is_finite():
    with pytest.raises(FaceganError, match="the strength of 'glasses' must be finite"):
        Edit.parse(ATTRIBUTES, "glasses=1:" + "9" * 400)


@pytest.mark.parametrize("wishes", [("male, female",), ("male", {"gender": "female"}), ("male:0.5", "female:0.5")])
def test_an_attribute_has_one_value(wishes):
    with pytest.raises(FaceganError, match="'gender' cannot be both 'male' and 'female'"):
        Edit.parse(ATTRIBUTES, *wishes)
