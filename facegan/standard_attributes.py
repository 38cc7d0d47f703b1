"""The standard attributes, a row for each, and the words for their values.

An *attribute* is something that a user requests (`hair`, `glasses`, `Smiling`). A *column* is one 0/1 entry of a label
file (`Black_Hair`). Most attributes have one column; `hair` has four, of which at most one is 1. Everything specific to
an attribute is a field of `Attribute`, so a new attribute is a new row of `STANDARD_ATTRIBUTES`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from facegan.regions import AROUND_FACE, EYES, FACE, WHOLE, Region

_CELEBA_COLUMNS = """
    5_o_Clock_Shadow Arched_Eyebrows Attractive Bags_Under_Eyes Bald Bangs Big_Lips Big_Nose Black_Hair
    Blond_Hair Blurry Brown_Hair Bushy_Eyebrows Chubby Double_Chin Eyeglasses Goatee Gray_Hair Heavy_Makeup
    High_Cheekbones Male Mouth_Slightly_Open Mustache Narrow_Eyes No_Beard Oval_Face Pale_Skin Pointy_Nose
    Receding_Hairline Rosy_Cheeks Sideburns Smiling Straight_Hair Wavy_Hair Wearing_Earrings Wearing_Hat
    Wearing_Lipstick Wearing_Necklace Wearing_Necktie Young
"""
CELEBA_COLUMNS = tuple(_CELEBA_COLUMNS.split())
HAIR_COLUMNS = ("Black_Hair", "Blond_Hair", "Brown_Hair", "Gray_Hair")
EYE_COLUMNS = ("Eyeglasses", "Narrow_Eyes", "Bags_Under_Eyes", "Arched_Eyebrows", "Bushy_Eyebrows")

OFF_WORDS = ("0", "no", "off", "false", "-1")
ON_WORDS = ("1", "yes", "on", "true")
# A value for edits only: the other one of an attribute that has two.
OPPOSITE = "opposite"


@dataclass(frozen=True)
class Attribute:
    """Something that a user can request.

    Attributes:
        name: its name on the command line.
        columns: its label columns.
        values: the names of its values. With one column, `(value for 0, value for 1)`; with more, one value for each
            column that is 1, and a last one for "all are 0".
        words: synonyms of a value that can be used alone: `blonde` is `hair=blond`.
        aliases: synonyms of a value that need the attribute's name: `hair=none` is `hair=other`.
        phrases: descriptions of values, where the name and the value do not make a good one.
        titles: titles of CSV columns that contain it, besides its name.
        cells: further spellings of values in data sets; None for an unknown label.
        years: age thresholds: the first number and above is the value for 0, below the second is the value for 1, in
            between is unknown.
        region: where an edit may change the image.
        keeps_identity: whether a person stays the same when the attribute changes.
        is_group: whether figures are also reported for the people with each value.
        sentence_words: for each value, the words that mean it in a sentence, in English and Chinese. A word may belong
            to several attributes: a grandmother is female and old.
        persons: the same, words for a person who has the value: woman. In an edit, they may identify the person.
        pronouns: the same, pronouns of such a person, which identify the person in an edit.
        adjectives: words that mean a value only next to one of `nouns`: black hair.
        nouns: words for the attribute itself.
        chinese: its name in Chinese, as `""`, and those of its values.
    """

    name: str
    columns: tuple[str, ...]
    values: tuple[str, ...] = ("0", "1")
    words: Mapping[str, str] = field(default_factory=dict)
    aliases: Mapping[str, str] = field(default_factory=dict)
    phrases: Mapping[str, str] = field(default_factory=dict)
    titles: tuple[str, ...] = ()
    cells: Mapping[str, str | None] = field(default_factory=dict)
    years: tuple[int, int] | None = None
    region: Region = WHOLE
    keeps_identity: bool = True
    is_group: bool = False
    sentence_words: Mapping[str, str] = field(default_factory=dict)
    persons: Mapping[str, str] = field(default_factory=dict)
    pronouns: Mapping[str, str] = field(default_factory=dict)
    adjectives: Mapping[str, str] = field(default_factory=dict)
    nouns: str = ""
    chinese: Mapping[str, str] = field(default_factory=dict)

    @property
    def is_switch(self) -> bool:
        """Whether the values are plain 0 and 1."""
        return self.values == ("0", "1")

    @property
    def editable_values(self) -> tuple[str, ...]:
        """The values that edits can set: all but "none of the others" (`hair=other`)."""
        return self.values if len(self.columns) == 1 else self.values[:-1]

    def bits(self, value: str) -> list[int]:
        """Returns the 0/1 entries of this attribute's columns for a value."""
        chosen = self.values.index(value)
        if len(self.columns) == 1:
            return [chosen]
        return [int(chosen == index) for index in range(len(self.columns))]

    def opposite(self, value: str) -> str | None:
        """Returns the other one of two values; None if there are more."""
        others = [other for other in self.values if other != value]
        return others[0] if len(others) == 1 else None

    def at_age(self, years: float) -> str | None:
        """Returns the value of a person of this age; None if it is unknown."""
        if self.years is None:
            return None
        from_years, below_years = self.years
        return self.values[0] if years >= from_years else self.values[1] if years < below_years else None

    def read(self, word: str) -> str | None:
        """Returns the value for a word after `name=`, or None."""
        word = word.lower()
        word = {**self.words, **self.aliases}.get(word, word)
        if self.is_switch:
            word = "1" if word in ON_WORDS else "0" if word in OFF_WORDS else word
        return word if word in self.values or (word == OPPOSITE and len(self.columns) == 1) else None

    def bare_words(self) -> dict[str, str]:
        """Returns `{word: value}` for the words that imply both attribute and value."""
        named = {self.name.lower(): "1"} if self.is_switch else {value: value for value in self.editable_values}
        return {**named, **self.words}

    def phrase(self, value: str) -> str:
        """Returns a value in words: `no glasses`, `blond hair`."""
        usual = {"0": f"no {self.name}", "1": self.name, OPPOSITE: f"{OPPOSITE} {self.name}"}
        return self.phrases.get(value) or usual.get(value, value)


