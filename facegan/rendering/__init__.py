"""From a model to picture files: what the commands write."""
