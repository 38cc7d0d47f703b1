"""Every figure of a model, on the test part of a data set.

The metrics, whose names are their protocols:

`edit_accuracy@S`
    Each edit (`edits.all_edits`) at strength S, told what the faces are like by their labels, on faces that by label
    and judge are not yet as asked (`edits.faces_to_edit`): the share in which the judge then sees what was asked for.
    The mean over an attribute's edits, then over attributes. A model that does nothing has 0.
`edit_preservation@S`
    On the same faces, the share of the other attributes in which the judge sees the same as before. A model that does
    nothing has 1.
`judge_preservation`
    A ceiling of that, for edits of glasses and hair: on the same faces, the same share when what was asked for is real, and
    pasted in from a test face that has it: its eyes (`eyes.with_eyes_of`), or its hair (`hair.with_hair_of`). What is
    missing to 1 is the judge's own doing, and the seam's. Mean as above.
`change_outside`
    On the same faces at strength 1, the mean absolute change (0 to 255) of the pixels outside the attribute's region
    (`attributes`), for attributes that have one.
`reconstruction_psnr`, `reconstruction_ssim`
    Of test faces and what the editor, asked for nothing new, makes of them, both as 8-bit pictures.
`identity_similarity`, `identity_same_person`
    On the faces of the edits that keep identity (`Attribute.keeps_identity`) at strength 1: mean cosine similarity of dlib's embeddings of
    before and after, and the share that dlib takes for one person.
`attributes_found`
    Of test faces, how often the model finds by itself what their labels say, as an edit does that is not told: an
    edit to what a face is taken to be already changes nothing. The mean over an attribute's values, then attributes.
`generation_accuracy`
    Of faces generated for each edit's wish alone, everything else as it occurs in the training data: the share in
    which the judge sees that wish. Mean as above.
`kid_judge`, `fid_inception`
    Kernel distance, in the judge's features, between test faces and faces generated from their attributes; Fréchet
    distance in InceptionV3's.
`diversity`
    Mean absolute difference (0 to 255) between faces generated from the same attributes.
`generated_edit_accuracy@1.0`, `generated_edit_preservation@1.0`
    As above, on generated faces; what was asked of them takes the place of labels.
"""

import numpy as np

from facegan.attributes import FIVE
from facegan.data.hair import HairDonors, with_hair_of
from facegan.errors import FaceganError
from facegan.evaluation import distances, fidelity, identity
from facegan.evaluation.edits import all_edits, edit_accuracy, edit_preservation, faces_to_edit, macro_mean
from facegan.evaluation.eyes import with_eyes_of
from facegan.evaluation.tried import Judged, Tried
from facegan.images import to_array

STRENGTHS = (0.5, 1.0, 1.5, 2.0)
# Distances between sets compare every face with every other.
MOST_COMPARED = 2000
# Diversity: the commonest kinds of face, and how many of each.
KINDS, OF_A_KIND = 8, 16


