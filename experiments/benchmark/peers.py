"""AttGAN's and StarGAN's published networks and training step at 128 pixels, reimplemented in plain PyTorch.

For their speed alone: the time of a step counts, not what is learned, so data and labels are random.
One update of the discriminator, with the gradient penalty, and one of the generator.
"""

from itertools import pairwise

import torch
from torch import nn
from torch.nn.functional import binary_cross_entropy_with_logits, l1_loss

SIZE = 128
ATTGAN_ATTRIBUTES, ATTGAN_BATCH = 13, 32
STARGAN_ATTRIBUTES, STARGAN_BATCH = 5, 16


def attribute_planes(attributes, features):
    """`(batch, k)` as `k` constant planes of the features' height and width, joined to them."""
    planes = attributes[:, :, None, None].expand(-1, -1, *features.shape[2:])
    return torch.cat([features, planes], 1)


class AttGANGenerator(nn.Module):
    """The generator of He et al. 2019, table of networks.

    Five 4x4 convolutions down to 4x4x1024, five transposed ones back, attributes at the bottom and after the first of
    these, one skip connection.
    """

    def __init__(self):
        super().__init__()
        down = [3, 64, 128, 256, 512, 1024]
        self.down = nn.ModuleList(
            nn.Sequential(nn.Conv2d(i, o, 4, 2, 1, bias=False), nn.BatchNorm2d(o), nn.LeakyReLU(0.2))
            for i, o in pairwise(down)
        )
        inputs = [1024 + ATTGAN_ATTRIBUTES, 1024 + ATTGAN_ATTRIBUTES + 512, 512, 256]
        self.up = nn.ModuleList(
            nn.Sequential(nn.ConvTranspose2d(i, o, 4, 2, 1, bias=False), nn.BatchNorm2d(o), nn.ReLU())
            for i, o in zip(inputs, [1024, 512, 256, 128], strict=True)
        )
        self.picture = nn.Sequential(nn.ConvTranspose2d(128, 3, 4, 2, 1), nn.Tanh())

    def encode(self, images):
        features = [images]
        for layer in self.down:
            features.append(layer(features[-1]))
        return features

    def decode(self, features, attributes):
        tensor = self.up[0](attribute_planes(attributes, features[-1]))
        tensor = self.up[1](attribute_planes(attributes, torch.cat([tensor, features[-2]], 1)))
        for layer in self.up[2:]:
            tensor = layer(tensor)
        return self.picture(tensor)


class AttGANDiscriminator(nn.Module):
    def __init__(self):
        super().__init__()
        down = [3, 64, 128, 256, 512, 1024]
        layers = []
        for i, o in pairwise(down):
            layers += [nn.Conv2d(i, o, 4, 2, 1, bias=False), nn.InstanceNorm2d(o, affine=True), nn.LeakyReLU(0.2)]
        self.features = nn.Sequential(*layers, nn.Flatten())
        self.score = nn.Sequential(nn.Linear(1024 * 16, 1024), nn.LeakyReLU(0.2), nn.Linear(1024, 1))
        self.attributes = nn.Sequential(
            nn.Linear(1024 * 16, 1024), nn.LeakyReLU(0.2), nn.Linear(1024, ATTGAN_ATTRIBUTES)
        )

    def forward(self, images):
        features = self.features(images)
        return self.score(features), self.attributes(features)


