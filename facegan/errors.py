"""The exception for errors that users are shown, and messages from other exceptions."""


class FaceganError(Exception):
    """An error that the user can correct: bad input, a full disk, a wrong file.

    The message is one line with the problem and, where possible, the remedy. The command line prints it to stderr
    without a traceback and exits with code 2.
    """


def first_line(error: BaseException) -> str:
    """Returns an exception's first line or, if it has no message, its type; libraries' messages may have many lines.

    >>> first_line(ValueError("truncated"))
    'truncated'
    """
    return (str(error).splitlines() or [type(error).__name__])[0]
