"""Sentences to attributes: "a young blonde woman with glasses", "把头发变成黑色".

A vocabulary and a few rules, in English and Chinese at once:

- The last mention holds: "change her blond hair to black".
- "Keep" belongs to the attributes after it in its clause or, where there are none, to the one before.
- A negation applies to the next attribute named, whatever words are in between, up to "and", "but", "with" or the end
  of the clause. At the end of a clause it applies to the attribute before: "take her glasses off".
- A colour applies to the hair or skin next to it.
- Adjectives that describe a thing do not describe the person: "the old glasses".
- In an edit, "the woman" identifies the person, and "a woman" is the requested result.
- Unknown words are returned, never dropped. After one that may be a misspelt negation or a verb ("kepp the glasses"),
  nothing is requested.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from itertools import dropwhile, takewhile

from facegan import lexicon
from facegan.attributes import Attributes, closest
from facegan.errors import FaceganError
from facegan.standard_attributes import OPPOSITE, STANDARD_ATTRIBUTES

_AGE = next(item for item in STANDARD_ATTRIBUTES if item.years)
# Attributes with a noun that an adjective describes, and those with more than two values.
_NAMED = frozenset(item.name for item in STANDARD_ATTRIBUTES if item.nouns)
_CHOICES = frozenset(item.name for item in STANDARD_ATTRIBUTES if len(item.values) > 2)
_TRADITIONAL = str.maketrans(
    "鏡頭髮膚臉頰變換個這給讓將沒無張爺媽頭顏圖畫請幫為還從們來過會樣應該麼紀齡邁蒼陽輕銀歲長帶別刪轉亞"
    "與兩箇爲瞭夥彆動厭發後嗎員婦孃帥並併慘曬淺點紳脫視討記較裏裡麪黃著",
    "镜头发肤脸颊变换个这给让将没无张爷妈头颜图画请帮为还从们来过会样应该么纪龄迈苍阳轻银岁长带别删转亚"
    "与两个为了伙别动厌发后吗员妇娘帅并并惨晒浅点绅脱视讨记较里里面黄着",
)
_IDEOGRAPH = "\u4e00-\u9fff"
_DIGITS = {digit: value for value, digit in enumerate("零一二三四五六七八九")}


@dataclass(frozen=True)
class ParsedSentence:
    """The meaning of a sentence.

    Attributes:
        wishes: `{attribute: value}`, as `Attributes.parse` returns it.
        unknown: the unknown words.
        contradictions: attributes that have two values in one clause, as in `"young and old"`; the last one holds.
    """

    wishes: dict[str, str]
    unknown: list[str]
    contradictions: list[str] = field(default_factory=list)

    def remarks(self, attributes: Attributes) -> list[str]:
        """Returns a line about the unknown words, and one for each contradiction."""
        suggestions = ((word, suggest_word(word, attributes)) for word in self.unknown)
        words = [f"{word} (did you mean '{known}'?)" if known else word for word, known in suggestions]
        unknown = [f"not understood: {', '.join(words)}"] if words else []
        return unknown + [f"contradiction: {both}; the last one counts" for both in self.contradictions]


def parse_sentence(text: str, attributes: Attributes, editing: bool = False) -> ParsedSentence:
    """Parses a sentence.

    Args:
        text: English or Chinese.
        attributes: the model's.
        editing: whether the sentence describes an edit, so that "she" and "the woman" identify the person.

    >>> parse_sentence("an old man with a hat and no glasses", Attributes())
    ParsedSentence(wishes={'age': 'old', 'gender': 'male', 'glasses': '0'}, unknown=['hat'], contradictions=[])
    >>> parse_sentence("remove the ugly glasses of the woman on the left", Attributes(), editing=True).wishes
    {'glasses': '0'}
    >>> parse_sentence("把她的头发变成黑色", Attributes(), editing=True).wishes
    {'hair': 'black'}
    """
    meanings = _meanings(attributes)
    return _Reading(list(_tokens(text, meanings)), attributes, editing).read()


def interpret_sentence(text: str, attributes: Attributes, editing: bool = False) -> tuple[dict[str, str], list[str]]:
    """Parses a sentence and describes how it was understood.

    Args:
        text: as for `parse_sentence`.
        attributes: the model's.
        editing: as for `parse_sentence`.

    Returns:
        `{attribute: value}`, and remarks on which words were understood and which were not.

    Raises:
        FaceganError: the sentence names no attribute of the model.
    """
    found = parse_sentence(text, attributes, editing)
    remarks = found.remarks(attributes)
    if not found.wishes:
        described = "".join(f"; {remark}" for remark in remarks)
        raise FaceganError(f"'{text}' names no attribute of this model: {', '.join(attributes.names)}{described}")
    return found.wishes, [f"understood: {attributes.describe(found.wishes)}", *remarks]


def suggest_word(word: str, attributes: Attributes) -> str | None:
    """Returns the known word that an unknown word may be a misspelling of, or None."""
    known = [phrase for phrase, meaning in _meanings(attributes).items() if meaning and len(phrase) > 3]
    keeping = [phrase for phrase in known if _meanings(attributes)[phrase] == ("KEEP",)]
    # "Keep" is short, and overlooking it would have the opposite effect.
    return closest(word, known, 0.79) or closest(word, keeping, 0.74)


@lru_cache(maxsize=8)
def _meanings(attributes: Attributes) -> dict[str, tuple[str, ...]]:
    return lexicon.MEANINGS | {
        phrase: (f"{item.name}=1",)
        for item in attributes.items
        if item.is_switch and not item.nouns
        for phrase in (
            item.name.lower().replace("_", " "),
            item.name.lower().removeprefix("wearing_").replace("_", " "),
        )
    }


@dataclass(frozen=True)
class _Token:
    words: str
    meaning: tuple[str, ...] | None  # None: unknown
    place: int

    @property
    def kind(self) -> str:
        """`unknown`, `filler`, `pronoun`, `value`, `tone`, `noun`, or a role in capitals."""
        if self.meaning is None:
            return "unknown"
        if not self.meaning:
            return "filler"
        if self.words in lexicon.PRONOUNS:
            return "pronoun"
        if self.first in _NAMED:
            return "noun"
        return "value" if "=" in self.first else "tone" if "?" in self.first else self.first

    @property
    def first(self) -> str:
        """The first of its meanings, or nothing."""
        return self.meaning[0] if self.meaning else ""

    @property
    def is_person(self) -> bool:
        """Whether it is a noun for a person."""
        return self.words in lexicon.PERSONS

    @property
    def is_thing(self) -> bool:
        """Whether it is a noun for something that a person has or wears: glasses, or an attribute of the user's own."""
        name, _, value = self.first.partition("=")
        return value == "1" and name not in _NAMED

    @property
    def is_adjective(self) -> bool:
        """Whether it can describe a thing or a person; words without a meaning may."""
        return self.kind in ("unknown", "tone") or (self.kind == "value" and not self.is_person and not self.is_thing)


