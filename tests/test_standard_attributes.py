"""A new standard attribute is a new row, and nothing else."""

import subprocess
import sys

# One with a column of CelebA's, one with columns that it lacks, which have a noun in sentences.
ADD_ROWS = """
from facegan import standard_attributes
from facegan.standard_attributes import CELEBA_COLUMNS, Attribute

rows = (
    Attribute(
        "smile", ("Smiling",), words={"smiling": "1"}, keeps_identity=False, sentence_words={"1": "smiling, 微笑"}
    ),
    Attribute(
        "eyes",
        ("Blue_Eyes", "Green_Eyes"),
        values=("blue", "green", "other"),
        adjectives={"blue": "blue, 蓝色", "green": "green"},
        nouns="eyes, 眼睛",
    ),
)
standard_attributes.STANDARD_ATTRIBUTES += rows
standard_attributes.STANDARD_NAMES += tuple(row.name for row in rows)
"""


def run(script):
    subprocess.run([sys.executable, "-c", ADD_ROWS + script], check=True)


def test_a_model_may_have_a_new_attribute():
    run("""
from facegan.attributes import Attributes, usual_names

attributes = Attributes()
assert attributes.names == ("gender", "age", "glasses", "skin", "hair", "smile", "eyes")
assert attributes.columns[-3:] == ("Smiling", "Blue_Eyes", "Green_Eyes")
assert usual_names(CELEBA_COLUMNS) == attributes.names[:-1]
assert usual_names(("Green_Eyes", "Male", "Blue_Eyes")) == ("gender", "eyes")
assert attributes.vector({"smile": "1", "eyes": "green"}).tolist() == [0] * 8 + [1, 0, 1]
""")


def test_faces_are_drawn_without_a_new_attribute():
    run("""
from facegan.data.drawn import draw, face_at
from facegan.data.source import open_source

source = open_source("drawn", count=3)
assert source.columns[:4] == ("Male", "Young", "Eyeglasses", "Pale_Skin") and len(source.columns) == 8
assert source.labels.tolist() == [face_at(0, index).labels.tolist() for index in range(3)]
assert source.read(source.names[2], 32) == draw(face_at(0, 2), 32)
""")


def test_wishes_and_sentences_may_name_a_new_attribute():
    run("""
from facegan.attributes import Attributes
from facegan.edits import Edit
from facegan.sentences import parse_sentence

attributes = Attributes()
edit = Edit.parse(attributes, "smiling:0.5, eyes=green")
assert edit == Edit({"smile": "1", "eyes": "green"}, strengths={"smile": 0.5})


def parsed(text, editing=False):
    found = parse_sentence(text, attributes, editing)
    return found.wishes, found.unknown


assert parsed("a smiling woman with blue eyes") == ({"smile": "1", "gender": "female", "eyes": "blue"}, [])
assert parsed("微笑的男人，蓝色眼睛") == ({"smile": "1", "gender": "male", "eyes": "blue"}, [])
assert parsed("remove the smile", editing=True) == ({"smile": "0"}, [])
assert parsed("make the green eyes blue", editing=True) == ({"eyes": "blue"}, [])
# It keeps no identity.
assert parsed("don't make her smiling", editing=True) == ({}, [])
# Which of the other colours is open.
assert parsed("a man whose eyes are not green") == ({"gender": "male"}, ["not green"])
""")
