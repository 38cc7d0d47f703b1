"""Plain words, held to sentences that were written down before the vocabulary was finished."""

from pathlib import Path

import pytest

from facegan.attributes import Attributes
from facegan.sentences import parse_sentence

FOLDER = Path(__file__).parent / "sentences"


def sentences(language):
    """`(text, editing, wishes, unknown)` of a language's file."""
    found = []
    for line in (FOLDER / f"{language}.txt").read_text("utf-8").splitlines():
        if not line.startswith("#"):
            text, wishes, unknown = (part.strip() for part in line.split("|"))
            wishes = dict(wish.split("=") for wish in wishes.split(", ") if wish)
            found.append(
                (text.removeprefix("> "), text.startswith("> "), wishes, [w for w in unknown.split(", ") if w])
            )
    return found


@pytest.mark.parametrize("language", ["english", "chinese"])
def test_nearly_all_sentences_are_understood_fully(language):
    attributes, all_of_them = Attributes(), sentences(language)
    assert len(all_of_them) >= 150
    wrong = []
    for text, editing, wishes, unknown in all_of_them:
        found = parse_sentence(text, attributes, editing)
        if (found.wishes, found.unknown) != (wishes, unknown):
            wrong.append(f"{text}: {found.wishes} {found.unknown}, not {wishes} {unknown}")
    share = 1 - len(wrong) / len(all_of_them)
    print(f"\n{language}: {share:.3f} of {len(all_of_them)} sentences\n" + "\n".join(wrong))
    assert share >= 0.95


def test_one_model_knows_what_another_does_not():
    text = "a young woman with a hat, smiling"
    assert parse_sentence(text, Attributes()).unknown == ["hat", "smiling"]
    own = parse_sentence(text, Attributes(["gender", "Smiling", "Wearing_Hat"]))
    assert own.wishes == {"gender": "female", "Wearing_Hat": "1", "Smiling": "1"} and own.unknown == ["young"]
    assert parse_sentence("remove the hat", Attributes(["Wearing_Hat"]), editing=True).wishes == {"Wearing_Hat": "0"}


def test_languages_mix_and_odd_text_is_no_error():
    attributes = Attributes()
    assert parse_sentence("戴 glasses 的 woman", attributes).wishes == {"glasses": "1", "gender": "female"}
    for text in ("", "   ", "...", "ééé", "1234", "🙂", "-", "'", "no", "不", "instead of", "岁", "old" * 1000):
        assert parse_sentence(text, attributes).wishes == {}


def test_who_it_is_about_is_not_what_to_make():
    attributes = Attributes()
    assert parse_sentence("she wears glasses", attributes).wishes == {"gender": "female", "glasses": "1"}
    assert parse_sentence("she wears glasses", attributes, editing=True).wishes == {"glasses": "1"}
