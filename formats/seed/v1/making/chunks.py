"""Chunks and the zstd frames in them: chunk_* and their limits (SPEC 3.1)."""

from __future__ import annotations

import struct

from making.build import (
    CHUNK,
    STORED,
    Made,
    frame,
    framed,
    meta,
    plain,
    run,
    seal,
    section,
    table,
    tensor,
)
from making.register import vector

ZEROS = bytes(64)
ROW = ["w", "U8", [64]]
# 636 bytes of text by libzstd 1.5, level 19: Huffman literals and sequences.
TEXT = b"".join(b"seed %d, sown in row %d; " % (n * n, n % 7) for n in range(26))
SQUEEZED = bytes.fromhex(
    "28b52ffd607c01cd0300b2451011c0ebb019595b455ec99692886432aa33039abb4249eac7fd23de"
    "1b9e818c5c4dcd5c62b2feed44b4c7977c37a8e6d781e4ed2b784dad4be85253ec009e39870520a8"
    "1130bdaf7f0750e3a40711340434619bd008d30f838dbbc924f6b07ab54b5a3fac5a9553868a8918"
    "c16685b113de74aec0a802"
)


def weights(body: bytes, size: int = 64) -> Made:
    """A file whose tensor section, of ``size`` zero bytes, has that body."""
    raw = bytes(size)
    part = tensor("raw", [raw], raw, body=body)
    return seal(table(["w", "U8", [size]]), meta(), part).holds(w=raw)


@vector()
def ok_chunk_compressed() -> Made:
    """A chunk that is a zstd frame of one run."""
    return weights(framed(frame((0, 64), size=64)))


@vector()
def ok_chunk_zstd() -> Made:
    """A chunk as libzstd writes it, with entropy-coded literals and sequences."""
    part = tensor("raw", [TEXT], TEXT, body=framed(SQUEEZED))
    return seal(table(["w", "U8", [len(TEXT)]]), meta(), part).holds(w=TEXT)


@vector()
def ok_chunk_empty_blocks() -> Made:
    """A frame may have empty blocks; other writers' frames need not be ours."""
    return weights(framed(frame(b"", (0, 64), b"", size=64)))


@vector()
def ok_chunk_two() -> Made:
    """A part of 2^24 + 1 bytes: one whole chunk and a stored one of a byte."""
    return weights(run(0, CHUNK + 1), CHUNK + 1)


@vector()
def ok_chunk_mixed() -> Made:
    """Two parts of an ignorable section: one stored, one compressed, and an empty one."""
    body = plain(b"rain") + run(0, 1000)
    part = section("weather", [b"rain", b"", bytes(1000)], body=body)
    return seal(table(), meta(), part)


@vector()
def ok_chunk_window_8_mib() -> Made:
    """A frame that asks for the widest window."""
    return weights(framed(frame((0, 64), size=64, window=23)))


@vector()
def ok_chunk_single_segment() -> Made:
    """A single-segment frame: its window is its content size."""
    return weights(framed(frame((0, 64), size=64, window=None)))


@vector("LimitError", "a zstd frame asks for a window over 8 MiB")
def limit_window() -> Made:
    """A frame that asks for a window of 16 MiB."""
    return weights(framed(frame((0, 64), size=64, window=24)))


@vector("LimitError", "a zstd frame asks for a window over 8 MiB")
def limit_window_2_tib() -> Made:
    """A frame that asks for a window of 2 TiB."""
    return weights(framed(frame((0, 64), size=64, window=41)))


@vector("LimitError", "a zstd frame asks for a window over 8 MiB")
def limit_window_single_segment() -> Made:
    """A single-segment frame of 8 MiB + 1 byte."""
    size = (8 << 20) + 1
    return weights(framed(frame((0, size), size=size, window=None)), size)


@vector("MalformedError", "a stored chunk has another length than declared")
def chunk_stored_short() -> Made:
    """A stored chunk that states a byte less than its part has left."""
    return weights(struct.pack("<I", 63 | STORED) + ZEROS)


@vector("MalformedError", "a zstd frame declares another length than its section")
def chunk_split() -> Made:
    """A part of 64 bytes in two chunks of 32."""
    return weights(framed(frame((0, 32), size=32)) * 2)


@vector("MalformedError", "a stored chunk has another length than declared")
def chunk_stored_2_gib() -> Made:
    """A stored chunk that states 2^31 - 1 bytes."""
    return weights(struct.pack("<I", 0xFFFFFFFF) + ZEROS)


@vector("MalformedError", "a stored chunk has another length than declared")
def chunk_stored_over_16_mib() -> Made:
    """A part of 2^24 + 1 bytes that begins with one chunk for all of it."""
    size = CHUNK + 1
    word = struct.pack("<I", size | STORED)
    return weights(word + ZEROS, size)


