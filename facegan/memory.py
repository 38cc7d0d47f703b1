"""Keeps memory that training steps free, instead of returning it to the kernel.

Every training step frees large buffers and allocates them again. With glibc's defaults they are returned to the kernel
each time, and two fifths of a step's time on a plain CPU are page faults. glibc's allocator can keep them instead; this
does not change results.
"""

import ctypes
import os
import platform

# Numbers of mallopt's options, from malloc.h.
_M_TRIM_THRESHOLD, _M_TOP_PAD, _M_MMAP_MAX, _M_ARENA_MAX = -1, -2, -4, -8
_OPTIONS = {_M_ARENA_MAX: 1, _M_MMAP_MAX: 0, _M_TRIM_THRESHOLD: 2**31 - 1, _M_TOP_PAD: 64 * 2**20}


def keep_memory() -> bool:
    """Configures glibc to keep freed memory for the rest of the process; call it before a backend is imported.

    It does nothing with other C libraries, or if the user has set an allocator or its options.

    Returns:
        Whether memory is kept.
    """
    if reason_not_kept() is not None:
        return False
    mallopt = ctypes.CDLL(None).mallopt
    return all([mallopt(option, value) for option, value in _OPTIONS.items()])


def reason_not_kept() -> str | None:
    """The reason why `keep_memory` does nothing here, or None."""
    if platform.libc_ver()[0] != "glibc":
        return "the C library is not glibc"
    chosen = [name for name in os.environ if name.startswith("MALLOC_") or name == "GLIBC_TUNABLES"]
    if chosen:
        return f"{chosen[0]} is set"
    preloads_allocator = any(name in os.environ.get("LD_PRELOAD", "") for name in ("malloc", "hoard"))
    return "LD_PRELOAD names an allocator" if preloads_allocator else None
