"""The vocabulary: words to vectors and back, at most one hair colour, and mistakes said clearly."""

import numpy as np
import pytest

from facegan.attributes import Attributes, usual_names
from facegan.errors import FaceganError
from facegan.regions import AROUND_FACE, EYES, WHOLE
from facegan.standard_attributes import CELEBA_COLUMNS, HAIR_COLUMNS, STANDARD_NAMES

STANDARD = Attributes()
HAIR = slice(4, 8)


def test_celeba_has_forty_columns():
    assert len(set(CELEBA_COLUMNS)) == 40
    assert set(STANDARD.columns) <= set(CELEBA_COLUMNS)


def test_the_standard_attributes_make_eight_columns():
    assert STANDARD.names == STANDARD_NAMES == ("gender", "age", "glasses", "skin", "hair")
    assert STANDARD.columns == ("Male", "Young", "Eyeglasses", "Pale_Skin", *HAIR_COLUMNS)
    assert len(STANDARD) == 8


@pytest.mark.parametrize(
    "text, wishes",
    [
        ("gender=female, glasses=1, blond", {"gender": "female", "glasses": "1", "hair": "blond"}),
        ("Male, OLD , pale", {"gender": "male", "age": "old", "skin": "1"}),
        ("woman,grey", {"gender": "female", "hair": "gray"}),
        ("glasses", {"glasses": "1"}),
        ("Eyeglasses=no, Male=1, young=0", {"glasses": "0", "gender": "male", "age": "old"}),
        ("hair=none, skin=normal", {"hair": "other", "skin": "0"}),
        ("male, gender=male", {"gender": "male"}),
        ("", {}),
        (" , ", {}),
    ],
)
def test_parse_reads_what_people_write(text, wishes):
    assert STANDARD.parse(text) == wishes


@pytest.mark.parametrize(
    "text, says",
    [
        ("glases=1", "did you mean 'glasses'"),
        ("hair=blnd", "did you mean 'blond'"),
        ("hair=pink", "black, blond, brown, gray, other"),
        ("femal", "did you mean 'female'"),
        ("male, female", "'gender' cannot be both 'male' and 'female'"),
        ("Smiling=1", "unknown attribute 'Smiling'"),
        ("glasses=", "unknown value ''"),
        ("=1", "unknown attribute ''"),
        ("0", "unknown attribute '0'"),
    ],
)
def test_parse_says_what_it_does_not_understand(text, says):
    with pytest.raises(FaceganError) as caught:
        STANDARD.parse(text)
    assert says in str(caught.value)


@pytest.mark.parametrize(
    "names, says",
    [
        (["glases"], "did you mean 'glasses'"),
        (["gender", "Male"], "the same label column twice"),
        (["hair", "Blond_Hair"], "the same label column twice"),
        ([], "no attribute was named"),
    ],
)
def test_attributes_say_what_cannot_be_chosen(names, says):
    with pytest.raises(FaceganError, match=says):
        Attributes(names)


def test_a_column_that_is_an_attribute_by_itself_becomes_it():
    attributes = Attributes(["Eyeglasses", "Young", "Gray_Hair", "Narrow_Eyes", "Smiling"])
    assert attributes.names == ("glasses", "age", "Gray_Hair", "Narrow_Eyes", "Smiling")
    assert [item.region for item in attributes.items] == [EYES, WHOLE, AROUND_FACE, EYES, WHOLE]
    assert attributes.parse("Eyeglasses=1") == {"glasses": "1"}


def test_an_attribute_needs_all_its_columns_in_the_data():
    available = ("Black_Hair", "Smiling")
    assert Attributes(["smiling"], available).columns == ("Smiling",)
    with pytest.raises(FaceganError, match="unknown attribute 'hair'"):
        Attributes(["hair"], available)


def test_every_value_survives_the_vector():
    for item in STANDARD.items:
        for value in item.values:
            assert STANDARD.values(STANDARD.vector({item.name: value}))[item.name] == value


def test_apply_leaves_the_other_attributes_alone_and_its_input_too():
    before = STANDARD.vector({"gender": "male", "hair": "black"})
    kept = before.copy()
    after = STANDARD.apply(before, {"hair": "gray"})
    assert STANDARD.values(after) == STANDARD.values(before) | {"hair": "gray"}
    assert after[HAIR].tolist() == [0, 0, 0, 1]
    assert (before == kept).all()
    assert STANDARD.apply(before, {"hair": "other"})[HAIR].tolist() == [0, 0, 0, 0]


