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

    There is none where stderr is no terminal, nor in a program that has set the logger `facegan` above `INFO`.

    Args:
        steps: how many there are, or what to iterate over.
        label: the title.
        hidden: whether to show nothing anywhere.
        options: further ones of `tqdm`.
    """
    # Imported late: most commands are done before a bar is worth anything.
    from tqdm import tqdm

    counted = {"total": steps} if isinstance(steps, int) else {"iterable": steps}
    silenced = logging.getLogger("facegan").level > logging.INFO
    # None: hidden unless it is a terminal.
    return tqdm(**counted, desc=label, file=sys.stderr, disable=hidden or silenced or None, **options)
