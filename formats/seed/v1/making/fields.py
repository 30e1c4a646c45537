"""Fields of heads, bodies and documents: more of section_*, and asset_* (SPEC 5.1 and 5.3)."""

from __future__ import annotations

from typing import Any

from making.build import Made, Piece, frame, framed, meta, pack, plain, seal, section, table, tensor
from making.register import vector

FIELDS = "the head of a section of the kind 'tensor' has other fields"
LENGTH = "a section body has another length than declared"
LONGER = "a section body is longer than its parts allow"
ROW = ["w", "U8", [4]]
DATA = b"seed"


def weights(**changes: Any) -> Made:
    """A seed of one tensor whose section has these changes."""
    return seal(table(ROW), meta(), tensor("raw", [DATA], DATA, **changes))


def asset(name: Any = "a.txt", role: Any = "labels", parts: list[bytes] | None = None) -> Piece:
    return section("asset", [b"x"] if parts is None else parts, name=name, role=role)


def assets(*pieces: Piece) -> Made:
    return seal(table(), meta(), *pieces)


@vector("MalformedError", FIELDS)
def section_field_other() -> Made:
    """A field that tensors do not have."""
    return weights(note="x")


@vector("MalformedError", FIELDS)
def section_field_missing() -> Made:
    """A tensor without a codec."""
    parts = [len(DATA)]
    head = pack({"kind": "tensor", "parts": parts, "params": {}, "check": bytes(8)})
    return weights(head=head)


@vector("MalformedError", FIELDS)
def section_params_array() -> Made:
    """Parameters that are an array."""
    head = {"kind": "tensor", "codec": "raw", "params": [], "check": bytes(8), "parts": [4]}
    return weights(head=pack(head))


@vector("MalformedError", FIELDS)
def section_check_text() -> Made:
    """A check that is a string."""
    return weights(check="12345678")


@vector("MalformedError", "a tensor's check is not 8 bytes")
def section_check_long() -> Made:
    """A check of all 32 bytes."""
    return weights(check=bytes(32))


@vector("MalformedError", "the head of a section of the kind 'meta' has other fields")
def section_critical_known() -> Made:
    """The critical key at a kind that every reader knows."""
    raw = pack({})
    return seal(table(), section("meta", [raw], critical=True))


@vector("MalformedError", "a section's critical bit is stated but not set")
def section_critical_false() -> Made:
    """A critical key of false, which is to be left out."""
    return seal(table(), meta(), section("x", [], critical=False))


@vector("MalformedError", "a section's critical bit is stated but not set")
def section_critical_one() -> Made:
    """A critical key of 1."""
    return seal(table(), meta(), section("x", [], critical=1))


@vector("MalformedError", LENGTH)
def section_body_longer() -> Made:
    """A compressed body with a byte after its last chunk."""
    body = framed(frame((0, 64), size=64)) + b"\0"
    part = tensor("raw", [bytes(64)], bytes(64), body=body)
    return seal(table(["w", "U8", [64]]), meta(), part)


@vector("MalformedError", LENGTH)
def section_body_shorter() -> Made:
    """A body that declares a byte less than its chunk takes."""
    return weights(body_length=len(DATA) + 3)


@vector("MalformedError", LONGER)
def section_body_gap() -> Made:
    """Four bytes after a stored chunk."""
    return weights(body=plain(DATA) + bytes(4))


@vector("MalformedError", LONGER)
def section_body_16_eib() -> Made:
    """A body that declares 2^64 - 1 bytes."""
    return weights(body_length=(1 << 64) - 1)


@vector("MalformedError", "a section of the kind 'meta' has 2 parts, not 1")
def section_meta_two_parts() -> Made:
    """A document in two parts."""
    return seal(table(), section("meta", [pack({}), pack({})]))


@vector("MalformedError", "a section of the kind 'meta' has 0 parts, not 1")
def section_meta_no_part() -> Made:
    """A document in no part."""
    return seal(table(), section("meta", []))


@vector("MalformedError", "the meta document is not a map")
def section_meta_array() -> Made:
    """A document that is an array."""
    return seal(table(), section("meta", [pack([])]))


@vector("MalformedError", "the fidelity document is not a map")
def section_fidelity_text() -> Made:
    """A document that is a string."""
    return seal(table(), meta(), section("fidelity", [pack("good")]))


@vector()
def ok_asset_path() -> Made:
    """An asset's name is data: this one is legal, and not to be used as a path."""
    return assets(asset("../../.ssh/authorized_keys"))


@vector()
def ok_asset_empty() -> Made:
    """A file of no bytes."""
    return assets(asset(parts=[b""]))


@vector("MalformedError", "a section of the kind 'asset' has 0 parts, not 1")
def asset_no_part() -> Made:
    """An asset without its file."""
    return assets(asset(parts=[]))


@vector("MalformedError", "a section of the kind 'asset' has 2 parts, not 1")
def asset_two_parts() -> Made:
    """An asset of two files."""
    return assets(asset(parts=[b"x", b"y"]))


@vector("MalformedError", "asset name is not a non-empty string")
def asset_name_empty() -> Made:
    """No name."""
    return assets(asset(""))


@vector("MalformedError", r"asset name 'a\x00.txt' holds a control character")
def asset_name_nul() -> Made:
    """A NUL in the name."""
    return assets(asset("a\0.txt"))


@vector("LimitError", "asset name is 513 bytes long, the limit is 512")
def limit_asset_name() -> Made:
    """A name of 513 bytes."""
    return assets(asset("a" * 513))


@vector("MalformedError", "asset name 'A.txt' appears twice (case folded)")
def asset_name_twice() -> Made:
    """Two files that are one where case is not kept."""
    return assets(asset("a.txt"), asset("A.txt"))


@vector("MalformedError", "the head of a section of the kind 'asset' has other fields")
def asset_role_missing() -> Made:
    """A file without a role."""
    return assets(section("asset", [b"x"], name="a.txt"))


@vector("MalformedError", "asset role is not a non-empty string")
def asset_role_empty() -> Made:
    """A role of no characters."""
    return assets(asset(role=""))
