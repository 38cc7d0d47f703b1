"""Plain words to wishes: "a young blonde woman with glasses", "把头发变成黑色".

A vocabulary and a few rules, in English and Chinese at once. What a sentence says last holds ("change her blond hair to
black"); a negation is about the next thing named, or, at the end of a clause, about the one before ("take her glasses
off"); a colour belongs to the hair or skin it stands at. Words that nothing can be made of are named, never dropped.
"""

import re
from dataclasses import dataclass, field, replace

# Meaning: words. `attribute=value` says it outright; `hair?black` only of hair; the others are in capitals.
_ENGLISH = {
    "gender=female": "woman, women, female, females, girl, girls, lady, ladies, gal, chick, feminine, actress, queen, "
    "mother, mom, aunt, wife, daughter, sister, businesswoman",
    "gender=male": "man, men, male, males, guy, guys, boy, boys, gentleman, gentlemen, dude, masculine, actor, king, father, "
    "dad, uncle, husband, son, brother, businessman",
    "gender=female age=old": "grandmother, grandma, granny",
    "gender=male age=old": "grandfather, grandpa, granddad",
    "age=young": "young, younger, youthful, teenage, teenager, teen, rejuvenate, rejuvenated, twenties, thirties, 20s, 30s",
    "age=old": "old, older, elderly, senior, aged, oldish, elder, wrinkled, age him, age her, age them, age it, fifties, "
    "sixties, seventies, eighties, 50s, 60s, 70s, 80s",
    "glasses=1": "glasses, eyeglasses, spectacles, specs, sunglasses, shades, eyewear, bespectacled, spectacled, goggles",
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
    "NOT": "no, not, without, never, neither, nor, remove, removed, delete, erase, drop, lose, off, take off, get rid of, less, "
    "no longer, no more, disappear, vanish, gone, away, don't, doesn't, isn't, aren't, didn't, won't, shouldn't, "
    "mustn't, wasn't, hasn't, haven't",
    "OR": "or",
    "INSTEAD": "instead of, rather than",
    "BREAK": "and, but, then, while",
    "HE": "he",
    "SHE": "she",
    "": "a, an, the, of, with, wearing, wear, wears, who, whose, which, that, this, has, have, having, had, is, are, be, am, "
    "was, should, would, could, can, will, does, do, did, anymore, any, please, generate, show, me, draw, create, paint, "
    "want, i, i'd, i'm, like, to, see, it, its, him, her, his, hers, their, them, they, you, your, we, us, my, in, on, at, "
    "from, for, by, as, into, person, people, somebody, someone, anybody, face, faces, portrait, picture, photo, image, "
    "very, really, quite, so, bit, little, more, much, slightly, somewhat, naturally, natural, long, short, pair, two, "
    "some, make, makes, take, takes, turn, change, give, put, add, let, look, looks, looking, appear, seem, dye, bleach, color, colour, "
    "colored, coloured, tone, wig, again, what, how, gender, sex, years, year, nothing, first, also, too, all, same, keep, "
    "swap, both, there, just, only, now",
}
_CHINESE = {
    "gender=female": "女性, 女人, 女士, 女子, 女孩, 女孩子, 女生, 女郎, 女演员, 妇女, 妇人, 小姐, 姑娘, 美女, 阿姨, 妈妈, 女人味, "
    "女性化, 女",
    "gender=male": "男性, 男人, 男士, 男子, 男孩, 男孩子, 男生, 男演员, 先生, 帅哥, 叔叔, 爸爸, 绅士, 男人味, 男性化, 男",
    "gender=female age=young": "少女, 小姑娘, 年轻姑娘",
    "gender=male age=young": "少年, 小伙子, 小伙",
    "gender=female age=old": "老太太, 老奶奶, 奶奶, 老妇人, 老妇, 老婆婆, 外婆",
    "gender=male age=old": "老爷爷, 爷爷, 老头, 老头子, 老先生, 老大爷, 大爷, 老伯, 外公",
    "age=young": "年轻, 年轻人, 青年, 年青",
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
    "NOT": "不, 没, 没有, 无, 未, 别, 不要, 不是, 不再, 不戴, 没戴, 去掉, 去除, 摘掉, 摘下, 摘, 取下, 取掉, 拿掉, 拿走, 脱掉, 脱下, 删除, "
    "删掉, 移除, 卸下, 消失",
    "INSTEAD": "而不是",
    "BREAK": "并且, 而且, 然后, 和, 再",
    "HE": "他",
    "SHE": "她",
    "": "的, 得, 地, 一个, 一位, 一名, 一张, 一副, 一些, 一点, 一下, 个, 位, 名, 张, 两个, 这个, 那个, 这, 那, 们, 他的, 她的, 他们, 我, 你, 请, "
    "帮我, 帮, 给, 给我, 看, 看看, 生成, 画, 想要, 想, 要, 把, 将, 让, 使, 变成, 变得, 变, 换成, 换, 改成, 改为, 改, 弄成, 弄, 染成, 染, "
    "戴着, 戴上, 戴, 加上, 加, 添加, 增加, 带, 有, 是, 又, 也, 既, 更, 很, 非常, 比较, 稍微, 有点, 看起来, 像, 样子, 人, 脸, 面孔, 照片, "
    "照片里, 图片, 里, 上, 下来, 来, 了, 着, 掉, 应该, 如果, 会是, 会, 什么样, 什么, 都, 做, 重新, 先, 从, 到, 那么, 这么, 能不能, 可以, "
    "吗, 吧, 性别, 在, 与, 跟, 而, 就, 还, 不做, 都不做",
}
_MEANINGS = {
    phrase.strip(): tuple(meaning.split())
    for vocabulary in (_ENGLISH, _CHINESE)
    for meaning, phrases in vocabulary.items()
    for phrase in phrases.split(",")
}
_OPPOSITE = {"female": "male", "male": "female", "young": "old", "old": "young", "0": "1", "1": "0"}
_IDEOGRAPH = "\u4e00-\u9fff"
_YOUNG_BELOW, _OLD_FROM = 40, 50
_DIGITS = {digit: value for value, digit in enumerate("零一二三四五六七八九")}


