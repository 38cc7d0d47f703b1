"""Which loss terms each network is trained on, by the preset's `objective`.

An objective's terms are computed from what the discriminator said, `Judged`. A network's loss is the sum of its
terms.
"""

from collections.abc import Callable
from dataclasses import dataclass, fields, replace
from typing import Any

from keras import ops

from facegan import losses


@dataclass(frozen=True)
class Judged:
    """One step's pictures and the discriminator's answers about them.

    Attributes:
        real, generated, edited: `(batch, size, size, 3)` in -1..1.
        *_score: `(batch, 1)`, any number.
        real_match, generated_match: logits, with the photos' own conditions; edited_match: with the wished-for ones.
        mismatched_match: real photos with conditions that are not theirs.
        *_seen: as *_match, from the head that learns from photos alone, if there is one.
        *_classified: as *_match, from each of the classifiers apart from the discriminator: lists.
        drawn_on: `(batch, 1, 1, 1)`, 1 where glasses have been drawn onto a photo.
        changed: `(batch, k)`, 1 where the editor was asked to change a column.
        region: `(batch, size, size, 1)`, 1 where a column that is to change is to be seen.
        penalty_gradients: of the score, at points between real and made pictures.
    """

    real: Any
    reference: Any
    generated: Any
    edited: Any
    real_score: Any
    generated_score: Any
    edited_score: Any
    real_match: Any
    generated_match: Any
    edited_match: Any
    mismatched_match: Any
    real_seen: Any
    generated_seen: Any
    edited_seen: Any
    real_classified: Any
    edited_classified: Any
    drawn_on: Any
    changed: Any
    region: Any
    penalty_gradients: Any


def answers_in_0_to_1(judged):
    """The same with all scores and matches bounded by a sigmoid, as the paper has them."""
    names = [field.name for field in fields(judged) if field.name.endswith(("_score", "_match"))]
    return replace(judged, **{name: ops.sigmoid(getattr(judged, name)) for name in names})


def paper_terms(preset, judged):
    """Formulas 1 to 6 and 8.

    The penalty is about the slope of the score as it is before the sigmoid, like WGAN-GP's own: once the bounded score
    is 0 or 1 its slope is zero everywhere, and neither the losses nor the penalty could bring it back.
    """
    judged = answers_in_0_to_1(judged)
    return {
        "discriminator": {
            "adversarial": losses.discriminator_adversarial_loss(judged.real_score, judged.generated_score),
            "match": preset.discriminator_match
            * losses.match_loss(judged.real_match, [judged.generated_match, judged.mismatched_match]),
            "gradient_penalty": preset.gradient_penalty * losses.gradient_penalty(judged.penalty_gradients),
        },
        "generator": {
            "adversarial": losses.fooling_loss(judged.generated_score),
            "match": preset.generator_match * losses.fooling_loss(judged.generated_match),
            "reconstruction": preset.generator_reconstruction * losses.absolute_error(judged.real, judged.generated),
        },
        "editor": {
            "adversarial": losses.fooling_loss(judged.edited_score),
            "match": preset.editor_match * losses.fooling_loss(judged.edited_match),
            "reconstruction": preset.editor_reconstruction * losses.square_error(judged.reference, judged.edited),
        },
    }


def wasserstein_terms(preset, judged):
    """WGAN-GP's critic, which here also judges edited faces, and a classifier of the label columns (AttGAN).

    As in formula 2, what is made does not match: of edited faces the classifier has to say that the changed columns
    are still as they were. A classifier that sees real photos alone is soon fooled by speckle that only it can see;
    this one asks for the same glasses as real photos have. Where a head of its own learns from photos alone, the editor
    has to please both, and that head says what is to be kept and what generated faces look like. Of edited faces, the
    classifiers apart from the discriminator say both as well, and each of them counts as much as a head. Others,
    who have never trained an editor, are convinced less by the same edit: so all of these have to be by a margin.

    The editor's reconstruction is the mean absolute difference to the photo: it keeps what needs no change sharp. Where glasses
    were drawn onto a photo, it is known what they cover, and restoration asks for that. And nothing is to change outside
    the region that an edit is about: new hair does not wrinkle a face, nor glasses darken the hair.
    """
    false_score = ops.concatenate([judged.generated_score, judged.edited_score])
    discriminator = {
        "adversarial": losses.wasserstein_critic_loss(judged.real_score, false_score),
        "match": preset.discriminator_match * losses.agreement_loss(judged.real_match),
        "edited_match": losses.disagreement_loss(judged.edited_match, judged.changed),
        "gradient_penalty": preset.gradient_penalty * losses.gradient_penalty(judged.penalty_gradients),
    }
    if preset.own_classifier:
        discriminator["seen"] = preset.discriminator_match * losses.agreement_loss(judged.real_seen)
    answers = (judged.edited_match, judged.edited_seen, *judged.edited_classified)
    changed = [losses.changed_loss(answer, judged.changed, preset.editor_margin) for answer in answers]
    editor = {
        "adversarial": -preset.editor_adversarial * ops.mean(judged.edited_score),
        "match": preset.editor_match * sum(changed) / len(changed),
        "kept": preset.editor_keep * kept(preset, judged),
        "reconstruction": preset.editor_reconstruction * losses.absolute_error(judged.reference, judged.edited),
    }
    if preset.editor_outside:
        editor["outside"] = preset.editor_outside * losses.outside_error(judged.real, judged.edited, judged.region)
    if preset.drawn_glasses:
        restoration = losses.restoration_error(judged.real, judged.reference, judged.edited, judged.drawn_on)
        editor["restoration"] = preset.editor_restoration * restoration
    return {
        "discriminator": discriminator,
        "generator": {
            "adversarial": -ops.mean(judged.generated_score),
            "match": preset.generator_match * losses.agreement_loss(judged.generated_seen),
            "reconstruction": preset.generator_reconstruction * losses.absolute_error(judged.real, judged.generated),
        },
        "editor": editor,
    }


def kept(preset, judged):
    """What the editor owes the columns that are not to change."""
    answers = [judged.edited_seen, *judged.edited_classified]
    if preset.editor_keeps == "seen":
        before = [judged.real_seen, *judged.real_classified]
        moved = [losses.kept_loss(*pair, judged.changed) for pair in zip(answers, before)]
    else:
        moved = [losses.changed_loss(answer, 1.0 - judged.changed) for answer in answers]
    return sum(moved) / len(moved)


def generated_faces(generated, edited):
    return generated


def generated_and_edited_faces(generated, edited):
    """In turn: both are scored as made, and where nothing holds the slope, the editor finds speckle that pleases."""
    odd = ops.arange(ops.shape(generated)[0]) % 2 == 1
    return ops.where(odd[:, None, None, None], edited, generated)


@dataclass(frozen=True)
class Objective:
    """What makes one way of training different from another.

    Attributes:
        terms: `terms(preset, judged)` returns `{network: {term: scalar}}`.
        penalised: `penalised(generated, edited)` returns the made faces that the gradient penalty looks towards from
            the real ones.
    """

    terms: Callable
    penalised: Callable


OBJECTIVES = {
    "paper": Objective(paper_terms, generated_faces),
    "wasserstein": Objective(wasserstein_terms, generated_and_edited_faces),
}