STANDARD_ATTRIBUTES = (
    Attribute(
        name="gender",
        columns=("Male",),
        values=("female", "male"),
        words={"woman": "female", "man": "male"},
        aliases={"0": "female", "1": "male"},
        titles=("sex",),
        cells={"f": "female", "m": "male"},
        keeps_identity=False,
        is_group=True,
        sentence_words={
            "female": "female, feminine, 女, 女人味, 女性化",
            "male": "male, masculine, 男, 男人味, 男性化",
            OPPOSITE: (
                "gender swap, gender swapped, sex change, change sex, opposite sex, opposite gender, other sex, "
                "other gender, swap gender, swap genders, swap the gender, swap his gender, swap her gender, "
                "swap their gender, swap my gender, change gender, change the gender, change his gender, "
                "change her gender, change their gender, change my gender, switch gender, switch the gender, "
                "switch his gender, switch her gender, reverse the gender, 变性, 性转, 换性别, 换个性别, 换一下性别, "
                "改性别, 改变性别, 变换性别, 转换性别, 性别互换, 性别转换, 异性"
            ),
        },
        persons={
            "female": (
                "woman, women, females, girl, girls, lady, ladies, gal, chick, actress, queen, mother, mom, aunt, "
                "wife, daughter, sister, businesswoman, grandmother, grandma, granny, 女性, 女人, 女士, 女子, 女孩, "
                "女孩子, 女生, 女郎, 女演员, 妇女, 妇人, 小姐, 姑娘, 美女, 阿姨, 妈妈, 少女, 小姑娘, "
                "年轻姑娘, 老太太, 老奶奶, 奶奶, 老妇人, 老妇, 老婆婆, 外婆"
            ),
            "male": (
                "man, men, males, guy, guys, boy, boys, gentleman, gentlemen, dude, actor, king, father, dad, uncle, "
                "husband, son, brother, businessman, grandfather, grandpa, granddad, 男性, 男人, 男士, 男子, 男孩, "
                "男孩子, 男生, 男演员, 先生, 帅哥, 叔叔, 爸爸, 绅士, 少年, 小伙子, 小伙, 老爷爷, 爷爷, 老头, 老头子, "
                "老先生, 老大爷, 大爷, 老伯, 外公"
            ),
        },
        pronouns={"female": "she, 她", "male": "he, 他"},
        chinese={"": "性别", "female": "女性", "male": "男性"},
    ),
    Attribute(
        name="age",
        columns=("Young",),
        values=("old", "young"),
        aliases={"0": "old", "1": "young"},
        years=(50, 35),
        keeps_identity=False,
        is_group=True,
        sentence_words={
            "old": (
                "old, older, elderly, senior, aged, oldish, elder, wrinkled, age him, age her, age them, age it, "
                "age the, age this, age my, fifties, sixties, seventies, eighties, 50s, 60s, 70s, 80s, grandmother, "
                "grandma, granny, grandfather, grandpa, granddad, 老年, 年老, 年迈, 上了年纪, 衰老, "
                "苍老, 高龄, 老, 老太太, 老奶奶, 奶奶, 老妇人, 老妇, 老婆婆, 外婆, 老爷爷, 爷爷, 老头, 老头子, "
                "老先生, 老大爷, 大爷, 老伯, 外公"
            ),
            "young": (
                "young, younger, youthful, teenage, teenager, teen, rejuvenate, rejuvenated, de-age, de-aged, "
                "twenties, thirties, 20s, 30s, 少女, 小姑娘, 年轻姑娘, 少年, 小伙子, 小伙, 返老还童, 年轻, 年青"
            ),
        },
        persons={"old": "老人, 老年人", "young": "年轻人, 青年"},
        chinese={"": "年龄", "old": "年老", "young": "年轻"},
    ),
    Attribute(
        name="glasses",
        columns=("Eyeglasses",),
        words={"eyeglasses": "1"},
        aliases={"none": "0"},
        cells={"noglasses": "0", "readingglasses": "1", "sunglasses": "1", "swimminggoggles": None},
        region=EYES,
        sentence_words={
            "1": (
                "glasses, eyeglasses, spectacles, specs, sunglasses, shades, eyewear, bespectacled, spectacled, "
                "goggles, 眼镜, 墨镜, 太阳镜, 太阳眼镜, 近视镜, 老花镜"
            ),
        },
        chinese={"": "眼镜", "0": "不戴眼镜", "1": "戴眼镜"},
    ),
    Attribute(
        name="skin",
        columns=("Pale_Skin",),
        words={"pale": "1"},
        aliases={"normal": "0"},
        phrases={"0": "normal skin", "1": "pale skin"},
        region=FACE,
        sentence_words={
            "1": "pale, paler, pallid, ashen, 苍白, 白皙, 惨白",
            "0": "tan, tanned, swarthy, 晒黑",
        },
        adjectives={
            "1": "white, whiter, fair, light, lighter, lighten, 白, 白色, 浅, 浅色",
            "0": "dark, darker, darken, normal, ordinary, 黑, 黑色, 深, 深色, 正常, 普通",
        },
        nouns="skin, skinned, complexion, 皮肤, 肤色, 脸色, 肤",
        chinese={"": "肤色", "0": "正常肤色", "1": "白皙肤色"},
    ),
    Attribute(
        name="hair",
        columns=HAIR_COLUMNS,
        values=("black", "blond", "brown", "gray", "other"),
        words={"blonde": "blond", "grey": "gray"},
        aliases={"none": "other"},
        phrases={value: f"{value} hair" for value in ("black", "blond", "brown", "gray", "other")},
        titles=("haircolor", "hair_color", "hair_colour"),
        cells={"red": "other"},
        region=AROUND_FACE,
        sentence_words={
            "blond": "blond, blonde, blonds, blondes, 金发",
            "brown": "brunette, brunet, chestnut, 棕发, 褐发",
            "black": "黑发",
            "gray": "白发, 灰发, 银发, 花白, 灰白",
        },
        adjectives={
            "black": "black, dark, darker, darken, 黑, 黑色, 深, 深色",
            "brown": "brown, 棕, 棕色, 褐色, 咖啡色",
            "blond": "golden, fair, 金, 金色, 金黄, 金黄色",
            "gray": "gray, grey, silver, white, whiter, 灰, 灰色, 银, 银色, 白, 白色",
        },
        nouns="hair, haired, hairs, 头发, 长发, 短发, 发色, 发",
        chinese={"": "发色", "black": "黑发", "blond": "金发", "brown": "棕发", "gray": "灰发", "other": "其他发色"},
    ),
)
STANDARD_NAMES = tuple(attribute.name for attribute in STANDARD_ATTRIBUTES)
# The regions of other columns.
REGIONS = dict.fromkeys(EYE_COLUMNS, EYES) | dict.fromkeys(HAIR_COLUMNS, AROUND_FACE)
