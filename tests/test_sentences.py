"""Plain words, held to sentences that were written down before the vocabulary was finished."""

from pathlib import Path

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from facegan import sentences as words
from facegan.attributes import Attributes
from facegan.lexicon import MEANINGS
from facegan.sentences import parse_sentence, suggest_word

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


# Words never do the opposite


@pytest.mark.parametrize("text, editing, wishes, unknown", sentences("never_the_opposite"))
def test_every_sentence_does_what_it_says_or_says_what_it_does_not_know(text, editing, wishes, unknown):
    found = parse_sentence(text, Attributes(), editing)
    assert (found.wishes, found.unknown) == (wishes, unknown)
    # Nothing is passed over in silence, except for what is to stay as it is.
    stays = {"KEEP", "NOT", "REMOVE", "INSTEAD"}
    meanings = {meaning for token in words._tokens(text, MEANINGS) for meaning in token.meaning or ()}
    assert wishes or unknown or meanings & stays


@pytest.mark.parametrize("text", ["withot glasses", "removve the glasses", "a man wihtout any glasses"])
def test_after_a_misspelt_negation_nothing_is_asked_for(text):
    found = parse_sentence(text, Attributes())
    assert "glasses" not in found.wishes
    assert "did you mean 'without'" in str(found.remarks(Attributes())) or "'remove'" in str(
        found.remarks(Attributes())
    )


NEGATED = """
remove the ugly glasses; take off those thick glasses; no reading glasses; remove my grandmother's glasses
undo the glasses; rid him of his specs; stop wearing glasses; a man who hates glasses
a guy free of glasses; remove the big and ugly glasses
used to wear glasses; a man who used to wear glasses
remove the hat and the glasses; no big, ugly glasses; remove the old glasses; remove the gray glasses
take the ugly glasses off; a woman without any kind of glasses; she never ever wears glasses; without a beard or glasses
the person isn't wearing those horrible black glasses; swap the glasses for a hat; replace the glasses with a hat
no goofy pink glasses please; the ugly glasses should be gone; remove the old man's glasses; lose those nerdy specs
不戴黑框眼镜; 摘掉厚厚的眼镜; 摘掉那副难看的黑色眼镜; 没有戴任何眼镜的女人; 取下爷爷的眼镜
去掉帽子和眼镜; 別戴眼鏡; 別戴著眼鏡; 不要那副丑眼镜
"""
NEITHER = """
keep the glasses; don't remove the glasses; don't take the glasses off; everything except the glasses
keep everything except the glasses; don't make him older; don't turn him into a woman; 保留眼镜; 别摘眼镜; 不要变老
"""


def listed(text):
    return [sentence.strip() for line in text.strip().splitlines() for sentence in line.split(";")]


@pytest.mark.parametrize("editing", [False, True])
@pytest.mark.parametrize("text", listed(NEGATED))
def test_a_negation_is_never_lost(text, editing):
    wishes = parse_sentence(text, Attributes(), editing).wishes
    assert wishes["glasses"] == "0" and "hair" not in wishes and "age" not in wishes


@pytest.mark.parametrize("text", listed(NEITHER))
def test_what_is_to_stay_is_no_wish(text):
    assert parse_sentence(text, Attributes(), editing=True).wishes == {}


ADJECTIVES = st.one_of(
    st.text(st.characters(codec="utf-8", categories=("L", "N")), min_size=1, max_size=12),
    st.sampled_from(sorted(phrase for phrase, meaning in MEANINGS.items() if meaning)),
)

FRAMES = ["remove the {} glasses", "no {} glasses", "he wears no {} glasses", "不戴{}眼镜", "摘掉{}眼镜"]