@dataclass(frozen=True)
class ParsedSentence:
    """What was made of a sentence.

    Attributes:
        wishes: `{attribute: value}`, as `Attributes.parse` returns it.
        unknown: the words that nothing could be made of.
    """

    wishes: dict
    unknown: list


def parse_sentence(text, attributes, editing=False):
    """Reads a sentence.

    Args:
        text: English or Chinese.
        attributes: `Attributes`, the model's.
        editing: it is about a face that is there: "she" then says whom it is about, not what to make.

    Returns:
        `ParsedSentence`.

    >>> from facegan.attributes import Attributes
    >>> parse_sentence("an old man with a hat and no glasses", Attributes())
    ParsedSentence(wishes={'age': 'old', 'gender': 'male', 'glasses': '0'}, unknown=['hat'])
    >>> parse_sentence("把她的头发变成黑色", Attributes(), editing=True).wishes
    {'hair': 'black'}
    """
    meanings = _MEANINGS | {
        phrase: (f"{item.name}=1",)
        for item in attributes.items
        if item.values == ("0", "1")
        for phrase in (item.name.lower().replace("_", " "), item.name.lower().removeprefix("wearing_").replace("_", " "))
        if phrase != "skin"
    }
    reading = _Reading(attributes.names, editing)
    tokens = [_Token(*token) for token in _tokens(text, meanings)]
    for token, following in zip(tokens, [*tokens[1:], None]):
        reading.read(token, following)
    reading.end_clause()
    return reading.result()


@dataclass(frozen=True)
class _Token:
    words: str
    meaning: tuple | None  # None: unknown
    place: int


