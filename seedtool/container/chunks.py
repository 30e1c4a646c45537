"""A part as chunks of at most 16 MiB, each stored or one zstd frame of its own (SPEC 3.1).

The wrapper around the decoder checks what a frame declares before it runs:
``zstandard`` allocates what a frame asks for, whatever ``max_output_size`` says.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator

import zstandard

from seedtool import errors
from seedtool.seed import CHUNK, WINDOW_MAX

STORED = 1 << 31
ZSTD_MAGIC = b"\x28\xb5\x2f\xfd"
LEVEL = 19
SINGLE_SEGMENT, DICTIONARY = 0x20, 0x03  # bits of the frame header's descriptor


def sizes(length: int) -> Iterator[int]:
    """Raw bytes of each chunk of a part of ``length`` bytes."""
    while length > 0:
        yield min(length, CHUNK)
        length -= CHUNK


def deflate(data: memoryview, *, packed: bool = False) -> list[bytes | memoryview]:
    """The chunks of a part, zstd only where that is smaller; ``packed`` never tries it."""
    out: list[bytes | memoryview] = []
    params = zstandard.ZstdCompressionParameters.from_level(
        LEVEL,
        window_log=WINDOW_MAX.bit_length() - 1,
        write_content_size=True,
        write_checksum=False,
        write_dict_id=False,
    )
    start = 0
    for size in sizes(data.nbytes):
        raw = data[start : start + size]
        start += size
        frame = b"" if packed else zstandard.ZstdCompressor(compression_params=params).compress(raw)
        if frame and len(frame) < size:
            out += [struct.pack("<I", len(frame)), frame]
        else:
            out += [struct.pack("<I", size | STORED), raw]
    return out


def inflate(read: Callable[[int], bytes], length: int) -> Iterator[bytes]:
    """The raw chunks of a part of ``length`` bytes, from a ``read`` of exact sizes."""
    for size in sizes(length):
        (word,) = struct.unpack("<I", read(4))
        stored = word & ~STORED
        if word & STORED:
            if stored != size:
                raise errors.MalformedError("a stored chunk has another length than declared")
            yield read(size)
        else:
            if not 0 < stored < size:
                raise errors.MalformedError("a compressed chunk is not smaller than its content")
            yield _inflate_frame(read(stored), size)


def _window(descriptor: int) -> int:
    """RFC 8878, 3.1.1.1.2; the library calls what is over its own bound corrupt."""
    base = 1 << (10 + (descriptor >> 3))
    return base + (base >> 3) * (descriptor & 7)


def _inflate_frame(frame: bytes, size: int) -> bytes:
    if frame[:4] != ZSTD_MAGIC:
        raise errors.MalformedError("a chunk is not a zstd frame")
    if len(frame) > 5 and not frame[4] & SINGLE_SEGMENT and _window(frame[5]) > WINDOW_MAX:
        raise errors.LimitError("a zstd frame asks for a window over 8 MiB")
    try:
        form = zstandard.get_frame_parameters(frame)
        if form.content_size != size:
            raise errors.MalformedError("a zstd frame declares another length than its section")
        if form.window_size > WINDOW_MAX:
            raise errors.LimitError("a zstd frame asks for a window over 8 MiB")
        if frame[4] & DICTIONARY or form.has_checksum:
            raise errors.MalformedError("a zstd frame has a dictionary or a checksum")
        decoder = zstandard.ZstdDecompressor(max_window_size=WINDOW_MAX)
        raw = decoder.decompress(frame, max_output_size=size, allow_extra_data=False)
    except zstandard.ZstdError:
        raise errors.MalformedError("a chunk does not decompress") from None
    if len(raw) != size:
        raise errors.MalformedError("a zstd frame holds another length than it declares")
    return raw
