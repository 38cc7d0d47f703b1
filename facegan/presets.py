"""Named, frozen recipes. The recipe a model was trained with is saved inside it."""

from dataclasses import asdict, dataclass, replace

from facegan.attributes import did_you_mean
from facegan.errors import FaceganError


@dataclass(frozen=True)
class Preset:
    """How the networks look and how they are trained.

    The size of the pictures and the attributes are not part of it: they come with the data. An encoder halves the
    picture until 4x4 is left, so a 128-pixel model has five stages and a 64-pixel one four.

    Attributes:
        name: what it is called.
        filters: filters of the encoder's first stage; each further stage has twice as many, up to `max_filters`.
        max_filters: the ceiling.
        kernel_size: of every convolution but those of residual blocks and of enlarging ones, which are 3x3.
        upsampling: how a decoder doubles height and width: by a `"transposed"` convolution, or by repeating the
            `"nearest"` place and a 3x3 convolution, which leaves no stitches.
        subpixel: whether the networks are those of half the picture's height and width. They see four pixels as one
            place of 12 channels (Shi et al. 2016), and make pictures by a convolution that enlarges. Near the full size
            a narrow network does little, and there it would spend most of its time.
        condition: how a condition enters a decoder: `"joined"` to its feature maps as constant channels, or as
            `"modulation"`, a learnt scale and shift of every channel.
        editing: `"target"`: the editor is told the wished-for attributes and puts out a whole picture;
            `"difference"`: it is told what is to change (STGAN) and puts out what to add to the photo; `"repainting"`:
            also, how much of the photo to leave. What is added is smoother than a photo, so that no sum takes the
            rims of glasses away.
        objective: `"paper"`: formulas 1 to 8, both answers of the discriminator kept in 0..1; `"wasserstein"`: an
            unbounded critic (WGAN-GP) and one cross-entropy for each label column (AttGAN).
        shared_encoder: whether the editor sees with the discriminator's encoder, which its loss does not move; else it
            has one of its own and trains it.
        own_classifier: with `objective="wasserstein"`, whether what a face is like is seen by a head that learns from
            photos alone. Else the match head says it, which is also told that glasses an edit has put on are none: it
            doubts those of photos that it has not learnt from, too.
        classifiers: with `objective="wasserstein"`, how many classifiers apart from the discriminator the editor has to
            convince as well. They learn from `classified_images` before the GAN begins, and nothing more; both values of a
            column weigh the same, however rare one is. A single classifier is soon convinced by what only it can see.
            What a photo that is to be edited is like, if nobody says it, they say, too.
        skips: how many stages of the editor's decoder also see the encoder's feature maps of their size, the smallest
            maps first; None for all. (The bottom, where the decoder starts, is not counted.)
        residual_blocks: how many at the bottom of the editor.
        first_normalised: whether the encoder's first stage is normalised, as all others are. A pattern that repeats
            with the stage's stride adds the same to all its places, and normalisation takes that away: the critic is
            blind to it, and generator and editor cover their pictures with stitches.
        dropout: rate in the encoder.
        noise_size: length of the generator's noise.
        mirror: whether half of the photos are mirrored, and an edit is the mean over a face and its mirror image.
        shift: how far photos are moved at random, up to this share of their side, in either direction. Rare ones, like
            those with glasses, come again and again where they are `balanced`, and are learnt by heart as they are.
        balanced: whether photos are drawn so that every value of every attribute is to be changed equally often;
            else every photo comes once an epoch, and what is rare, like glasses, is hardly ever to be taken away.
        eyes_of_others: with `balanced`, the share of the photos drawn for an attribute of the eyes, such as glasses, that lay
            their eyes onto a plain face. Where glasses are to be taken off it, the editor's reconstruction is about that
            face as it was: of people who really wear some nobody knows what they look like without, and whatever the
            editor does about the rims, it moves away from the photo.
        drawn_glasses: with `balanced`, of the photos drawn for their glasses, the share that is a face without instead,
            onto which some are drawn. What these cover is known to the last lash, and restored.
        discriminator_rate, generator_rate, editor_rate: Adam's learning rates.
        rate_decay: the share of a run at whose end all rates have fallen to 0, in a straight line (AttGAN, StarGAN).
        beta_1, beta_2: Adam's.
        gradient_penalty: weight of WGAN-GP's penalty.
        discriminator_match, generator_match, editor_match: weights of the attribute terms in formulas 3, 4 and 8.
        editor_adversarial: with `objective="wasserstein"`, what it weighs that edited faces look real to the critic.
        editor_margin: with `objective="wasserstein"`, how far beyond agreement everybody has to see what an edit changes, in
            logits: the same edit convinces others less.
        editor_keep: with `objective="wasserstein"`, the weight of the columns that the editor shall not change, where
            `editor_match` is the weight of those that it shall.
        editor_keeps: what is asked of those columns: `"label"`, to agree with the photo's label (AttGAN), or `"seen"`,
            to look to the discriminator as they did before.
        generator_reconstruction, editor_reconstruction: the paper's lambda in formulas 6 and 8.
        editor_restoration: with `drawn_glasses`, what nearness weighs, besides, to what the drawn glasses cover.
        editor_outside: with `objective="wasserstein"`, what every change outside the region weighs that an edit is about
            (`regions.region`). Without it, glasses come with other hair, and gray hair with wrinkles.
        ema_decay: of the moving average of all weights, which every picture is made with.
        classified_images: with `objective="wasserstein"`, how many photos encoder and classifiers learn from before the
            GAN begins; they are not counted among the images seen.
        batch_size: photos in a step.
        epochs: passes over the training part.
    """

    name: str
    filters: int = 64
    max_filters: int = 512
    kernel_size: int = 5
    upsampling: str = "transposed"
    subpixel: bool = False
    condition: str = "joined"
    editing: str = "target"
    objective: str = "paper"
    shared_encoder: bool = True
    own_classifier: bool = False
    classifiers: int = 0
    skips: int | None = None
    residual_blocks: int = 2
    first_normalised: bool = True
    dropout: float = 0.25
    noise_size: int = 100
    mirror: bool = False
    shift: float = 0.0
    balanced: bool = False
    eyes_of_others: float = 0.0
    drawn_glasses: float = 0.0
    discriminator_rate: float = 1e-4
    generator_rate: float = 1e-4
    editor_rate: float = 2e-4
    rate_decay: float = 0.0
    beta_1: float = 0.5
    beta_2: float = 0.9
    gradient_penalty: float = 10.0
    discriminator_match: float = 1.0
    generator_match: float = 1.0
    editor_match: float = 1.0
    editor_adversarial: float = 1.0
    editor_margin: float = 0.0
    editor_keep: float = 1.0
    editor_keeps: str = "label"
    generator_reconstruction: float = 0.2
    editor_reconstruction: float = 0.2
    editor_restoration: float = 0.0
    editor_outside: float = 0.0
    ema_decay: float = 0.999
    classified_images: int = 0
    batch_size: int = 32
    epochs: int = 15

    def to_dict(self):
        return asdict(self)


