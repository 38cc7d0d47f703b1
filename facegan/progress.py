"""Progress bars on stderr."""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tqdm import tqdm


def progress_bar(steps: int | Iterable[Any], label: str, hidden: bool = False, **options: Any) -> tqdm[Any]:
    """Returns a bar as a context. What is entered can be iterated over, and has `update(count)`.

    Args:
        steps: how many there are, or what to iterate over.
        label: the title.
        hidden: whether to show nothing anywhere.
        options: further ones of `tqdm`.
    """
    # Imported late: most commands are done before a bar is worth anything.
    from tqdm import tqdm

    counted = {"total": steps} if isinstance(steps, int) else {"iterable": steps}
    return tqdm(**counted, desc=label, file=sys.stderr, disable=hidden or are_hidden(), **options)


def are_hidden() -> bool:
    """Whether no bars are shown: stderr is no terminal, or a program has set the logger `facegan` above `INFO`."""
    return not sys.stderr.isatty() or logging.getLogger("facegan").level > logging.INFO