class StarGANGenerator(nn.Module):
    """Choi et al. 2018, table 4: attributes joined to the picture, six residual blocks at a quarter of the size."""

    def __init__(self):
        super().__init__()

        def normalised(layer, filters):
            return [layer, nn.InstanceNorm2d(filters, affine=True, track_running_stats=True), nn.ReLU()]

        layers = normalised(nn.Conv2d(3 + STARGAN_ATTRIBUTES, 64, 7, 1, 3, bias=False), 64)
        for i in (64, 128):
            layers += normalised(nn.Conv2d(i, 2 * i, 4, 2, 1, bias=False), 2 * i)
        layers += [StarGANBlock() for _ in range(6)]
        for i in (256, 128):
            layers += normalised(nn.ConvTranspose2d(i, i // 2, 4, 2, 1, bias=False), i // 2)
        self.layers = nn.Sequential(*layers, nn.Conv2d(64, 3, 7, 1, 3, bias=False), nn.Tanh())

    def forward(self, images, attributes):
        return self.layers(attribute_planes(attributes, images))


class StarGANBlock(nn.Module):
    def __init__(self):
        super().__init__()

        def convolution():
            return [
                nn.Conv2d(256, 256, 3, 1, 1, bias=False),
                nn.InstanceNorm2d(256, affine=True, track_running_stats=True),
            ]

        self.layers = nn.Sequential(*convolution(), nn.ReLU(), *convolution())

    def forward(self, tensor):
        return tensor + self.layers(tensor)


class StarGANDiscriminator(nn.Module):
    """Table 5: six 4x4 convolutions down to 2x2x2048, without normalisation."""

    def __init__(self):
        super().__init__()
        filters = [3, 64, 128, 256, 512, 1024, 2048]
        layers = []
        for i, o in pairwise(filters):
            layers += [nn.Conv2d(i, o, 4, 2, 1), nn.LeakyReLU(0.01)]
        self.features = nn.Sequential(*layers)
        self.score = nn.Conv2d(2048, 1, 3, 1, 1, bias=False)
        self.attributes = nn.Conv2d(2048, STARGAN_ATTRIBUTES, 2, bias=False)

    def forward(self, images):
        features = self.features(images)
        return self.score(features), self.attributes(features).flatten(1)


def slope_penalty(discriminator, real, made):
    mixing = torch.rand(len(real), 1, 1, 1)
    between = (mixing * real + (1 - mixing) * made).requires_grad_()
    score = discriminator(between)[0]
    (gradients,) = torch.autograd.grad(score.sum(), between, create_graph=True)
    return ((gradients.flatten(1).norm(dim=1) - 1) ** 2).mean()


def attgan_step():
    """`(step, batch size)`; the step trains on a batch of random faces."""
    generator, discriminator = AttGANGenerator(), AttGANDiscriminator()
    optimizers = [torch.optim.Adam(network.parameters(), 2e-4, (0.5, 0.999)) for network in (generator, discriminator)]

    def step():
        images = torch.rand(ATTGAN_BATCH, 3, SIZE, SIZE) * 2 - 1
        own = torch.randint(0, 2, (ATTGAN_BATCH, ATTGAN_ATTRIBUTES)).float()
        wished = own[torch.randperm(ATTGAN_BATCH)]
        with torch.no_grad():
            made = generator.decode(generator.encode(images), wished - 0.5)
        score, attributes = discriminator(images)
        loss = discriminator(made)[0].mean() - score.mean() + 10 * slope_penalty(discriminator, images, made)
        loss = loss + binary_cross_entropy_with_logits(attributes, own)
        update(optimizers[1], loss)

        features = generator.encode(images)
        made, again = generator.decode(features, wished - 0.5), generator.decode(features, own - 0.5)
        score, attributes = discriminator(made)
        loss = -score.mean() + 10 * binary_cross_entropy_with_logits(attributes, wished) + 100 * l1_loss(again, images)
        update(optimizers[0], loss)

    return step, ATTGAN_BATCH


def stargan_step():
    """`(step, batch size)`; the step trains on a batch of random faces."""
    generator, discriminator = StarGANGenerator(), StarGANDiscriminator()
    optimizers = [torch.optim.Adam(network.parameters(), 1e-4, (0.5, 0.999)) for network in (generator, discriminator)]

    def step():
        images = torch.rand(STARGAN_BATCH, 3, SIZE, SIZE) * 2 - 1
        own = torch.randint(0, 2, (STARGAN_BATCH, STARGAN_ATTRIBUTES)).float()
        wished = own[torch.randperm(STARGAN_BATCH)]
        with torch.no_grad():
            made = generator(images, wished)
        score, attributes = discriminator(images)
        loss = discriminator(made)[0].mean() - score.mean() + 10 * slope_penalty(discriminator, images, made)
        loss = loss + binary_cross_entropy_with_logits(attributes, own)
        update(optimizers[1], loss)

        made = generator(images, wished)
        score, attributes = discriminator(made)
        loss = -score.mean() + binary_cross_entropy_with_logits(attributes, wished)
        loss = loss + 10 * l1_loss(generator(made, own), images)
        update(optimizers[0], loss)

    return step, STARGAN_BATCH


def update(optimizer, loss):
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
