"""Search: the faces of a photo collection, embedded and kept in one file, and ranked by a description or a face."""
