"""Augmentation of images before a network receives them."""
