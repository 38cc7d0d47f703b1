"""The image files that commands write."""
