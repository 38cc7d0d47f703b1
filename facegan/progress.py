"""Progress bars on stderr."""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tqdm import tqdm


def progress_bar(steps: int | Iterable[Any], label: str, hidden: bool = False, **options: Any) -> tqdm[Any]:
    """Returns a progress bar, a context manager that can be iterated over or advanced by `update(count)`.

    Args:
        steps: the number of steps, or what to iterate over.
        label: the title.
        hidden: whether to show nothing.
        options: further options of `tqdm`.
    """
    # Imported late, because most commands are too short to need a bar.
    from tqdm import tqdm

    counted = {"total": steps} if isinstance(steps, int) else {"iterable": steps}
    return tqdm(**counted, desc=label, file=sys.stderr, disable=hidden or are_hidden(), **options)


def are_hidden() -> bool:
    """Whether bars are hidden: stderr is not a terminal, or the level of the logger `facegan` is above `INFO`."""
    return not sys.stderr.isatty() or logging.getLogger("facegan").level > logging.INFO
