"""Progress bars on stderr."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from click._termui_impl import ProgressBar


def progress_bar(
    steps: int | Iterable[Any], label: str, hidden: bool | None = None, show_pos: bool = False
) -> ProgressBar[Any]:
    """Returns a bar as a context. What is entered can be iterated over, and has `update(count)`.

    Args:
        steps: how many there are, or what to iterate over.
        label: the title.
        hidden: whether to show nothing; by default where stderr is no terminal. If not hidden there, only the label is
            printed.
        show_pos: whether to show how many steps are done.
    """
    # Imported late: the library has bars only where something takes minutes.
    import click

    counted = {"length": steps} if isinstance(steps, int) else {"iterable": steps}
    hidden = not sys.stderr.isatty() if hidden is None else hidden
    return click.progressbar(**counted, label=label, file=sys.stderr, hidden=hidden, show_eta=True, show_pos=show_pos)
