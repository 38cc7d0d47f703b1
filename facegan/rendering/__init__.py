"""From models to image files: what the commands write."""