@settings(deadline=None, max_examples=400)
@given(ADJECTIVES, st.sampled_from(FRAMES))
@example("thick", "remove the {} glasses")
@example("老", "摘掉{}眼镜")
@example("white", "no {} glasses")
def test_any_adjective_leaves_a_negation_intact(adjective, frame):
    attributes = Attributes()
    text = frame.format(adjective)
    tokens = list(words._tokens(text, words._meanings(attributes)))
    things = [token.is_thing for token in tokens]
    # What is no adjective, such as "but" or another negation, may end it; joined to its neighbours it is another word.
    begun = frame.split("{}")[0].split()
    assume(things.count(True) == 1 and things[-1])
    middle = tokens[len(begun) if begun[0].isascii() else 1 : -1]
    assume(all(token.is_adjective or token.kind == "filler" for token in middle))
    assume(tokens[0].kind in ("NOT", "REMOVE", "pronoun"))
    for editing in (False, True):
        assert parse_sentence(text, attributes, editing).wishes.get("glasses") == "0"


EDITS = """
make the man on the left older | age=old
give the woman glasses | glasses=1
put glasses on my dad | glasses=1
给这位女士戴上眼镜 | glasses=1
keep the glasses and make him old | age=old
make this woman a man | gender=male
turn the old man into a young woman | age=young, gender=female
make the blonde woman brunette | hair=brown
give a woman glasses | glasses=1
put glasses on a man | glasses=1
make a man older | age=old
change a man to a woman | gender=female
make her a man | gender=male
make a woman | gender=female
as a woman | gender=female
让我妈妈变年轻 | age=young
把这个老男人变成年轻女人 | age=young, gender=female
给我爸爸戴眼镜 | glasses=1
把戴眼镜的女人变老 | age=old
把頭髮變成金色 | hair=blond
返老还童 | age=young
remove the glasses from the man | glasses=0
make my grandmother young | age=young
"""


@pytest.mark.parametrize("line", EDITS.strip().splitlines())
def test_who_is_edited_is_not_what_to_become(line):
    text, wishes = line.split(" | ")
    assert parse_sentence(text, Attributes(), editing=True).wishes == dict(
        wish.split("=") for wish in wishes.split(", ")
    )


@pytest.mark.parametrize(
    "text, said",
    [
        ("a young old man", ["young and old"]),
        ("a man or a woman", ["male and female"]),
        ("blond black hair", ["blond and black"]),
        ("又老又年轻的女人", ["old and young"]),
        ("from young to old", []),
        ("with and without glasses", ["glasses and no glasses"]),
        ("with and without very thick glasses", ["glasses and no glasses"]),
        ("glasses, no glasses", []),
    ],
)
def test_contradictions_are_said(text, said):
    assert parse_sentence(text, Attributes()).contradictions == said


def test_misspelled_words_have_a_suggestion():
    attributes = Attributes()
    assert [suggest_word(word, attributes) for word in ("glases", "Blodn", "yuong", "ginger", "bald", "kid")] == [
        "glasses", "blond", "young", None, None, None,
    ]  # fmt: skip


AGES = {
    "a woman aged 25": "young",
    "aged 60": "old",
    "a thirty-year-old man": "young",
    "sixty-five years old": "old",
    "aged 34": "young",
    "aged 35": None,
    "aged 49": None,
    "aged 50": "old",
    "七十岁": "old",
    "十十岁": "young",
    f"{'9' * 5000}岁": "old",
}


@pytest.mark.parametrize("text", AGES)
def test_ages(text):
    assert parse_sentence(text, Attributes()).wishes.get("age") == AGES[text]


def test_the_colour_of_a_person_is_not_that_of_the_hair():
    found = parse_sentence("a black woman with white hair", Attributes())
    assert found.wishes == {"gender": "female", "hair": "gray"} and found.unknown == ["black"]
    assert found.contradictions == []
    edit = parse_sentence("make the gray hair black", Attributes(), editing=True)
    assert edit.wishes == {"hair": "black"} and edit.contradictions == []


@settings(deadline=None, max_examples=300)
@given(st.lists(st.one_of(st.sampled_from([*sorted(MEANINGS), *",.，。、\n岁十9 "]), st.text(max_size=5)), max_size=12))
def test_any_text_can_be_parsed(parts):
    attributes = Attributes()
    for text in (" ".join(parts), "".join(parts)):
        for editing in (False, True):
            found = parse_sentence(text, attributes, editing)
            assert (
                attributes.parse(", ".join(f"{name}={value}" for name, value in found.wishes.items())) == found.wishes
            )