@dataclass
class _Reading:
    """Where the reading of a sentence stands."""

    names: tuple
    editing: bool
    wishes: dict = field(default_factory=dict)
    unknown: list = field(default_factory=list)
    not_hair: list = field(default_factory=list)  # "not blond" leaves open which colour it shall be
    negated: bool = False  # the next thing is
    last_negated: bool = False
    dropped: bool = False  # the next thing is what it shall not be
    nouns: list = field(default_factory=list)  # hair and skin in this clause, as [noun, has its colour]
    tones: list = field(default_factory=list)  # colours that wait for their noun
    last: str | None = None  # attribute named last in this clause

    def read(self, token, following):
        meaning = token.meaning
        if meaning is None:
            self.unknown.append(token)
            self.negated = self.dropped = False
        elif meaning in (("HE",), ("SHE",)):
            if not self.editing:
                self.value("gender", "male" if meaning == ("HE",) else "female", token)
        elif meaning == ("BREAK",):
            self.end_clause()
        elif meaning == ("NOT",):
            self.negated, self.dropped = not self.dropped, False
        elif meaning == ("OR",):
            self.negated = self.last_negated
        elif meaning == ("INSTEAD",):
            self.dropped = True
        elif meaning in (("HAIR",), ("SKIN",)):
            self.noun(meaning[0].lower())
        elif meaning and "?" in meaning[0]:
            self.tone(token, following)
        else:
            self.values(token)

    def values(self, token):
        wishes = [part.split("=") for part in token.meaning]
        if wishes and self.dropped:
            self.dropped = False
            return
        negated = self.negated
        for attribute, value in wishes:
            self.negated = negated
            self.value(attribute, value, token)

    def value(self, attribute, value, token):
        if attribute not in self.names:
            self.unknown.append(token)
        elif self.negated and attribute == "hair":
            self.not_hair.append(token)
        else:
            # First out, so that the order is that of the last mention.
            self.wishes.pop(attribute, None)
            self.wishes[attribute] = _OPPOSITE[value] if self.negated else value
            self.last = attribute
            for noun in self.nouns:
                noun[1] |= noun[0] == attribute
        self.last_negated, self.negated = self.negated, False

    def noun(self, noun):
        waiting, self.tones = self.tones, []
        self.nouns.append([noun, False])
        for token in waiting:
            if noun in _by_noun(token):
                self.value(noun, _by_noun(token)[noun], token)
            else:
                self.tones.append(token)

    def tone(self, token, following):
        if self.dropped:
            self.dropped = False
            return
        after = following.meaning if following else None
        if after and ("?" in after[0] or after[0].startswith("hair=")):
            return  # "dark" of "dark brown"
        fitting = [noun for noun in self.nouns if noun[0] in _by_noun(token)]
        if after in (("HAIR",), ("SKIN",)) or not fitting:
            self.tones.append(token)
            return
        negated = self.negated
        for noun in [noun for noun in fitting if not noun[1]] or fitting[-1:]:
            self.negated = negated
            self.value(noun[0], _by_noun(token)[noun[0]], token)

    def end_clause(self):
        if self.negated and self.last:
            self.wishes[self.last] = _OPPOSITE.get(self.wishes[self.last], self.wishes[self.last])
        for token in self.tones:
            # Of a person, gray is the hair.
            if token.meaning == ("hair?gray",):
                self.value("hair", "gray", token)
            else:
                self.unknown.append(token)
        # "Make hair and skin darker."
        self.nouns = [noun for noun in self.nouns if not noun[1]]
        self.tones, self.last, self.negated, self.dropped = [], None, False, False

    def result(self):
        if "hair" not in self.wishes:
            self.unknown += [replace(token, words=_not(token.words)) for token in self.not_hair]
        return ParsedSentence(self.wishes, _joined(sorted(self.unknown, key=lambda token: token.place)))


def _by_noun(token):
    return dict(part.split("?") for part in token.meaning)


def _not(words):
    return f"不是{words}" if re.match(f"[{_IDEOGRAPH}]", words) else f"not {words}"


def _joined(tokens):
    """Ideographs that stand together are one word."""
    words, end = [], None
    for token in tokens:
        if token.place == end and re.match(f"[{_IDEOGRAPH}]", token.words):
            words[-1] += token.words
        else:
            words.append(token.words)
        end = token.place + len(token.words)
    return words


def _tokens(text, meanings):
    """`(words, meaning, place)` of everything in the text."""
    text = text.lower().replace("’", "'")
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


def _pattern(meanings):
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


def _by_age(number):
    if "十" in number:
        tens, ones = number.split("十")
        years = 10 * _DIGITS.get(tens, 1) + _DIGITS.get(ones, 0)
    else:
        years = int("".join(str(_DIGITS.get(digit, digit)) for digit in number))
    return ("age=young",) if years < _YOUNG_BELOW else ("age=old",) if years >= _OLD_FROM else None
