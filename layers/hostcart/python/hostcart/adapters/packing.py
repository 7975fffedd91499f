"""Texts in one compressed attribute: a table is paid for by the kilobyte that an item has at each write.

The words that every cart has in common are in a dictionary beside the code, so that what is stored is what
this one has of its own. A dictionary that records were written with never changes: a better one is a new
file with the next number.
"""

import os
import zlib
from collections.abc import Sequence
from functools import cache
from typing import Final

_NEWEST: Final = 1
_END: Final = "\0"  # JSON writes this character as an escape, so that no text holds it
_LEVEL: Final = 9
_RAW: Final = -15


def pack(texts: Sequence[str]) -> bytes:
    """The JSON texts in their order: one byte with the dictionary's number, then a raw deflate stream."""
    stream = zlib.compressobj(_LEVEL, zlib.DEFLATED, _RAW, 9, zlib.Z_DEFAULT_STRATEGY, _dictionary(_NEWEST))
    return bytes([_NEWEST]) + stream.compress(_END.join(texts).encode()) + stream.flush()


def unpack(packed: bytes) -> list[str]:
    """The texts. Raises ValueError when these are not packed texts."""
    if not packed or not 1 <= packed[0] <= _NEWEST:
        raise ValueError("not packed by this code")
    stream = zlib.decompressobj(_RAW, _dictionary(packed[0]))
    try:
        text = stream.decompress(packed[1:])
    except zlib.error as error:
        raise ValueError("not packed by this code") from error
    if not stream.eof:
        raise ValueError("not packed by this code: the end is missing")
    return text.decode().split(_END)


@cache
def _dictionary(number: int) -> bytes:
    folder = os.path.join(os.path.dirname(os.path.dirname(__file__)), "data")
    with open(os.path.join(folder, f"cart-texts-{number}.txt"), "rb") as file:
        return file.read()