@dataclass
class _Reading:
    """The state of reading a sentence."""

    tokens: list[_Token]
    attributes: Attributes
    editing: bool
    wishes: dict[str, str] = field(default_factory=dict)
    unknown: list[_Token] = field(default_factory=list)
    contradictions: list[str] = field(default_factory=list)
    # "Not blond" leaves open which colour it is to be.
    excluded: list[tuple[str, _Token]] = field(default_factory=list)
    negation: _Token | None = None  # of the next attribute
    object_named: bool = False  # a word without a meaning since the negation: it may be what is negated
    by_verb: bool = False  # a verb since the negation
    last_negation: _Token | None = None
    dropped: bool = False  # the next attribute is excluded
    kept: bool = False  # attributes are to stay as they are
    kept_last: str | None = None  # the attribute before the word for it: "眼镜不变"
    after_kept: bool = False  # an attribute after that word, to which it then belongs
    asked: bool = False  # a verb in this clause that asks for what follows
    both: bool = False  # the next attribute is wished for with and without
    moved: bool = False  # "from this to that" in this clause
    nouns: list[list] = field(default_factory=list)  # hair and skin in this clause, as [noun, has its colour]
    tones: list[_Token] = field(default_factory=list)  # colours that wait for their noun
    clause: dict[str, str] = field(default_factory=dict)  # attributes named in this clause
    last: str | None = None  # the one named last
    before: str | None = None  # the one named last in earlier clauses: "her glasses are ugly, remove them"
    refers_back: bool = False  # a word in this clause that may stand for it

    def read(self) -> ParsedSentence:
        subjects = self.subjects() if self.editing else set()
        for index, token in enumerate(self.tokens):
            if index not in subjects:
                self.token(index, token)
            elif token.meaning is None:
                self.unknown.append(token)
        self.end_clause()
        self.unknown += [
            replace(token, words=_not(token.words)) for name, token in self.excluded if name not in self.wishes
        ]
        unknown = sorted(self.unknown, key=lambda token: token.place)
        return ParsedSentence(self.wishes, _joined(unknown), self.contradictions)

    def subjects(self) -> set[int]:
        """The places of words that identify the person: "the old man", "this woman", "给女士"."""
        found: set[int] = set()
        for start, token in enumerate(self.tokens):
            before = self.tokens[start - 1].words if start else ""
            indefinite = token.words in lexicon.INDEFINITE and before in lexicon.BEFORE_SUBJECT | lexicon.BEFORE_OBJECT
            if not (indefinite or token.words in lexicon.DEFINITE | lexicon.BEFORE_SUBJECT):
                continue
            end = start + 1
            while end < len(self.tokens) and not self.tokens[end].is_person and self.may_describe(self.tokens[end]):
                end += 1
            if end == len(self.tokens) or not self.tokens[end].is_person:
                continue
            following = self.tokens[end + 1] if end + 1 < len(self.tokens) else None
            # "Make a woman" alone, or "of him", is about what it is to become.
            if before in lexicon.BEFORE_OBJECT and indefinite and (not following or following.words in ("of", "out")):
                continue
            found |= set(range(start, end + 1))
        return found

    def may_describe(self, token: _Token) -> bool:
        # "把戴眼镜的女人": what a person wears stands before.
        worn = not token.words.isascii() and (token.is_thing or token.words.startswith(("戴", "有")))
        return (
            worn
            or token.is_adjective
            or token.words in lexicon.HAIRED | lexicon.DEFINITE | lexicon.CLASSIFIERS | {"的", "same", "very"}
        )

    def describes_thing(self, index: int) -> bool:
        """Whether an adjective is a thing's: directly before it, or after a negation with others between."""
        for place in range(index + 1, len(self.tokens)):
            token = self.tokens[place]
            if token.is_thing:
                following = self.tokens[place + 1] if place + 1 < len(self.tokens) else None
                return not (following and following.words in lexicon.WEAR)
            if not (self.negation and (token.is_adjective or token.is_person or token.words in lexicon.LISTS | {"的"})):
                return False
        return False

    def may_be_verb(self, index: int) -> bool:
        """Whether a word without a meaning may be a verb with an object: "the glasses", "her black hair"."""
        clause = list(takewhile(lambda token: token.kind != "BREAK", self.tokens[index + 1 :]))
        negated = self.negation or any(token.kind in ("NOT", "REMOVE") for token in clause)
        if self.asked or negated or not clause or clause[0].words not in lexicon.DEFINITE:
            return False
        noun = next(dropwhile(lambda token: token.is_adjective, clause[1:]), None)
        return noun is not None and (noun.is_thing or noun.kind == "noun")

    def token(self, index: int, token: _Token) -> None:
        kind = token.kind
        if kind == "unknown":
            self.unknown.append(token)
            self.object_named |= bool(self.negation)
            meant = _meanings(self.attributes).get(suggest_word(token.words, self.attributes) or "", ())
            # "Withot glasses" must not put them on, nor "zap the glasses".
            self.kept |= bool({"NOT", "REMOVE", "KEEP", "INSTEAD"}.intersection(meant)) or self.may_be_verb(index)
        elif kind == "pronoun":
            if not self.editing:
                self.values(token)
        elif kind == "BREAK":
            self.coordinate(index, token)
        elif kind in ("NOT", "REMOVE"):
            self.negate(token)
        elif kind == "KEEP":
            self.kept |= not self.negation
            self.kept_last = self.last if self.kept else None
        elif kind == "WITH" or token.words in lexicon.WEAR:
            ends = kind == "WITH" or (self.negation and self.negation.words in lexicon.NOUN_NEGATIONS)
            if ends and self.object_named:
                self.negation = None
            self.by_verb |= kind != "WITH"
        elif kind == "BOTH":
            self.both = True
        elif kind == "OR":
            self.negation = self.negation or self.last_negation
        elif kind == "INSTEAD":
            self.dropped = True
        elif kind == "noun":
            for name in token.meaning or ():
                self.noun(name)
        elif kind == "tone":
            if self.describes_thing(index):
                self.unknown.append(token)
            else:
                self.tone(index, token)
        elif kind == "value":
            if not token.is_thing and self.describes_thing(index):
                self.unknown.append(token)
            else:
                self.values(token)
        self.refers_back |= token.words in ("it", "them", "those", "these")
        self.moved |= token.words in lexicon.TO
        # "I have to" asks for the next verb's.
        self.asked = token.words in lexicon.ASKING or (self.asked and token.words != "to")
        self.by_verb |= token.words in lexicon.VERBS | lexicon.TO

    def negate(self, token: _Token) -> None:
        if token.kind == "REMOVE" and self.negation and self.negation.kind == "NOT" and not self.object_named:
            self.negation, self.kept = None, True  # "don't remove"
        elif self.dropped or (self.negation and self.negation.kind == token.kind == "REMOVE"):
            pass  # "instead of without"; "扔掉" is to be removed once
        else:
            self.negation = None if self.negation and not self.object_named else token
        self.object_named = self.by_verb = False

    def coordinate(self, index: int, token: _Token) -> None:
        """Ends a clause, except at the "and" of "remove the hat and the glasses" and "no big and ugly glasses"."""
        negation = self.negation or self.last_negation
        following = index + 1
        if negation and token.words in lexicon.LISTS:
            removing = negation.kind == "REMOVE"
            while following < len(self.tokens) and (
                (self.tokens[following].is_adjective and not self.tokens[following].is_thing)
                or (removing and self.tokens[following].words in lexicon.DEFINITE | lexicon.INDEFINITE)
            ):
                following += 1
            is_thing = following < len(self.tokens) and self.tokens[following].is_thing
            if is_thing and (
                removing or (self.negation and following > index + 1 and self.tokens[index - 1].is_adjective)
            ):
                self.end_clause()
                self.negation = negation
                return
        self.end_clause()

    def values(self, token: _Token) -> None:
        wishes = [part.split("=") for part in token.meaning or ()]
        if self.dropped:
            self.dropped = False
            return
        negation = self.negation
        for attribute, value in wishes:
            self.negation = negation
            self.value(attribute, value, token)

    def value(self, attribute: str, value: str, token: _Token) -> None:
        negation = self.negation
        if attribute not in self.attributes.names or (value == OPPOSITE and not self.editing):
            self.unknown.append(token)
        elif self.kept or (negation and self.is_unclear(attribute, value, token)):
            self.after_kept = True  # "Don't make him older" asks for nothing.
        elif negation and attribute in _CHOICES:
            self.excluded.append((attribute, token))
        else:
            opposite = self.attributes.find(attribute).opposite(value)
            if opposite and negation:
                value, opposite = opposite, value
            if opposite and self.both:
                self.clause[attribute], value, self.both = value, opposite, False
            # "Make the gray hair black" is none.
            changed = self.moved or (self.editing and attribute in _NAMED)
            if self.clause.get(attribute, value) != value and not changed:
                self.contradictions.append(
                    " and ".join(self.said(attribute, each) for each in (self.clause[attribute], value))
                )
            # First out, so that the order is that of the last mention.
            self.wishes.pop(attribute, None)
            self.wishes[attribute] = self.clause[attribute] = value
            self.last = attribute
            for noun in self.nouns:
                noun[1] |= noun[0] == attribute
        self.last_negation, self.negation = negation, None

    def is_unclear(self, attribute: str, value: str, token: _Token) -> bool:
        """Whether a negated value may stay as it is, rather than become the opposite: "don't make him old"."""
        return (
            token.words in lexicon.COMPARATIVES
            or value == OPPOSITE
            or (self.editing and self.by_verb and not self.attributes.find(attribute).keeps_identity)
        )

    def said(self, attribute: str, value: str) -> str:
        """A value in words."""
        return self.attributes.find(attribute).phrase(value) if value in ("0", "1") else value

    def noun(self, noun: str) -> None:
        waiting, self.tones = self.tones, []
        self.nouns.append([noun, False])
        for token in waiting:
            if noun in _by_noun(token):
                self.value(noun, _by_noun(token)[noun], token)
            else:
                self.tones.append(token)

    def tone(self, index: int, token: _Token) -> None:
        if self.dropped:
            self.dropped = False
            return
        after = self.tokens[index + 1] if index + 1 < len(self.tokens) else None
        if after and after.is_person and token.meaning != ("hair?gray",):
            self.unknown.append(token)  # "A black woman" may have any hair.
            return
        if after and (after.kind == "tone" or (after.kind == "value" and after.first.split("=")[0] in _CHOICES)):
            return  # "dark" of "dark brown"
        fitting = [noun for noun in self.nouns if noun[0] in _by_noun(token)]
        if (after and after.kind == "noun") or not fitting:
            self.tones.append(token)
            return
        negation = self.negation
        for noun in [noun for noun in fitting if not noun[1]] or fitting[-1:]:
            self.negation = negation
            self.value(noun[0], _by_noun(token)[noun[0]], token)

    def end_clause(self) -> None:
        if self.negation and self.last and not self.object_named:
            if self.last_negation:
                del self.wishes[self.last]  # "don't take the glasses off"
            else:
                self.invert(self.last)
        if self.negation and self.negation.kind == "REMOVE" and self.refers_back and not self.last and self.before:
            self.invert(self.before)
        if self.kept_last and not self.after_kept:
            self.wishes.pop(self.kept_last, None)
        for token in self.tones:
            # Of a person, gray is the hair.
            if token.meaning == ("hair?gray",):
                self.value("hair", "gray", token)
            else:
                self.unknown.append(token)
        # "Make hair and skin darker."
        self.nouns = [noun for noun in self.nouns if not noun[1]]
        self.before = next((name for name in (self.last, self.before) if name in self.wishes), None)
        self.tones, self.clause, self.last, self.refers_back = [], {}, None, False
        self.negation = self.last_negation = None
        self.object_named = self.by_verb = self.dropped = self.kept = self.moved = self.asked = self.both = False
        self.kept_last, self.after_kept = None, False

    def invert(self, attribute: str) -> None:
        """Replaces a wish by its opposite, if it has one."""
        value = self.wishes[attribute]
        self.wishes[attribute] = self.attributes.find(attribute).opposite(value) or value


