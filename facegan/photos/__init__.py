"""Any photo in: find its faces, align them as the training data is aligned, and put edited faces back."""
