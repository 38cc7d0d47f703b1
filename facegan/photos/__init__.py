"""Faces in photos: detection, alignment, and blending edits back."""