def test_hair_columns_exclude_each_other_also_as_single_attributes():
    single = Attributes(["Black_Hair", "Smiling", "Blond_Hair"])
    assert single.apply([1, 1, 0], {"Blond_Hair": "1"}).tolist() == [0, 1, 1]
    assert single.apply([1, 1, 0], {"Blond_Hair": "0"}).tolist() == [1, 1, 0]


def test_select_keeps_the_first_of_two_hair_colours():
    labels = np.zeros((2, 40), "uint8")
    labels[0, [CELEBA_COLUMNS.index("Blond_Hair"), CELEBA_COLUMNS.index("Brown_Hair")]] = 1
    labels[1, [CELEBA_COLUMNS.index("Gray_Hair"), CELEBA_COLUMNS.index("Male")]] = 1
    vectors = STANDARD.select(labels, CELEBA_COLUMNS)
    assert vectors.dtype == np.float32
    assert vectors.tolist() == [[0, 0, 0, 0, 0, 1, 0, 0], [1, 0, 0, 0, 0, 0, 0, 1]]


def test_nearest_is_the_condition_of_the_likeliest_values():
    probabilities = [[0.9, 0.2, 0.6, 0, 0.6, 0.7, 0, 0], [0.4, 0.6, 0, 0.5, 0.1, 0.2, 0.3, 0.4]]
    assert STANDARD.nearest(probabilities).tolist() == [[1, 0, 1, 0, 0, 1, 0, 0], [0, 1, 0, 0, 0, 0, 0, 0]]


def test_matching_finds_the_vectors_with_all_wishes():
    texts = ("male, black", "male, young, black", "male", "black")
    vectors = np.stack([STANDARD.vector(STANDARD.parse(text)) for text in texts])
    assert STANDARD.matching(vectors, {"gender": "male", "hair": "black"}).tolist() == [True, True, False, False]
    assert STANDARD.matching(vectors, {"hair": "other"}).tolist() == [False, False, True, False]
    assert STANDARD.matching(vectors, {}).all()


def faces(count=3000):
    """Condition vectors as they occur: hardly any glasses."""
    random = np.random.default_rng(0)
    vectors = np.zeros((count, 8), "float32")
    vectors[:, :4] = random.random((count, 4)) < [0.4, 0.8, 0.02, 0.04]
    colour = random.integers(0, 5, count)
    vectors[colour < 4, 4 + colour[colour < 4]] = 1
    return vectors


def changes(before, after):
    pairs = [(STANDARD.values(a), STANDARD.values(b)) for a, b in zip(before, after, strict=True)]
    return np.array([[a[name] != b[name] for name in STANDARD.names] for a, b in pairs])


def test_changed_changes_one_or_two_attributes_and_each_equally_often():
    before = faces()
    after = STANDARD.changed(before, np.random.default_rng(1))
    what = changes(before, after)
    assert set(what.sum(axis=1)) == {1, 2}
    assert (what.sum(axis=1) == 1).mean() == pytest.approx(0.5, abs=0.04)
    assert what.mean(axis=0) == pytest.approx([0.3] * 5, abs=0.04)
    assert after[:, HAIR].sum(axis=1).max() == 1
    assert set(np.unique(after)) == {0, 1}


def test_changed_depends_on_the_random_generator_alone():
    before = faces(50)
    kept = before.copy()
    first, second, other = (STANDARD.changed(before, np.random.default_rng(seed)) for seed in (1, 1, 2))
    assert (first == second).all() and (first != other).any()
    assert (before == kept).all()


@pytest.mark.parametrize("names", [["glasses"], ["Black_Hair", "Blond_Hair"]])
def test_changed_never_returns_what_was_there(names):
    attributes = Attributes(names)
    random = np.random.default_rng(0)
    before = np.zeros((200, len(attributes)), "float32")
    before[:100, 0] = 1
    after = attributes.changed(before, random)
    assert (before != after).any(axis=1).all()


def test_describe_reads_as_one_line():
    assert STANDARD.describe({"gender": "female", "glasses": "0", "skin": "1", "hair": "gray"}) == (
        "female, no glasses, pale skin, gray hair"
    )


def test_without_names_a_model_has_what_its_data_has():
    assert usual_names(CELEBA_COLUMNS) == STANDARD_NAMES
    assert usual_names((*CELEBA_COLUMNS, "Tattoo")) == (*STANDARD_NAMES, "Tattoo")
    assert usual_names(("Tattoo", "Smiling", "Black_Hair", "Male")) == ("gender", "Tattoo", "Smiling", "Black_Hair")
