"""The exception for errors that users are shown."""


class FaceganError(Exception):
    """An error that the user can correct: bad input, a full disk, a wrong file.

    The message is one line with the problem and, where possible, the remedy. The command line prints it to stderr
    without a traceback and exits with code 2.
    """
