"""Kept memory: fewer page faults, and nothing where the user has chosen an allocator."""

import os
import subprocess
import sys

import pytest

from facegan import memory

FAULTS = """
import resource, sys
import numpy as np
from facegan.memory import keep_memory
print(keep_memory() if sys.argv[1] == "keep" else False)
for _ in range(8):
    np.ones(50_000_000, "uint8")
before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
for _ in range(8):
    np.ones(50_000_000, "uint8")
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""


def page_faults(mode, **environment):
    """Whether memory was kept, and the page faults of large allocations after others like them."""
    plain = {name: value for name, value in os.environ.items() if not name.startswith("MALLOC_")}
    plain = plain | {"PYTHONPATH": os.pathsep.join(sys.path)} | environment
    run = subprocess.run([sys.executable, "-c", FAULTS, mode], env=plain, check=True, capture_output=True, text=True)
    kept, faults = run.stdout.split()
    return kept == "True", int(faults)


@pytest.mark.skipif(memory.reason_not_kept() is not None, reason="not glibc, or the user has chosen an allocator")
def test_kept_memory_is_not_faulted_in_again():
    kept, faults = page_faults("keep")
    assert kept and faults < 0.1 * page_faults("give back")[1]


@pytest.mark.parametrize(
    "variable, value",
    [("MALLOC_ARENA_MAX", "4"), ("GLIBC_TUNABLES", "glibc.malloc.check=0"), ("LD_PRELOAD", "/usr/lib/libtcmalloc.so")],
)
def test_an_allocator_that_the_user_chose_stays_as_it_is(monkeypatch, variable, value):
    monkeypatch.setattr(memory.platform, "libc_ver", lambda: ("glibc", "2.36"))
    for name in ("GLIBC_TUNABLES", "LD_PRELOAD", *(name for name in os.environ if name.startswith("MALLOC_"))):
        monkeypatch.delenv(name, raising=False)
    assert memory.reason_not_kept() is None
    monkeypatch.setenv(variable, value)
    assert memory.reason_not_kept() is not None


def test_other_c_libraries_are_left_alone(monkeypatch):
    monkeypatch.setattr(memory.platform, "libc_ver", lambda: ("", ""))
    monkeypatch.setattr(memory.ctypes, "CDLL", None)
    assert memory.keep_memory() is False
