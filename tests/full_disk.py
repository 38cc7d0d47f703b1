"""A disk that is full, for tests."""

import resource
from contextlib import contextmanager


@contextmanager
def full_disk(size):
    """No file can grow beyond this many bytes. Python ignores the signal, so writing fails as on a full disk."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