def _by_noun(token: _Token) -> dict[str, str]:
    return dict(part.split("?") for part in token.meaning or ())


def _not(words: str) -> str:
    return f"不是{words}" if re.match(f"[{_IDEOGRAPH}]", words) else f"not {words}"


def _joined(tokens: Iterable[_Token]) -> list[str]:
    """The words of tokens; ideographs that stand together are one word."""
    words: list[str] = []
    end = None
    for token in tokens:
        if token.place == end and re.match(f"[{_IDEOGRAPH}]", token.words):
            words[-1] += token.words
        else:
            words.append(token.words)
        end = token.place + len(token.words)
    return words


def _tokens(text: str, meanings: Mapping[str, tuple[str, ...]]) -> Iterator[_Token]:
    """All words of a text and the ends of its clauses."""
    text = text.lower().replace("’", "'").translate(_TRADITIONAL)
    for match in _pattern(meanings).finditer(text):
        words, place = match.group(), match.start()
        if age := match["age"] or match["aged"] or match["years"]:
            yield _Token(words, _by_age(age), place)
        elif match["span"]:
            yield _Token(words, (), place)
        elif match["less"]:
            yield _Token("younger", meanings["younger"], place)
        elif match["more"]:
            yield _Token("older", meanings["older"], place)
        elif match["stop"]:
            yield _Token(words, ("BREAK",), place)
        elif words in meanings:
            yield _Token(words, meanings[words], place)
        elif words.endswith("'s") and words[:-2] in meanings:
            yield _Token(words[:-2], meanings[words[:-2]], place)
        elif "-" in words and all(part in meanings for part in words.split("-")):
            for part in words.split("-"):
                yield _Token(part, meanings[part], place)
        else:
            yield _Token(words, None, place)


