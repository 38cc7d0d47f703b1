"""The editor's variants: which feature maps it sees, and whose encoder it sees them with."""

import numpy as np
import pytest
from keras import layers, ops

K = 8


def edited(networks, batch):
    return ops.convert_to_numpy(networks.edit(batch["images"], batch["labels"], batch["targets"]))


def change(encoder):
    for variable in encoder.trainable_variables:
        variable.assign(variable * 1.5 + 0.1)


@pytest.mark.parametrize("name", ["paper", "tiny"])
def test_an_encoder_of_its_own_makes_the_editor_independent_of_the_discriminator(small_model, inputs, name):
    batch = inputs()
    for shared in (True, False):
        networks = small_model(name, shared_encoder=shared)
        before = edited(networks, batch)
        change(networks.encoder)
        assert (edited(networks, batch) == before).all() == (not shared)


@pytest.mark.parametrize("name", ["paper", "tiny"])
def test_its_own_encoder_is_as_large_as_the_shared_one(small_model, name):
    shared, own = small_model(name), small_model(name, shared_encoder=False)
    assert own.encoder.count_params() == shared.encoder.count_params()
    assert own.editor.count_params() == shared.editor.count_params() + shared.encoder.count_params()


@pytest.mark.parametrize("name", ["tiny", "celeba128"])
def test_asking_for_no_difference_gives_back_the_photo_with_any_encoder(small_model, inputs, name):
    batch = inputs()
    networks = small_model(name, shared_encoder=False)
    same = ops.convert_to_numpy(networks.edit(batch["images"], batch["labels"], batch["labels"]))
    assert (same == batch["images"]).all()
    assert np.abs(edited(networks, batch) - batch["images"]).max() > 0


@pytest.mark.parametrize("name", ["tiny", "celeba128"])
def test_an_edit_is_the_mean_of_both_mirror_images(small_model, inputs, name):
    networks, batch = small_model(name), inputs()
    turned = {**batch, "images": batch["images"][:, :, ::-1]}
    once, of_turned = (ops.convert_to_numpy(networks.edit_once(*map(b.get, ("images", "labels", "targets"))))
                       for b in (batch, turned))  # fmt: skip
    assert np.abs(once - of_turned[:, :, ::-1]).max() > 1e-3
    assert edited(networks, batch) == pytest.approx((once + of_turned[:, :, ::-1]) / 2, abs=1e-5)
    assert edited(networks, turned) == pytest.approx(edited(networks, batch)[:, :, ::-1], abs=1e-5)


def test_who_has_never_seen_mirror_images_edits_photos_as_they_are(small_model, inputs):
    networks, batch = small_model("paper"), inputs()
    once = networks.edit_once(batch["images"], batch["labels"], batch["targets"])
    assert (edited(networks, batch) == ops.convert_to_numpy(once)).all()


def test_repainting_lets_the_photo_fade_before_something_is_added(small_model, inputs):
    networks, batch = small_model("celeba128"), inputs()
    for strength in (0.5, 1.0, 2.0):
        difference = strength * (batch["targets"] - batch["labels"])
        result = ops.convert_to_numpy(networks.edit_once(batch["images"], batch["labels"], batch["labels"] + difference))
        images, difference = map(ops.convert_to_tensor, (batch["images"], difference))
        added, grown = map(ops.convert_to_numpy, networks.editor([*networks.encoder(images), difference, images]))
        assert grown.min() < -0.1 and grown.max() > 0.1
        stays = np.maximum(1 + strength * grown, 0)
        assert result == pytest.approx(batch["images"] * stays + 2 * strength * added, abs=1e-5)


def test_repainting_takes_away_what_no_sum_can(small_model, inputs):
    """What is added has half the photo's resolution: single bright pixels only fade."""
    networks, batch = small_model("celeba128"), inputs()
    added_head, grown_head = (
        networks.editor.get_layer(tensor._keras_history.operation.name) for tensor in networks.editor.outputs
    )
    for head, level in ((added_head, 0.0), (grown_head, -20.0)):
        convolution = head._inbound_nodes[0].parent_nodes[0].operation
        convolution.kernel.assign(convolution.kernel * 0)
        convolution.bias.assign(np.full(3, level))
    assert np.abs(edited(networks, batch)).max() < 1e-6


@pytest.mark.parametrize("skips, joined", [(None, [0, 8, 4]), (2, [0, 8, 4]), (1, [0, 8, 0]), (0, [0, 0, 0])])
def test_skips_come_from_the_smallest_maps_first(small_model, skips, joined):
    """At 32 pixels the small encoder has 4, 8 and 8 filters; the decoder starts from the last ones."""
    decoder = [
        layer.input.shape[-1]
        for layer in small_model("paper", skips=skips).editor.layers
        if isinstance(layer, layers.Conv2DTranspose)
    ]
    assert decoder == [below + skip + K for below, skip in zip([8, 8, 4], joined)]
