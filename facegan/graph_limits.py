"""Limits on exported graphs from untrusted sources, checked before ONNX Runtime reads them.

The file, a Protocol Buffers message, is scanned without building objects, because a few megabytes could become
gigabytes of them. Without loops, a graph terminates; ONNX Runtime limits its memory while it runs.
"""

from collections.abc import Iterator

from facegan.errors import FaceganError

# Bytes without the weights, and the number of nodes and weight arrays. The packaged model's graphs have at most 0.1 MB
# and 500 nodes.
_LARGEST_STRUCTURE = 4 * 2**20
_MOST_ITEMS = 10_000
# Field numbers in onnx.proto.
_METADATA, _GRAPH, _FUNCTIONS = 14, 7, 25
_NODE, _WEIGHTS, _SPARSE_WEIGHTS = 1, 5, 15
_NODE_ATTRIBUTE, _NODE_DOMAIN = 5, 7
_ATTRIBUTE_GRAPHS = {6, 11}


def check_graph(content: bytes) -> None:
    """Checks the contents of an ONNX file.

    Raises:
        FaceganError: it is damaged, larger than a model's graphs can be, or contains loops, branches, functions, custom
            operators or sparse weights.
    """
    try:
        reason = _problem(content)
    except (ValueError, IndexError):
        reason = "it is not an ONNX file"
    if reason:
        raise FaceganError(f"an exported graph is damaged: {reason}")


def _problem(content: bytes) -> str | None:
    graphs, structure = [], 0
    for number, value in _fields(memoryview(content)):
        if number == _FUNCTIONS:
            return "it has functions of its own"
        if number == _GRAPH:
            graphs.append(value)
        elif number != _METADATA:
            structure += len(value)
    if len(graphs) != 1:
        return "it is not an ONNX file"
    for count, (number, value) in enumerate(_fields(graphs[0])):
        structure += 0 if number == _WEIGHTS else len(value)
        if count >= _MOST_ITEMS or structure > _LARGEST_STRUCTURE:
            return "it is too large"
        if number == _SPARSE_WEIGHTS:
            return "it has sparse weights"
        if number == _NODE and (reason := _problem_of_node(value)):
            return reason
    return None


def _problem_of_node(node: memoryview) -> str | None:
    for number, value in _fields(node):
        if number == _NODE_DOMAIN and bytes(value) not in (b"", b"ai.onnx"):
            return "it has custom operators"
        if number == _NODE_ATTRIBUTE and _ATTRIBUTE_GRAPHS.intersection(part for part, _ in _fields(value)):
            return "it has loops or branches"
    return None


def _fields(message: memoryview) -> Iterator[tuple[int, memoryview]]:
    """The numbers and contents of a message's fields; raises `ValueError` or `IndexError` if it is not a message."""
    place = 0
    while place < len(message):
        key, place = _number(message, place)
        if key & 7 == 2:
            size, place = _number(message, place)
        elif key & 7 == 0:
            size = _number(message, place)[1] - place
        else:
            size = {1: 8, 5: 4}.get(key & 7, len(message))
        if size > len(message) - place:
            raise ValueError("a field extends beyond its message")
        yield key >> 3, message[place : place + size]
        place += size


def _number(message: memoryview, place: int) -> tuple[int, int]:
    """A variable-length integer (varint), and the offset after it."""
    number = 0
    for shift in range(0, 70, 7):
        byte = message[place]
        place += 1
        number |= (byte & 127) << shift
        if byte < 128:
            return number, place
    raise ValueError("an unterminated varint")
