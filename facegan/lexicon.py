"""The lexicon of `facegan.sentences`: words in English and Chinese, their meanings, and their role in a sentence."""

from collections import defaultdict

from facegan.standard_attributes import STANDARD_ATTRIBUTES

# Words that change the meaning of others: role, words. Those without a role mean nothing.
ENGLISH = {
    "NOT": (
        "no, not, without, never, neither, nor, less, no longer, no more, used to, don't, doesn't, isn't, aren't, "
        "didn't, won't, shouldn't, mustn't, wasn't, hasn't, haven't, can't, cannot, couldn't, wouldn't, lacks, "
        "lacking, minus, stop, stops, stopped, quit, free of, hate, hates, dislikes, refuses, forgot, lost, ain't"
    ),
    "REMOVE": (
        "remove, removes, removed, removing, rid, delete, erase, drop, lose, off, take off, taking off, get rid of, "
        "disappear, vanish, gone, away, undo, ditch, discard, swap, replace, leave out, leave off, cut out, "
        "strip off, hide, trade, exchange, must go, has to go, have to go, should go, need to go, needs to go"
    ),
    "KEEP": (
        "keep, keeps, keeping, leave, preserve, retain, don't touch, not touch, never touch, without touching, "
        "don't change, not change, never change, without changing, don't alter, not alter, not the, not his, not her, "
        "not my, not their, unchanged, untouched, with or without"
    ),
    "WITH": "with",
    "BOTH": "with and without",
    "OR": "or",
    "INSTEAD": "instead of, rather than, except, except for, apart from, anything but, everything but, all but",
    "BREAK": "and, but, then, while",
    "": (
        "a, an, the, of, wearing, wear, wears, who, whose, which, that, this, those, these, has, have, having, had, "
        "is, are, be, am, was, should, would, could, can, will, does, do, did, anymore, any, ever, kind, please, "
        "generate, show, me, draw, create, paint, want, i, i'd, i'm, like, to, see, it, its, him, her, his, hers, "
        "their, them, they, you, your, we, us, my, our, in, on, at, from, for, by, as, into, person, people, "
        "somebody, someone, anybody, face, faces, portrait, picture, photo, image, very, deep, really, quite, so, "
        "bit, little, more, much, slightly, somewhat, naturally, natural, long, short, pair, two, some, make, makes, "
        "take, takes, turn, change, give, put, add, let, look, looks, looking, appear, seem, dye, bleach, color, "
        "colour, colored, coloured, tone, wig, again, what, how, gender, sex, years, year, nothing, first, also, too, "
        "all, same, everything, both, there, just, only, now"
    ),
}
CHINESE = {
    "NOT": "不, 没, 没有, 无, 未, 别, 不要, 不是, 不再, 不戴, 没戴, 停止, 讨厌, 忘了, 忘记",
    "REMOVE": (
        "去掉, 去除, 摘掉, 摘下, 摘, 取下, 取掉, 拿掉, 拿走, 脱掉, 脱下, 删除, 删掉, 移除, 卸下, 消失, 藏, 藏起, "
        "藏起来, 遮住, 掉, 扔, 丢, 砸, 拆, 清除, 消除"
    ),
    "KEEP": "保留, 保持, 留着, 留下, 不变, 不要变, 别变, 不要改变, 不改变, 不要改, 别改, 不要动, 别动",
    "INSTEAD": "而不是, 除了",
    "BREAK": "并且, 而且, 然后, 和, 再",
    "": (
        "的, 得, 地, 一个, 一位, 一名, 一张, 一副, 副, 任何, 一些, 一点, 一下, 个, 位, 名, 张, 两个, 这个, 那个, 这, "
        "那, 们, 他的, 她的, 他们, 我, 你, 请, 帮我, 帮, 给, 给我, 看, 看看, 生成, 画, 想要, 想, 要, 把, 将, 让, 使, "
        "变成, 变得, 变, 换成, 换, 改成, 改为, 改, 弄成, 弄, 染成, 染, 戴着, 戴上, 戴, 加上, 加, 添加, 增加, 带, 有, "
        "是, 又, 也, 既, 更, 很, 非常, 比较, 稍微, 有点, 看起来, 像, 样子, 人, 脸, 面孔, 照片, 照片里, 图片, 里, 上, "
        "下来, 来, 了, 着, 应该, 如果, 会是, 会, 什么样, 什么, 都, 做, 重新, 先, 从, 到, 那么, 这么, 能不能, 可以, "
        "吗, 吧, 性别, 在, 与, 跟, 而, 就, 还, 不做, 都不做"
    ),
}


def _phrases(*texts: str) -> list[str]:
    """The phrases of comma-separated texts."""
    return [phrase for text in texts if text for phrase in text.split(", ")]


def _meanings() -> dict[str, tuple[str, ...]]:
    """The meanings of each word.

    They are `attribute=value`; `attribute?value` next to a noun of the attribute; `attribute` for such a noun; or a
    role.
    """
    found = defaultdict(list)
    for item in STANDARD_ATTRIBUTES:
        for sign, by_value in (
            ("=", item.sentence_words),
            ("=", item.persons),
            ("=", item.pronouns),
            ("?", item.adjectives),
        ):
            for value, phrases in by_value.items():
                for phrase in _phrases(phrases):
                    found[phrase].append(f"{item.name}{sign}{value}")
        for phrase in _phrases(item.nouns):
            found[phrase].append(item.name)
    for vocabulary in (ENGLISH, CHINESE):
        for role, phrases in vocabulary.items():
            found |= {phrase: [role] if role else [] for phrase in _phrases(phrases)}
    return {phrase: tuple(meanings) for phrase, meanings in found.items()}


MEANINGS = _meanings()


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


# Words without a meaning of their own that determine the role of others.
DEFINITE = _words("the this that these those my our your his her their its 这 那 这个 那个 他的 她的 我")
INDEFINITE = _words("a an some any two 一个 一位 一名 一张 一副")
CLASSIFIERS = frozenset("个位名张副")
BEFORE_SUBJECT = _words("give on for from 给 给我 把 将 让 使 帮 帮我") | {"age the", "age this", "age my"}
BEFORE_OBJECT = _words("make turn change let")
VERBS = BEFORE_OBJECT | _words("put give add dye bleach wear wears wearing has have to into as")
TO = _words("to into 变成 变得 变 换成 换 改成 改为 改 弄成 弄 染成 染")
WEAR = _words("wear wears wearing has have having")
HAIRED = frozenset(("haired", "skinned"))
NOUN_NEGATIONS = frozenset(("no", "without", "no more", "lacks", "lacking", "minus", "无"))
COMPARATIVES = _words("younger older paler whiter darker lighter darken lighten rejuvenate")
# Verbs that request what follows; after one of them, an unknown word is not a verb.
ASKING = BEFORE_OBJECT | _words("put give add dye bleach wear wears wearing has have having")
# Numbers of years by which somebody becomes younger or older.
NUMBERS = (
    "a few",
    "a couple of",
    *_words("few some several many one two three four five six seven eight nine ten eleven twelve thirteen"),
    *_words("fourteen fifteen sixteen seventeen eighteen nineteen"),
)
TENS = {
    word: 10 * tens
    for tens, word in enumerate(["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"], 2)
}
LISTS = frozenset((",", "and", "、", "，", "和"))
PRONOUNS = frozenset(_phrases(*(text for item in STANDARD_ATTRIBUTES for text in item.pronouns.values())))
PERSONS = _words("person people face portrait 人 脸").union(
    _phrases(*(text for item in STANDARD_ATTRIBUTES for text in item.persons.values()))
)
