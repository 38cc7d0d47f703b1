"""The one exception that people see."""


class FaceganError(Exception):
    """Something the person running facegan can put right: bad input, a full disk, a wrong file.

    The message is one line that says what is wrong and, where it can, what to do. The command line
    prints it to stderr and leaves with exit code 2; there is no traceback.
    """