class Evaluation:
    """A model's figures and the pictures behind them.

    Args:
        model: `FaceModel`.
        faces: `PreparedFaces` with the model's label columns and of its size.
        judge: `Judge` of these faces.
        limit: on how many faces each edit is tried, and how many are generated for each wish.
        seed: of which faces these are.
        inception: whether to measure `fid_inception` too.
        tick: called with 1 after each of `stages(model)`, for a progress bar.

    Attributes:
        figures: `{metric: number}`; None where it could not be measured.
        edits: `{wish: {metric: number}}`, with `judge`, the judge's own accuracy on real faces that are so: the ceiling.
        groups: `{"female": {metric: number}}`, on the test faces of that group.
        counts: how many faces stand behind the figures.

    Raises:
        FaceganError: the data do not fit the model.
    """

    def __init__(self, model, faces, judge, limit=200, seed=0, inception=False, tick=lambda stages: None):
        check(model, faces)
        self.model, self.faces, self.judge, self.seed, self.limit = model, faces, judge, seed, limit
        self._tick = tick
        self.attributes = model.attributes
        self.asked = all_edits(model.attributes)
        test = faces.part("test")
        self.real = self._judged(faces.faces[test], self.attributes.select(faces.labels[test], faces.columns))
        self.labels = faces.labels[test]
        self.found = self.attributes.value_indexes(model.conditions_of(self.real.images)) == self.real.asked
        self.tried = {strength: self._try_all(self.real, strength) for strength in STRENGTHS}
        chosen = np.sort(np.random.default_rng(seed).permutation(len(test))[:MOST_COMPARED])
        self.compared = self.real.of(chosen)
        conditions = self.compared.conditions
        self.generated = self._judged(to_array(model.generate_each(conditions, seed)), conditions)
        self.tried_generated = self._try_all(self.generated, 1.0)
        self.figures = (
            self._edit_figures()
            | self._attributes_found()
            | self._reconstruction()
            | self._identity()
            | self._generation(inception)
        )
        self.edits = self._by_edit()
        self.groups = self._by_group()
        self.counts = {"test faces": len(test), "faces for each edit, at most": limit, "generated": len(chosen)}

    def _judged(self, images, conditions):
        probabilities, features = self.judge.see(images)
        columns = [self.judge.columns.index(column) for column in self.attributes.columns]
        seen = self.attributes.value_indexes(probabilities[:, columns])
        return Judged(images, conditions, self.attributes.value_indexes(conditions), seen, features)

    def _try_all(self, faces, strength):
        # The same faces at every strength.
        random = np.random.default_rng([self.seed, 1])
        return [self._try(edit, faces, strength, random) for edit in self.asked]

    def _try(self, edit, faces, strength, random):
        where = faces_to_edit(edit, faces.asked, faces.seen, self.limit, random)
        before = faces.of(where)
        self._tick(1)
        if not len(where):
            return Tried(edit, where, before, before, np.zeros(0, bool), np.zeros(0))
        after = self._judged(
            self.model.edit(before.images, edit.wish, strength, before.conditions), before.conditions
        )
        right = edit_accuracy(edit, after.seen)
        kept = edit_preservation(edit, before.seen, after.seen)
        return Tried(edit, where, before, after, right, kept)

    def _mean(self, figure, tried):
        return macro_mean([_mean(figure(each)) for each in tried], [each.edit for each in tried])

    def _edit_figures(self):
        figures = {}
        for strength, tried in self.tried.items():
            figures[f"edit_accuracy@{strength}"] = self._mean(lambda each: each.right, tried)
            figures[f"edit_preservation@{strength}"] = self._mean(lambda each: each.kept, tried)
        figures["generated_edit_accuracy@1.0"] = self._mean(lambda each: each.right, self.tried_generated)
        figures["generated_edit_preservation@1.0"] = self._mean(lambda each: each.kept, self.tried_generated)
        for each in self.tried[1.0]:
            each.kept_by_the_real_thing = self._kept_by_the_real_thing(each)
        figures["judge_preservation"] = self._mean(lambda each: each.kept_by_the_real_thing, self.tried[1.0])
        figures["change_outside"] = self._mean(self._change_outside, self.tried[1.0])
        return figures

    def _kept_by_the_real_thing(self, tried):
        name, images = self.attributes.names[tried.edit.attribute], self.real.images
        having = np.flatnonzero(self.real.asked[:, tried.edit.attribute] == tried.edit.value)
        if name not in ("glasses", "hair") or not len(having):
            return np.zeros(0)
        random, donors = np.random.default_rng([self.seed, 3]), HairDonors(self.labels[having], self.faces.columns)
        pasted = {}
        for place in tried.where:
            if name == "glasses":
                pasted[place] = with_eyes_of(images[place], images[random.choice(having)], random)
            elif (other := donors.draw(self.labels[place], random)) is not None:
                pasted[place] = with_hair_of(images[place], images[having[other]], random)
        if not pasted:
            return np.zeros(0)
        before = self.real.of(list(pasted))
        after = self._judged(np.stack(list(pasted.values())), before.conditions)
        return edit_preservation(tried.edit, before.seen, after.seen)

    def _change_outside(self, tried):
        where = self.attributes.items[tried.edit.attribute].region.mask(self.model.size)
        return fidelity.change_outside(tried.before.images, tried.after.images, where)

    def _reconstruction(self):
        random = np.random.default_rng([self.seed, 2])
        chosen = self.real.of(np.sort(random.permutation(len(self.real.images))[: self.limit]))
        same = self.model.edit(chosen.images, "", source=chosen.conditions)
        return {
            "reconstruction_psnr": _mean(fidelity.psnr(chosen.images, same)),
            "reconstruction_ssim": _mean(fidelity.ssim(chosen.images, same)),
        }

    def _identity(self):
        keeps = [item.keeps_identity for item in self.attributes.items]
        tried = [each for each in self.tried[1.0] if keeps[each.edit.attribute] and len(each.where)]
        if not (tried and identity.available()):
            return {"identity_similarity": None, "identity_same_person": None}
        # Many edits are tried on the same faces.
        faces = np.unique(np.concatenate([each.where for each in tried]))
        found = identity.embeddings(np.concatenate([self.real.images[faces], *(each.after.images for each in tried)]))
        of_faces, *after = np.split(found, np.cumsum([len(faces), *(len(each.where) for each in tried[:-1])]))
        for each, edited in zip(tried, after):
            before = of_faces[np.searchsorted(faces, each.where)]
            each.similarity = identity.cosine_similarity(before, edited)
            each.same_person = identity.same_person(before, edited)
        return {
            "identity_similarity": self._mean(lambda each: each.similarity, tried),
            "identity_same_person": self._mean(lambda each: each.same_person, tried),
        }

    def _attributes_found(self):
        return {"attributes_found": macro_mean([self._found(edit) for edit in self.asked], self.asked)}

    def _found(self, edit):
        return _mean(self.found[self.real.asked[:, edit.attribute] == edit.value, edit.attribute])

    def _generation(self, inception):
        self.generated_right = []
        for edit in self.asked:
            images, conditions = self.model.generate_with_conditions(edit.wish, self.limit, self.seed)
            self.generated_right.append(edit_accuracy(edit, self._judged(to_array(images), conditions).seen))
            self._tick(1)
        figures = {
            "generation_accuracy": macro_mean([_mean(right) for right in self.generated_right], self.asked),
            "kid_judge": distances.kernel_distance(self.generated.features, self.compared.features),
            "fid_inception": None,
        }
        if inception:
            pair = [distances.inception_features(which.images) for which in (self.generated, self.compared)]
            figures["fid_inception"] = distances.frechet_distance(*pair)
        return figures | self._diversity()

    def _diversity(self):
        kinds, of_kind, counts = np.unique(self.real.conditions, axis=0, return_inverse=True, return_counts=True)
        made, real = [], []
        for kind in np.argsort(-counts, kind="stable")[:KINDS]:
            conditions = np.repeat(kinds[kind][None], OF_A_KIND, axis=0)
            made.append(distances.pairwise_difference(to_array(self.model.generate_each(conditions, self.seed))))
            alike = self.real.images[np.flatnonzero(of_kind.ravel() == kind)[:OF_A_KIND]]
            if len(alike) > 1:
                real.append(distances.pairwise_difference(alike))
        return {"diversity": _mean(made), "diversity_of_real_faces": _mean(real)}

    def _by_edit(self):
        found = {}
        for place, edit in enumerate(self.asked):
            so = self.real.asked[:, edit.attribute] == edit.value
            one = self.tried[1.0][place]
            found[edit.wish] = {
                "faces": len(one.where),
                "judge": _mean(self.real.seen[so, edit.attribute] == edit.value),
                **{f"edit_accuracy@{strength}": _mean(tried[place].right) for strength, tried in self.tried.items()},
                "edit_preservation@1.0": _mean(one.kept),
                "judge_preservation": _mean(one.kept_by_the_real_thing),
                "change_outside": _mean(self._change_outside(one)),
                "attributes_found": self._found(edit),
                "identity_same_person": _mean(one.same_person),
                "generation_accuracy": _mean(self.generated_right[place]),
                "generated_edit_accuracy@1.0": _mean(self.tried_generated[place].right),
            }
        return found

    def _by_group(self):
        groups = {}
        grouping = [item for item in FIVE if item.is_group and item.columns[0] in self.faces.columns]
        for name, column, value in [(name, *item.columns, *item.bits(name)) for item in grouping for name in item.values]:
            member = self.labels[:, self.faces.columns.index(column)] == value
            of_group = lambda values, each: values[member[each.where]] if len(values) else values
            tried = self.tried[1.0]
            groups[name] = {
                "faces": int(member.sum()),
                "edit_accuracy@1.0": self._mean(lambda each: of_group(each.right, each), tried),
                "edit_preservation@1.0": self._mean(lambda each: of_group(each.kept, each), tried),
                "identity_same_person": self._mean(lambda each: of_group(each.same_person, each), tried),
                "judge": _mean([
                    _mean((self.real.seen == self.real.asked)[member, place])
                    for place in range(len(self.attributes.names))
                ]),
            }  # fmt: skip
        return groups


def stages(model):
    """How many stages an `Evaluation` has: each edit at each strength and on generated faces, and each wish generated."""
    return len(all_edits(model.attributes)) * (len(STRENGTHS) + 2)


def check(model, faces):
    """Raises `FaceganError` unless a model can be measured on these faces."""
    missing = set(model.attributes.columns) - set(faces.columns)
    if missing:
        raise FaceganError(f"{faces.path} has no labels for {', '.join(sorted(missing))}, which the model was trained on")
    if faces.size != model.size:
        raise FaceganError(f"{faces.path} has faces of {faces.size} pixels, but the model's have {model.size}")
    if len(faces.part("test")) < 2:
        raise FaceganError(f"{faces.path} has no test part to measure with")


def _mean(values):
    """The mean without what is nan; nan of nothing."""
    values = np.asarray(values, "float64")
    values = values[~np.isnan(values)]
    return float(values.mean()) if len(values) else float("nan")
