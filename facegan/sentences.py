"""Sentences to attributes: "a young blonde woman with glasses", "把头发变成黑色".

A vocabulary and a few rules, in English and Chinese at once:

- The last mention holds: "change her blond hair to black".
- A negation belongs to the next attribute named, whatever words stand between, up to "and", "but", "with" or the end of
  the clause. At its end it belongs to the attribute before: "take her glasses off".
- A colour belongs to the hair or skin it stands at.
- Adjectives of a thing are not the person's: "the old glasses".
- When a face is edited, "the woman" is who it is, and "a woman" what it is to become.
- Words without a meaning are returned, never dropped.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from difflib import get_close_matches

from facegan.attributes import Attributes

# Meaning: words. `attribute=value` is the attribute's own; `hair?black` only with hair; the others are in capitals.
_ENGLISH = {
    "gender=female": (
        "woman, women, female, females, girl, girls, lady, ladies, gal, chick, feminine, actress, queen, mother, mom, "
        "aunt, wife, daughter, sister, businesswoman"
    ),
    "gender=male": (
        "man, men, male, males, guy, guys, boy, boys, gentleman, gentlemen, dude, masculine, actor, king, father, dad, "
        "uncle, husband, son, brother, businessman"
    ),
    "gender=female age=old": "grandmother, grandma, granny",
    "gender=male age=old": "grandfather, grandpa, granddad",
    "age=young": (
        "young, younger, youthful, teenage, teenager, teen, rejuvenate, rejuvenated, twenties, thirties, 20s, 30s"
    ),
    "age=old": (
        "old, older, elderly, senior, aged, oldish, elder, wrinkled, age him, age her, age them, age it, age the, "
        "age this, age my, fifties, sixties, seventies, eighties, 50s, 60s, 70s, 80s"
    ),
    "glasses=1": (
        "glasses, eyeglasses, spectacles, specs, sunglasses, shades, eyewear, bespectacled, spectacled, goggles"
    ),
    "skin=1": "pale, paler, pallid, ashen",
    "skin=0": "tan, tanned, swarthy",
    "hair=blond": "blond, blonde, blonds, blondes",
    "hair=brown": "brunette, brunet, chestnut",
    "hair?black": "black",
    "hair?brown": "brown",
    "hair?blond": "golden",
    "hair?gray": "gray, grey, silver",
    "hair?gray skin?1": "white, whiter",
    "hair?black skin?0": "dark, darker, darken",
    "hair?blond skin?1": "fair",
    "skin?1": "light, lighter, lighten",
    "skin?0": "normal, ordinary",
    "HAIR": "hair, haired, hairs",
    "SKIN": "skin, skinned, complexion",
    "NOT": (
        "no, not, without, never, neither, nor, less, no longer, no more, used to, don't, doesn't, isn't, aren't, "
        "didn't, won't, shouldn't, mustn't, wasn't, hasn't, haven't, can't, cannot, couldn't, wouldn't, lacks, "
        "lacking, minus"
    ),
    "REMOVE": (
        "remove, removes, removed, removing, delete, erase, drop, lose, off, take off, taking off, get rid of, "
        "disappear, vanish, gone, away, undo, ditch, discard, swap, replace, leave out, leave off, cut out, strip off"
    ),
    "KEEP": "keep, keeps, keeping, leave, preserve, retain",
    "WITH": "with",
    "OR": "or",
    "INSTEAD": "instead of, rather than, except, except for, apart from",
    "BREAK": "and, but, then, while",
    "HE": "he",
    "SHE": "she",
    "": (
        "a, an, the, of, wearing, wear, wears, who, whose, which, that, this, those, these, has, have, having, had, "
        "is, are, be, am, was, should, would, could, can, will, does, do, did, anymore, any, ever, kind, please, "
        "generate, show, me, draw, create, paint, want, i, i'd, i'm, like, to, see, it, its, him, her, his, hers, "
        "their, them, they, you, your, we, us, my, our, in, on, at, from, for, by, as, into, person, people, somebody, "
        "someone, anybody, face, faces, portrait, picture, photo, image, very, really, quite, so, bit, little, more, "
        "much, slightly, somewhat, naturally, natural, long, short, pair, two, some, make, makes, take, takes, turn, "
        "change, give, put, add, let, look, looks, looking, appear, seem, dye, bleach, color, colour, colored, "
        "coloured, tone, wig, again, what, how, gender, sex, years, year, nothing, first, also, too, all, same, "
        "everything, both, there, just, only, now"
    ),
}
_CHINESE = {
    "gender=female": (
        "女性, 女人, 女士, 女子, 女孩, 女孩子, 女生, 女郎, 女演员, 妇女, 妇人, 小姐, 姑娘, 美女, 阿姨, 妈妈, 女人味, "
        "女性化, 女"
    ),
    "gender=male": (
        "男性, 男人, 男士, 男子, 男孩, 男孩子, 男生, 男演员, 先生, 帅哥, 叔叔, 爸爸, 绅士, 男人味, 男性化, 男"
    ),
    "gender=female age=young": "少女, 小姑娘, 年轻姑娘",
    "gender=male age=young": "少年, 小伙子, 小伙",
    "gender=female age=old": "老太太, 老奶奶, 奶奶, 老妇人, 老妇, 老婆婆, 外婆",
    "gender=male age=old": "老爷爷, 爷爷, 老头, 老头子, 老先生, 老大爷, 大爷, 老伯, 外公",
    "age=young": "返老还童, 年轻, 年轻人, 青年, 年青",
    "age=old": "老人, 老年, 老年人, 年老, 年迈, 上了年纪, 衰老, 苍老, 高龄, 老",
    "glasses=1": "眼镜, 墨镜, 太阳镜, 太阳眼镜, 近视镜, 老花镜",
    "skin=1": "苍白, 白皙, 惨白",
    "skin=0": "晒黑",
    "hair=black": "黑发",
    "hair=blond": "金发",
    "hair=brown": "棕发, 褐发",
    "hair=gray": "白发, 灰发, 银发, 花白, 灰白",
    "hair?black skin?0": "黑, 黑色, 深, 深色",
    "hair?brown": "棕, 棕色, 褐色, 咖啡色",
    "hair?blond": "金, 金色, 金黄, 金黄色",
    "hair?gray": "灰, 灰色, 银, 银色",
    "hair?gray skin?1": "白, 白色",
    "skin?1": "浅, 浅色",
    "skin?0": "正常, 普通",
    "HAIR": "头发, 长发, 短发, 发色, 发",
    "SKIN": "皮肤, 肤色, 脸色, 肤",
    "NOT": "不, 没, 没有, 无, 未, 别, 不要, 不是, 不再, 不戴, 没戴",
    "REMOVE": "去掉, 去除, 摘掉, 摘下, 摘, 取下, 取掉, 拿掉, 拿走, 脱掉, 脱下, 删除, 删掉, 移除, 卸下, 消失",
    "KEEP": "保留, 保持, 留着",
    "INSTEAD": "而不是, 除了",
    "BREAK": "并且, 而且, 然后, 和, 再",
    "HE": "他",
    "SHE": "她",
    "": (
        "的, 得, 地, 一个, 一位, 一名, 一张, 一副, 副, 任何, 一些, 一点, 一下, 个, 位, 名, 张, 两个, 这个, 那个, 这, "
        "那, 们, 他的, 她的, 他们, 我, 你, 请, 帮我, 帮, 给, 给我, 看, 看看, 生成, 画, 想要, 想, 要, 把, 将, 让, 使, "
        "变成, 变得, 变, 换成, 换, 改成, 改为, 改, 弄成, 弄, 染成, 染, 戴着, 戴上, 戴, 加上, 加, 添加, 增加, 带, 有, "
        "是, 又, 也, 既, 更, 很, 非常, 比较, 稍微, 有点, 看起来, 像, 样子, 人, 脸, 面孔, 照片, 照片里, 图片, 里, 上, "
        "下来, 来, 了, 着, 掉, 应该, 如果, 会是, 会, 什么样, 什么, 都, 做, 重新, 先, 从, 到, 那么, 这么, 能不能, 可以, "
        "吗, 吧, 性别, 在, 与, 跟, 而, 就, 还, 不做, 都不做"
    ),
}
_MEANINGS = {
    phrase.strip(): tuple(meaning.split())
    for vocabulary in (_ENGLISH, _CHINESE)
    for meaning, phrases in vocabulary.items()
    for phrase in phrases.split(",")
}
_OPPOSITE = {"female": "male", "male": "female", "young": "old", "old": "young", "0": "1", "1": "0"}


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


# Words that have no meaning of their own, but show what others are about.
_DEFINITE = _words("the this that these those my our your his her their its 这 那 这个 那个 他的 她的 我")
_INDEFINITE = _words("a an some any two 一个 一位 一名 一张 一副")
_CLASSIFIERS = frozenset("个位名张副")
_BEFORE_SUBJECT = _words("give on for from 给 给我 把 将 让 使 帮 帮我") | {"age the", "age this", "age my"}
_BEFORE_OBJECT = _words("make turn change let")
_VERBS = _BEFORE_OBJECT | _words("put give add dye bleach wear wears wearing has have to into as")
_TO = _words("to into 变成 变得 变 换成 换 改成 改为 改 弄成 弄 染成 染")
_WEAR = _words("wear wears wearing has have having")
_HAIRED = frozenset(("haired", "skinned"))
_NOUN_NEGATIONS = frozenset(("no", "without", "no more", "lacks", "lacking", "minus", "无"))
_COMPARATIVES = _words("younger older paler whiter darker lighter darken lighten rejuvenate")
_LISTS = frozenset((",", "and", "、", "，", "和"))
# Adjectives among the words for a gender; the others are nouns.
_GENDER_ADJECTIVES = _words("female feminine male masculine 女性化 女人味 男性化 男人味 女 男")
_PERSONS = _words("person people face portrait 人 脸 老人 老年人 年轻人 青年")
_TRADITIONAL = str.maketrans(
    "鏡頭髮膚臉頰變換個這給讓將沒無張爺媽頭顏圖畫請幫為還從們來過會樣應該麼紀齡邁蒼陽輕銀歲長帶戴別刪轉亞棕",
    "镜头发肤脸颊变换个这给让将没无张爷妈头颜图画请帮为还从们来过会样应该么纪龄迈苍阳轻银岁长带戴别删转亚棕",
)
_IDEOGRAPH = "\u4e00-\u9fff"
_YOUNG_BELOW, _OLD_FROM = 40, 50
_DIGITS = {digit: value for value, digit in enumerate("零一二三四五六七八九")}


@dataclass(frozen=True)
class ParsedSentence:
    """The meaning of a sentence.

    Attributes:
        wishes: `{attribute: value}`, as `Attributes.parse` returns it.
        unknown: the words without a meaning.
        contradictions: attributes that have two values in one clause, as in `"young and old"`; the last one holds.
    """

    wishes: dict[str, str]
    unknown: list[str]
    contradictions: list[str] = field(default_factory=list)


def parse_sentence(text: str, attributes: Attributes, editing: bool = False) -> ParsedSentence:
    """Parses a sentence.

    Args:
        text: English or Chinese.
        attributes: the model's.
        editing: whether it is about the edit of a face: "she" and "the woman" then are who it is.

    >>> parse_sentence("an old man with a hat and no glasses", Attributes())
    ParsedSentence(wishes={'age': 'old', 'gender': 'male', 'glasses': '0'}, unknown=['hat'], contradictions=[])
    >>> parse_sentence("remove the ugly glasses of the woman on the left", Attributes(), editing=True).wishes
    {'glasses': '0'}
    >>> parse_sentence("把她的头发变成黑色", Attributes(), editing=True).wishes
    {'hair': 'black'}
    """
    meanings = _meanings(attributes)
    tokens = [_Token(*token) for token in _tokens(text, meanings)]
    return _Reading(tokens, attributes.names, editing).read()


def suggest_word(word: str, attributes: Attributes) -> str | None:
    """Returns the known word that an unknown one may be a misspelling of; None if there is none."""
    known = [phrase for phrase, meaning in _meanings(attributes).items() if meaning and len(phrase) > 3]
    return next(iter(get_close_matches(word.lower(), known, n=1, cutoff=0.8)), None)


def _meanings(attributes: Attributes) -> dict[str, tuple[str, ...]]:
    return _MEANINGS | {
        phrase: (f"{item.name}=1",)
        for item in attributes.items
        if item.values == ("0", "1")
        for phrase in (
            item.name.lower().replace("_", " "),
            item.name.lower().removeprefix("wearing_").replace("_", " "),
        )
        if phrase != "skin"
    }


@dataclass(frozen=True)
class _Token:
    words: str
    meaning: tuple[str, ...] | None  # None: unknown
    place: int

    @property
    def kind(self) -> str:
        """`unknown`, `filler`, `value`, `tone`, or a meaning in capitals."""
        if self.meaning is None:
            return "unknown"
        if not self.meaning:
            return "filler"
        return "value" if "=" in self.meaning[0] else "tone" if "?" in self.meaning[0] else self.meaning[0]

    @property
    def is_person(self) -> bool:
        """Whether it is a noun for a person."""
        gendered = self.kind == "value" and (self.meaning or ("",))[0].startswith("gender=")
        return self.words in _PERSONS or (gendered and self.words not in _GENDER_ADJECTIVES)

    @property
    def is_thing(self) -> bool:
        """Whether it is a noun for something that a person has or wears: glasses, or an attribute of the user's own."""
        name, _, value = (self.meaning or ("",))[0].partition("=")
        return value == "1" and name != "skin"

    @property
    def is_adjective(self) -> bool:
        """Whether it can describe a thing or a person; words without a meaning may."""
        return self.kind in ("unknown", "tone") or (self.kind == "value" and not self.is_person and not self.is_thing)


