from types import SimpleNamespace

import numpy as np
import pytest
from keras import ops

from facegan.evaluation import judge_training
from facegan.evaluation.judge_augmentation import augment


def test_the_threshold_gives_the_best_mean_of_accuracy_and_balanced_accuracy():
    random = np.random.default_rng(0)
    labels = (random.random(200) < 0.2).astype("uint8")
    logits = random.normal(labels * 1.5, 1)

    def score(threshold):
        right = (logits > threshold) == labels
        return right.mean() + (right[labels == 1].mean() + right[labels == 0].mean()) / 2

    best = judge_training.best_threshold(logits, labels)
    assert score(best) == pytest.approx(max(score(threshold) for threshold in logits))


def test_a_rare_value_does_not_move_the_threshold():
    assert judge_training.best_threshold(np.arange(100.0), np.arange(100) > 95) == 0


def test_unknown_labels_do_not_count():
    loss = judge_training.masked_cross_entropy(np.array([0.5, 0.5, 0.1]))
    known, unknown = np.array([[1.0, 0.0]]), np.array([[1.0, 0.0, judge_training.UNKNOWN]])
    of_two = judge_training.masked_cross_entropy(np.array([0.5, 0.5]))(known, np.array([[2.0, -1.0]], "float32"))
    for logit in (-5.0, 5.0):
        found = loss(unknown, np.array([[2.0, -1.0, logit]], "float32"))
        assert ops.convert_to_numpy(found) == pytest.approx(ops.convert_to_numpy(of_two))


def test_a_rare_value_weighs_the_square_root_of_its_rarity():
    loss = judge_training.masked_cross_entropy(np.array([0.1]))
    logits = np.zeros((2, 1), "float32")
    rare, common = ops.convert_to_numpy(loss(np.array([[1.0], [0.0]], "float32"), logits))
    assert rare / common == pytest.approx(3)
    assert 0.1 * rare + 0.9 * common == pytest.approx(np.log(2), rel=1e-5)


def test_batches_are_a_function_of_seed_and_index_and_take_photos_in_turn(drawn_faces):
    faces = SimpleNamespace(faces=drawn_faces.faces, labels=drawn_faces.labels, known=np.ones_like(drawn_faces.labels))
    faces.known[:, 0] = 0
    chosen = np.arange(10, 42)
    order = judge_training.photo_order(chosen, 64, seed=3)
    batch = lambda: judge_training.augmented_batch(faces, order[16:24], np.random.default_rng([3, 2]))
    (images, labels), again = batch(), batch()
    assert np.array_equal(images, again[0]) and np.array_equal(labels, again[1])
    assert images.shape == (8, 32, 32, 3) and images.dtype == np.uint8
    assert (labels[:, 0] == judge_training.UNKNOWN).all() and set(np.unique(labels[:, 1:])) <= {0, 1}
    assert sorted(order[:32]) == sorted(order[32:]) == chosen.tolist()


def test_augmentation_changes_a_face_and_keeps_it(drawn_faces):
    face = drawn_faces.faces[0]
    changed = np.stack([augment(face, np.random.default_rng(seed)) for seed in range(200)])
    assert changed.shape == (200, 32, 32, 3) and changed.dtype == np.uint8
    assert len({picture.tobytes() for picture in changed}) == 200

    def mean(pictures):
        return np.abs(pictures.astype("float64") - face).mean()

    # On average, a face or its mirror image.
    both = (face / 2 + face[:, ::-1] / 2)[6:26, 6:26]
    assert np.abs(changed.mean(axis=0)[6:26, 6:26] - both).mean() < mean(changed) / 2