def _pattern(meanings: Iterable[str]) -> re.Pattern[str]:
    ordered = sorted(meanings, key=len, reverse=True)
    english = "|".join(re.escape(phrase) for phrase in ordered if phrase.isascii())
    chinese = "|".join(phrase for phrase in ordered if not phrase.isascii())
    digits, tens = f"[\\d{''.join(_DIGITS)}十]+", "|".join(lexicon.TENS)
    number = rf"(?:\d+|(?:{tens})(?:[- ]\w+)?|{'|'.join(lexicon.NUMBERS)})"
    years = rf"(?:(?:{number}|an?) (?:years?|decades?)|years|decades)"
    less = rf"(?:take|taking|knock|shave|cut) (?:off {years}|{years} (?:off|away))|(?:drop|lose|remove) {years}"
    return re.compile(
        # How much younger or older, which is not how old.
        rf"(?P<less>\b(?:{less})\b|(?:小|减|减去|减掉|去掉|年轻){digits}[多几]?岁)"
        rf"|(?P<more>\b(?:add|put) (?:on )?{years}(?: on)?\b|(?:大|加|加上|增加){digits}[多几]?岁)"
        rf"|\b(?P<age>\d+|{tens})(?:[- ]\w+)?[- ]?years?[- ]old\b"
        r"|\baged? (?P<aged>\d+)\b"
        rf"|(?P<span>\b{number} (?:years?|decades?)\b|(?<=[轻老]){digits}岁)"
        rf"|(?P<years>{digits})[多几]?岁"
        r"|(?P<stop>[,;.!?，；。！？、\n])"
        rf"|(?<![\w'-])(?:{english})(?![\w'-])|{chinese}"
        rf"|[{_IDEOGRAPH}]|(?:(?![{_IDEOGRAPH}])[\w'-])+"
    )


def _by_age(number: str) -> tuple[str, ...] | None:
    if "十" in number:
        tens, _, ones = number.partition("十")
        years = 10 * _DIGITS.get(tens, 1) + _DIGITS.get(ones, 0)
    elif number in lexicon.TENS:
        years = lexicon.TENS[number]
    else:
        years = int("".join(str(_DIGITS.get(digit, digit)) for digit in number[:4]))
    value = _AGE.at_age(years)
    return (f"{_AGE.name}={value}",) if value else None
