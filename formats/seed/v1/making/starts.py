"""How files begin, break off and are damaged: magic_*, version_*, truncated_*, digest_*."""

from __future__ import annotations

import struct

from making.build import MAGIC, Made, header, meta, seal, section, sha, table, tensor
from making.register import vector

PAIR = struct.pack("<2f", 1, -2)
ROW = ["w", "F32", [2]]
HEADER = len(table(ROW).stored)  # where the sections of the sound file begin
END = HEADER + len(meta().stored) + len(tensor("raw", [PAIR], PAIR).stored)


def sound() -> Made:
    """One tensor of two floats."""
    return seal(table(ROW), meta(), tensor("raw", [PAIR], PAIR)).holds(w=PAIR)


def flip(at: int) -> Made:
    """The sound file with one bit of the byte at ``at`` changed."""
    data = bytearray(sound().file)
    data[at] ^= 0x10
    return Made(bytes(data))


@vector()
def ok_small() -> Made:
    """One tensor of two floats."""
    return sound()


@vector()
def ok_empty() -> Made:
    """No tensor at all: header, meta, end."""
    return seal(table(), meta())


@vector()
def ok_version_minor() -> Made:
    """A later minor version, made of sections that are known."""
    return seal(header({"tensors": []}, version=(1, 255)), meta())


@vector("NotASeedError", "not a seed file")
def magic_empty_file() -> Made:
    """No byte."""
    return Made(b"")


@vector("NotASeedError", "not a seed file")
def magic_zip() -> Made:
    """A zip archive, such as PyPI's seedfile writes under the same ending."""
    return Made(b"PK\x03\x04" + bytes(26))


@vector("NotASeedError", "not a seed file")
def magic_zstd() -> Made:
    """A whole zstd file."""
    return Made(bytes.fromhex("28b52ffd2000010000"))


@vector("NotASeedError", "not a seed file")
def magic_text() -> Made:
    """A text."""
    return Made(b"It is no seed, it is a text.\n")


@vector("NotASeedError", "not a seed file")
def magic_seven_bits() -> Made:
    """The first byte has lost its high bit on the way."""
    return Made(b"\x53" + sound().file[1:])


@vector("NotASeedError", "not a seed file")
def magic_newlines_unix() -> Made:
    """CR LF became LF on the way."""
    return Made(sound().file.replace(b"\r\n", b"\n"))


@vector("NotASeedError", "not a seed file")
def magic_newlines_dos() -> Made:
    """LF became CR LF on the way."""
    return Made(MAGIC[:8] + b"\r" + sound().file[8:])


@vector("VersionError", "format version 2.0, this reader knows 1.x")
def version_major_2() -> Made:
    """A later major version."""
    return seal(header({"tensors": []}, version=(2, 0)), meta())


@vector("VersionError", "format version 0.1, this reader knows 1.x")
def version_major_0() -> Made:
    """An earlier major version."""
    return seal(header({"tensors": []}, version=(0, 1)), meta())


@vector(
    "VersionError",
    "a critical section of the unknown kind 'weather': made by a newer version",
)
def version_critical_section() -> Made:
    """A section of an unknown kind that no reader may ignore."""
    return seal(table(), meta(), section("weather", [b"rain"], critical=True))


@vector("TruncatedError", "ends within the magic of a seed")
def truncated_in_magic() -> Made:
    """Five bytes of the magic."""
    return Made(MAGIC[:5])


@vector("TruncatedError", "ends at byte 10, before it is complete")
def truncated_in_version() -> Made:
    """One byte of the version."""
    return Made(sound().file[:10])


@vector("TruncatedError", "ends at byte 13, before it is complete")
def truncated_in_header_length() -> Made:
    """Two bytes of the header's length."""
    return Made(sound().file[:13])


@vector("TruncatedError", "ends at byte 15, before it is complete")
def truncated_before_header() -> Made:
    """A header's length and no header."""
    return Made(sound().file[:15])


@vector("TruncatedError", f"ends at byte {HEADER - 40}, before it is complete")
def truncated_in_header() -> Made:
    """Stops within the header's only chunk."""
    return Made(sound().file[: HEADER - 40])


@vector("TruncatedError", f"ends at byte {HEADER - 1}, before it is complete")
def truncated_in_header_digest() -> Made:
    """The header's digest lacks its last byte."""
    return Made(sound().file[: HEADER - 1])


@vector("TruncatedError", f"ends at byte {HEADER}, before it is complete")
def truncated_before_sections() -> Made:
    """A header and nothing else."""
    return Made(sound().file[:HEADER])


@vector("TruncatedError", f"ends at byte {HEADER + 12}, before it is complete")
def truncated_before_head() -> Made:
    """A section's two lengths and no head."""
    return Made(sound().file[: HEADER + 12])


@vector("TruncatedError", f"ends at byte {END - 33}, before it is complete")
def truncated_in_body() -> Made:
    """The last byte of a body and its digest are missing."""
    return Made(sound().file[: END - 33])


@vector("TruncatedError", f"ends at byte {END - 16}, before it is complete")
def truncated_in_section_digest() -> Made:
    """Half of a section's digest."""
    return Made(sound().file[: END - 16])


@vector("TruncatedError", f"ends at byte {END}, before it is complete")
def truncated_before_end() -> Made:
    """Whole sections, without the end section."""
    return Made(sound().file[:END])


@vector("TruncatedError", f"ends at byte {len(sound().file) - 1}, before it is complete")
def truncated_last_byte() -> Made:
    """All but the last byte."""
    return Made(sound().file[:-1])


@vector("DigestError", "the header does not have the hash that follows it")
def digest_header_content() -> Made:
    """A bit of a tensor's name was flipped."""
    return Made(sound().file.replace(b"\xa1w", b"\xa1v"))


@vector("DigestError", "the header does not have the hash that follows it")
def digest_header() -> Made:
    """A bit of the header's digest was flipped."""
    return flip(HEADER - 1)


@vector("DigestError", "the header does not have the hash that follows it")
def digest_minor_version() -> Made:
    """A bit of the minor version was flipped: it is inside the hash."""
    return flip(10)


@vector("DigestError", "a section of the kind 'tensor' does not have the hash after it")
def digest_body() -> Made:
    """A bit of a stored chunk was flipped."""
    return flip(END - 33)


@vector("DigestError", "a section of the kind 'tensor' does not have the hash after it")
def digest_section() -> Made:
    """A bit of a section's digest was flipped."""
    return flip(END - 1)


@vector("DigestError", "a section of the kind 'end' does not have the hash after it")
def digest_end_section() -> Made:
    """A bit of the last digest was flipped."""
    return flip(-1)


@vector("DigestError", "the file does not have the hash that its end states")
def digest_file() -> Made:
    """The end states another hash of the file."""
    return seal(table(), meta(), file=bytes(32))


@vector("DigestError", "the content does not have the digest that the end states")
def digest_content() -> Made:
    """The end states another content digest."""
    return seal(table(), meta(), content=bytes(32))


@vector("DigestError", "the file does not have the hash that its end states")
def digest_swapped_sections() -> Made:
    """Two ignorable sections changed places, each sound in itself."""
    one, two = section("x", [b"1"]), section("y", [b"2"])
    before = [table(), meta(), one, two]
    file, content = sha(*(p.stored for p in before)), sha(*(p.content for p in before))
    return seal(table(), meta(), two, one, file=file, content=content)


@vector("DigestError", "tensor 'w' decodes to other values than were measured")
def digest_tensor_check() -> Made:
    """The elements decode to others than the check says."""
    return seal(table(ROW), meta(), tensor("raw", [PAIR], PAIR, check=bytes(8)))