@vector("MalformedError", "a compressed chunk is not smaller than its content")
def chunk_compressed_empty() -> Made:
    """A compressed chunk of no bytes."""
    return weights(struct.pack("<I", 0) + ZEROS)


@vector("MalformedError", "a compressed chunk is not smaller than its content")
def chunk_compressed_as_large() -> Made:
    """A compressed chunk as large as what it holds, which is to be stored."""
    return weights(framed(frame(*[b""] * 14, (0, 63), b"\0", size=64)))


@vector("MalformedError", "a zstd frame declares another length than its section")
def chunk_declares_less() -> Made:
    """A frame that states a byte less than its part."""
    return weights(framed(frame((0, 63), size=63)))


@vector("MalformedError", "a zstd frame declares another length than its section")
def chunk_declares_2_gib() -> Made:
    """A frame of 22 bytes that states 2 GiB: a decoder that trusts it allocates them."""
    return weights(framed(frame((0, 64), size=1 << 31)))


@vector("MalformedError", "a zstd frame declares another length than its section")
def chunk_declares_over_16_mib() -> Made:
    """One frame of 2^24 + 1 bytes where two chunks belong."""
    size = CHUNK + 1
    return weights(framed(frame((0, size), size=size)), size)


@vector("MalformedError", "a zstd frame declares another length than its section")
def chunk_declares_nothing() -> Made:
    """A frame that does not state its content size."""
    return weights(framed(frame((0, 64), size=None)))


@vector("MalformedError", "a chunk does not decompress")
def chunk_holds_less() -> Made:
    """A frame that states 64 bytes and holds 63."""
    return weights(framed(frame((0, 63), size=64)))


@vector("MalformedError", "a chunk does not decompress")
def chunk_holds_more() -> Made:
    """A frame that states 64 bytes and holds 128 KiB."""
    return weights(framed(frame((0, 1 << 17), size=64)))


@vector("MalformedError", "a zstd frame has a dictionary or a checksum")
def chunk_dictionary() -> Made:
    """A frame that names a dictionary."""
    return weights(framed(frame((0, 64), size=64, flags=1, extra=b"\x07")))


@vector("MalformedError", "a zstd frame has a dictionary or a checksum")
def chunk_dictionary_zero() -> Made:
    """A frame that names the dictionary 0, which is none."""
    return weights(framed(frame((0, 64), size=64, flags=1, extra=b"\0")))


@vector("MalformedError", "a zstd frame has a dictionary or a checksum")
def chunk_checksum() -> Made:
    """A frame with zstd's own checksum: the section's digest covers it."""
    checksum = bytes.fromhex("00000000")
    return weights(framed(frame((0, 64), size=64, flags=4) + checksum))


@vector("MalformedError", "a chunk does not decompress")
def chunk_reserved_bit() -> Made:
    """A frame whose header sets the bit that RFC 8878 reserves."""
    return weights(framed(frame((0, 64), size=64, flags=8)))


@vector("MalformedError", "a chunk does not decompress")
def chunk_reserved_block() -> Made:
    """A block of the reserved type."""
    good = frame((0, 64), size=64)
    return weights(framed(good[:-4] + bytes([good[-4] | 6]) + good[-3:]))


@vector("MalformedError", "a chunk is not a zstd frame")
def chunk_skippable() -> Made:
    """A skippable frame before the right one."""
    good = frame((0, 64), size=64)
    return weights(framed(bytes.fromhex("502a4d1801000000") + b"x" + good))


@vector("MalformedError", "a chunk is not a zstd frame")
def chunk_not_zstd() -> Made:
    """A gzip header where a frame belongs."""
    return weights(framed(bytes.fromhex("1f8b0800000000000003") + bytes(20)))


@vector("MalformedError", "a chunk does not decompress")
def chunk_frame_header_short() -> Made:
    """A frame that ends within its header."""
    return weights(framed(frame((0, 64), size=64)[:6]))


@vector("MalformedError", "a chunk does not decompress")
def chunk_frame_short() -> Made:
    """A frame that ends within its last block."""
    return weights(framed(frame((0, 64), size=64)[:-1]))


@vector("MalformedError", "a chunk does not decompress")
def chunk_two_frames() -> Made:
    """A second, empty frame after the right one."""
    good = frame((0, 64), size=64)
    return weights(framed(good + frame(b"", size=0)))


@vector("MalformedError", "a chunk does not decompress")
def chunk_trailing_byte() -> Made:
    """A byte after the frame, inside the chunk."""
    return weights(framed(frame((0, 64), size=64) + b"\0"))


@vector("MalformedError", "a stored chunk has another length than declared")
def chunk_of_nothing() -> Made:
    """A part of no bytes has no chunk, not even a stored one of no bytes."""
    body = struct.pack("<I", STORED) + run(0, 64)
    return seal(table(), meta(), section("weather", [b"", ZEROS], body=body))
