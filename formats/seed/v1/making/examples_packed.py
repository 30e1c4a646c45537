"""Texts and pictures as other formats hold them, written byte by byte or kept as they were made."""

from __future__ import annotations

import struct
import zlib

GOOD = "good\nbad\nworse\n"
BZIP2 = bytes.fromhex(  # GOOD by bzip2 1.0.8
    "425a68393141592653595dbb6afa00000441800010368098802000310030207a"
    "400a1175a19d3cbc5dc914e1424176edabe8"
)
BOMB = bytes.fromhex(  # 16 MiB of the letter a by bzip2 1.0.8
    "425a683931415926535989ad124f0080808100a000000820003080291a0100d20100e2ee48a70a121135a249e0"
)
JPEG = bytes.fromhex(  # 8 x 16, grey: 61 in the upper half, 196 in the lower one; libjpeg-turbo
    "ffd8ffe000104a46494600010100000100010000ffdb0043001b12141714111b"
    "1716171e1c1b2028422b28252528513a3d3042605565645f555d5b6a7899816a"
    "7190735b5d85b586909ea3abadab6780bcc9baa6c799a8aba4ffc0000b080010"
    "000801011100ffc4001500010100000000000000000000000000000506ffc400"
    "14100100000000000000000000000000000000ffda0008010100003f002d50ff"
    "d9"
)
WEBP = bytes.fromhex(  # 2 x 4 without loss, COLOURS; libwebp
    "524946464a000000574542505650384c3d0000002f01c000003fa0a06d1ba66f"
    "1bc8f1c7511a64d23661d7fc1b9ab42968db86e91d97f107d8f90f4098221e6a"
    "9cb89edf8350008dcd40524aa088fe870700"
)
COLOURS = (
    *((255, 0, 0), (0, 255, 0), (0, 0, 255), (9, 9, 9)),
    *((255, 255, 255), (1, 2, 3), (200, 100, 50), (0, 0, 0)),
)


def xz(data: bytes, *, checked: bool = False, dictionary: int = 8) -> bytes:
    """One block of LZMA2 that stores ``data``; ``dictionary`` is the byte of its size.

    The .xz file format, 1.2.1.
    """

    def padded(raw: bytes) -> bytes:
        return raw + bytes(-len(raw) % 4)

    def summed(raw: bytes) -> bytes:
        return raw + struct.pack("<I", zlib.crc32(raw))

    def varint(number: int) -> bytes:
        low = bytes([number & 127])
        return low if number < 128 else bytes([number & 127 | 128]) + varint(number >> 7)

    flags = bytes([0, checked])
    start = summed(padded(bytes([2, 0, 0x21, 1, dictionary])))
    body = b"\x01" + struct.pack(">H", len(data) - 1) + data + b"\0"
    check = struct.pack("<I", zlib.crc32(data)) if checked else b""
    size = len(start) + len(body) + len(check)
    index = summed(padded(b"\0\x01" + varint(size) + varint(len(data))))
    last = struct.pack("<I", len(index) // 4 - 1) + flags
    footer = struct.pack("<I", zlib.crc32(last)) + last + b"YZ"
    magic = b"\xfd7zXZ\0" + flags + struct.pack("<I", zlib.crc32(flags))
    return magic + start + padded(body) + check + index + footer


def png(width: int, height: int, pixels: bytes, colour: int = 0, depth: int = 8) -> bytes:
    """Rows without a filter, stored; ``colour`` 0 is grey, 2 RGB, 4 grey with its opacity."""
    row = len(pixels) // height
    raw = b"".join(b"\0" + pixels[at : at + row] for at in range(0, len(pixels), row))
    size = struct.pack("<HH", len(raw), len(raw) ^ 0xFFFF)
    packed = b"\x78\x01\x01" + size + raw + struct.pack(">I", zlib.adler32(raw))

    def chunk(name: bytes, data: bytes) -> bytes:
        return (
            struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
        )

    head = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", packed) + chunk(b"IEND", b"")
    )
