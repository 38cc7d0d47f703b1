"""Search: an index of the faces in a photo collection, and queries by a description or a face."""