# A small network for the first run and the tests: minutes on a CPU at 64 pixels. It departs from the paper in nearly
# everything that costs time: see `Preset` for what each field means.
_TINY = Preset(
    "tiny",
    filters=24,
    max_filters=128,
    # Twice the stride: every pixel is seen equally often, so neither pictures nor gradients get a checkerboard.
    kernel_size=4,
    condition="modulation",
    editing="difference",
    objective="wasserstein",
    residual_blocks=1,
    dropout=0.0,
    mirror=True,
    discriminator_rate=1e-3,
    generator_rate=5e-4,
    editor_rate=6e-4,
    discriminator_match=10.0,
    generator_match=5.0,
    editor_match=80.0,
    editor_keep=80.0,
    generator_reconstruction=0.0,
    editor_reconstruction=30.0,
    ema_decay=0.995,
    batch_size=16,
    epochs=6,
)

PRESETS = {
    preset.name: preset
    for preset in (
        # The 2018 paper to the letter. What its text leaves open is decided here: a dropout rate of 0.25, two
        # residual blocks, and the moving average, which the paper does not have and which trains nothing.
        Preset("paper"),
        _TINY,
        # For real photos: rare values, like glasses, come as often as others, and the classifier knows what attributes
        # look like before the editor begins. As wide as a CPU trains in hours.
        replace(
            _TINY,
            name="celeba128",
            upsampling="nearest",
            subpixel=True,
            first_normalised=False,
            editing="repainting",
            own_classifier=True,
            classifiers=6,
            shift=1 / 32,
            balanced=True,
            eyes_of_others=0.85,
            drawn_glasses=0.5,
            classified_images=80_000,
            generator_match=20.0,
            editor_keeps="seen",
            editor_match=240.0,
            editor_adversarial=4.0,
            editor_margin=1.5,
            editor_keep=1300.0,
            editor_reconstruction=20.0,
            editor_restoration=2000.0,
            editor_outside=200.0,
            ema_decay=0.9995,
            epochs=20,
        ),
    )
}


def preset(name):
    """The preset of that name.

    Raises:
        FaceganError: there is none.
    """
    if name not in PRESETS:
        raise FaceganError(f"unknown preset '{name}'" + did_you_mean(name, PRESETS))
    return PRESETS[name]