@dataclass
class _Reading:
    """The state of reading a sentence."""

    tokens: list[_Token]
    names: tuple[str, ...]
    editing: bool
    wishes: dict[str, str] = field(default_factory=dict)
    unknown: list[_Token] = field(default_factory=list)
    contradictions: list[str] = field(default_factory=list)
    not_hair: list[_Token] = field(default_factory=list)  # "not blond" leaves open which colour it is to be
    negation: _Token | None = None  # of the next attribute
    object_named: bool = False  # a word without a meaning since the negation: it may be what is negated
    by_verb: bool = False  # a verb since the negation
    last_negation: _Token | None = None
    dropped: bool = False  # the next attribute is what it is not to be
    kept: bool = False  # attributes are to stay as they are
    moved: bool = False  # "from this to that" in this clause
    nouns: list[list] = field(default_factory=list)  # hair and skin in this clause, as [noun, has its colour]
    tones: list[_Token] = field(default_factory=list)  # colours that wait for their noun
    clause: dict[str, str] = field(default_factory=dict)  # attributes named in this clause
    last: str | None = None  # the one named last

    def read(self) -> ParsedSentence:
        subjects = self.subjects() if self.editing else set()
        for index, token in enumerate(self.tokens):
            if index not in subjects:
                self.token(index, token)
            elif token.meaning is None:
                self.unknown.append(token)
        self.end_clause()
        if "hair" not in self.wishes:
            self.unknown += [replace(token, words=_not(token.words)) for token in self.not_hair]
        unknown = sorted(self.unknown, key=lambda token: token.place)
        return ParsedSentence(self.wishes, _joined(unknown), self.contradictions)

    def subjects(self) -> set[int]:
        """The places of words that say who is edited: "the old man", "this woman", "给女士"."""
        found: set[int] = set()
        for start, token in enumerate(self.tokens):
            before = self.tokens[start - 1].words if start else ""
            indefinite = token.words in _INDEFINITE and before in _BEFORE_SUBJECT | _BEFORE_OBJECT
            if not (indefinite or token.words in _DEFINITE | _BEFORE_SUBJECT):
                continue
            end = start + 1
            while end < len(self.tokens) and not self.tokens[end].is_person and self.may_describe(self.tokens[end]):
                end += 1
            if end == len(self.tokens) or not self.tokens[end].is_person:
                continue
            following = self.tokens[end + 1] if end + 1 < len(self.tokens) else None
            # "Make a woman" alone, or "of him", is about what it is to become.
            if before in _BEFORE_OBJECT and indefinite and (not following or following.words in ("of", "out")):
                continue
            found |= set(range(start, end + 1))
        return found

    def may_describe(self, token: _Token) -> bool:
        # "把戴眼镜的女人": what a person wears stands before.
        worn = not token.words.isascii() and (token.is_thing or token.words.startswith(("戴", "有")))
        return worn or token.is_adjective or token.words in _HAIRED | _DEFINITE | _CLASSIFIERS | {"的", "same", "very"}

    def describes_thing(self, index: int) -> bool:
        """Whether an adjective is a thing's: directly before it, or after a negation with others between."""
        for place in range(index + 1, len(self.tokens)):
            token = self.tokens[place]
            if token.is_thing:
                following = self.tokens[place + 1] if place + 1 < len(self.tokens) else None
                return not (following and following.words in _WEAR)
            if not (self.negation and (token.is_adjective or token.is_person or token.words in _LISTS | {"的"})):
                return False
        return False

    def token(self, index: int, token: _Token) -> None:
        kind = token.kind
        if kind == "unknown":
            self.unknown.append(token)
            self.object_named |= bool(self.negation)
        elif kind in ("HE", "SHE"):
            if not self.editing:
                self.value("gender", "male" if kind == "HE" else "female", token)
        elif kind == "BREAK":
            self.coordinate(index, token)
        elif kind in ("NOT", "REMOVE"):
            self.negate(token)
        elif kind == "KEEP":
            self.kept |= not self.negation
        elif kind == "WITH" or token.words in _WEAR:
            ends = kind == "WITH" or (self.negation and self.negation.words in _NOUN_NEGATIONS)
            if ends and self.object_named:
                self.negation = None
            self.by_verb |= kind != "WITH"
        elif kind == "OR":
            self.negation = self.negation or self.last_negation
        elif kind == "INSTEAD":
            self.dropped = True
        elif kind in ("HAIR", "SKIN"):
            self.noun(kind.lower())
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
        self.moved |= token.words in _TO
        self.by_verb |= token.words in _VERBS | _TO

    def negate(self, token: _Token) -> None:
        if token.kind == "REMOVE" and self.negation and self.negation.kind == "NOT" and not self.object_named:
            self.negation, self.kept = None, True  # "don't remove"
        elif self.dropped:
            pass  # "instead of without"
        else:
            self.negation = None if self.negation and not self.object_named else token
        self.object_named = self.by_verb = False

    def coordinate(self, index: int, token: _Token) -> None:
        """Ends a clause, except at the "and" of "remove the hat and the glasses" and "no big and ugly glasses"."""
        negation = self.negation or self.last_negation
        following = index + 1
        if negation and token.words in _LISTS:
            removing = negation.kind == "REMOVE"
            while following < len(self.tokens) and (
                (self.tokens[following].is_adjective and not self.tokens[following].is_thing)
                or (removing and self.tokens[following].words in _DEFINITE | _INDEFINITE)
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
        unclear = negation and (
            token.words in _COMPARATIVES or (self.editing and self.by_verb and attribute in ("age", "gender"))
        )
        if attribute not in self.names:
            self.unknown.append(token)
        elif self.kept or unclear:
            pass  # "Don't make him older" asks for nothing.
        elif negation and attribute == "hair":
            self.not_hair.append(token)
        else:
            value = _OPPOSITE[value] if negation else value
            if self.clause.get(attribute, value) != value and not self.moved:
                self.contradictions.append(f"{self.clause[attribute]} and {value}")
            # First out, so that the order is that of the last mention.
            self.wishes.pop(attribute, None)
            self.wishes[attribute] = self.clause[attribute] = value
            self.last = attribute
            for noun in self.nouns:
                noun[1] |= noun[0] == attribute
        self.last_negation, self.negation = negation, None

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
        if after and (after.kind == "tone" or (after.meaning or ("",))[0].startswith("hair=")):
            return  # "dark" of "dark brown"
        fitting = [noun for noun in self.nouns if noun[0] in _by_noun(token)]
        if (after and after.kind in ("HAIR", "SKIN")) or not fitting:
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
                self.wishes[self.last] = _OPPOSITE.get(self.wishes[self.last], self.wishes[self.last])
        for token in self.tones:
            # Of a person, gray is the hair.
            if token.meaning == ("hair?gray",):
                self.value("hair", "gray", token)
            else:
                self.unknown.append(token)
        # "Make hair and skin darker."
        self.nouns = [noun for noun in self.nouns if not noun[1]]
        self.tones, self.clause, self.last = [], {}, None
        self.negation = self.last_negation = None
        self.object_named = self.by_verb = self.dropped = self.kept = self.moved = False


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


def _tokens(text: str, meanings: Mapping[str, tuple[str, ...]]) -> Iterator[tuple[str, tuple[str, ...] | None, int]]:
    """`(words, meaning, place)` of everything in the text."""
    text = text.lower().replace("’", "'").translate(_TRADITIONAL)
    for match in _pattern(meanings).finditer(text):
        words = match.group()
        if match["age"] or match["years"]:
            yield words, _by_age(match["age"] or match["years"]), match.start()
        elif match["span"]:
            yield words, (), match.start()
        elif match["stop"]:
            yield words, ("BREAK",), match.start()
        elif words in meanings:
            yield words, meanings[words], match.start()
        elif "-" in words and all(part in meanings for part in words.split("-")):
            for part in words.split("-"):
                yield part, meanings[part], match.start()
        else:
            yield words, None, match.start()


def _pattern(meanings: Iterable[str]) -> re.Pattern[str]:
    ordered = sorted(meanings, key=len, reverse=True)
    english = "|".join(re.escape(phrase) for phrase in ordered if phrase.isascii())
    chinese = "|".join(phrase for phrase in ordered if not phrase.isascii())
    return re.compile(
        r"\b(?P<age>\d+)[- ]?years?[- ]old\b"
        # How much younger or older, which is not how old.
        rf"|(?P<span>\b\d+ years?\b|(?<=[轻老])[\d{''.join(_DIGITS)}十]+岁)"
        rf"|(?P<years>[\d{''.join(_DIGITS)}十]+)[多几]?岁"
        r"|(?P<stop>[,;.!?，；。！？、\n])"
        rf"|(?<![\w'-])(?:{english})(?![\w'-])|{chinese}"
        rf"|[{_IDEOGRAPH}]|(?:(?![{_IDEOGRAPH}])[\w'-])+"
    )


def _by_age(number: str) -> tuple[str, ...] | None:
    if "十" in number:
        tens, ones = number.split("十")
        years = 10 * _DIGITS.get(tens, 1) + _DIGITS.get(ones, 0)
    else:
        years = int("".join(str(_DIGITS.get(digit, digit)) for digit in number))
    return ("age=young",) if years < _YOUNG_BELOW else ("age=old",) if years >= _OLD_FROM else None
