"""Augmentation: what happens to images before a network receives them."""
