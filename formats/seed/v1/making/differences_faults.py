"""Faults of differences and their bases: delta_*, base_* (SPEC 4.2, 6.11)."""

from __future__ import annotations

import numpy as np

from making.build import Made, meta, seal, section, sha, table, tensor
from making.differences import BASE, LABELS, SECOND, changed, delta, floats, named, one
from making.register import vector

NOT_THERE = "tensor 'w' is a difference to what the base does not have"
OF_BASE = "is of a base, and the header names none"


@vector("UsageError", "ok_delta_all.seed: is a difference itself, to a model of the digest "
        f"{named()['digest'].hex()[:16]}...", base=("ok_delta_all",))  # fmt: skip
def base_missing_below() -> Made:
    """The base is given, and is a difference to a model that is not."""
    return one(changed(), base=named(2, SECOND))


@vector(
    "UsageError",
    "the seed is a difference to another model, of "
    f"{named()['size']:,} bytes of tensors and the digest {named()['digest'].hex()[:16]}...",
)
def base_missing() -> Made:
    """A sound difference, and no base."""
    return one(changed())


@vector("UsageError", "the seed is a difference to another model, of 44 bytes of tensors and the "
        "digest 0000000000000000...")  # fmt: skip
def base_missing_nesting_4() -> Made:
    """As deep as bases may be nested."""
    return one(changed(), base={"digest": bytes(32), "nesting": 4, "size": 44})


@vector(
    "DigestError",
    "the base is another model than the one that the seed is a difference to: the seed names "
    f"{named(2, SECOND)['digest'].hex()[:16]}..., ok_delta_base.seed has "
    f"{named()['digest'].hex()[:16]}...",
    base=("ok_delta_base",),
)
def base_other() -> Made:
    """A base that differs in the values of one tensor."""
    return one(changed(), base=named(1, SECOND))


@vector(
    "MalformedError",
    f"the seed states a base of 7 bytes of tensors, and the one of that digest has "
    f"{named()['size']:,}",
    base=("ok_delta_base",),
)
def base_size() -> Made:
    """The base's digest, and another size."""
    return one(changed(), base=named() | {"size": 7})


@vector(
    "MalformedError",
    "the seed's base is nested no less deep than the seed itself",
    base=("ok_delta_all", "ok_delta_base"),
)
def base_nesting() -> Made:
    """A base that is a difference, in a seed that states the least nesting."""
    return one(changed(), base=named(1, SECOND))


@vector("DigestError", "tensor 'w' decodes to other values than were measured",
        base=("ok_delta_base",))  # fmt: skip
def delta_check() -> Made:
    """The check of what is added, not of the sum."""
    return one(changed(after=floats(1, 1, 1, 1)))


@vector("MalformedError", f"a section of the kind 'tensor' {OF_BASE}")
def delta_without_base() -> Made:
    """A difference in a seed whose header names no base."""
    return seal(table(["w", "F32", [2, 2]]), meta(), changed())


@vector("MalformedError", f"a section of the kind 'tensor' {OF_BASE}")
def delta_same_without_base() -> Made:
    """The codec same in a seed whose header names no base."""
    return seal(table(["w", "F32", [2, 2]]), meta(), changed("same", None))


@vector("MalformedError", f"a section of the kind 'asset' {OF_BASE}")
def delta_asset_without_base() -> Made:
    """A file of a base where the header names none."""
    piece = section("asset", [], name="labels.txt", role="labels", base=sha(LABELS))
    return seal(table(), meta(), piece)


@vector("MalformedError", "a tensor's delta is 'xor', no kind")
def delta_kind() -> Made:
    """A kind of difference that there is not."""
    return one(changed(kind="xor"))


@vector("MalformedError", "the head of a section of the kind 'tensor' has other fields")
def delta_boolean() -> Made:
    """A delta of true."""
    return one(changed(kind=None, delta=True))


@vector("MalformedError", "a tensor that is the base's has a delta or parameters")
def delta_same_delta() -> Made:
    """The codec same as a difference."""
    return one(changed("same", "words"))


@vector("MalformedError", "a tensor that is the base's has a delta or parameters")
def delta_same_params() -> Made:
    """The codec same with a parameter."""
    return one(changed("same", None, params={"x": 1}))


@vector("MalformedError", "a section of the kind 'tensor' has 1 parts, not 0")
def delta_same_part() -> Made:
    """The codec same with a part."""
    return one(tensor("same", [b"x"], BASE["w"][2]))


@vector("MalformedError", "a section of the kind 'asset' has 1 parts, not 0")
def delta_asset_part() -> Made:
    """A file of the base that is there as well."""
    piece = section("asset", [LABELS], name="labels.txt", role="labels", base=sha(LABELS))
    return delta(piece, rows=[])


@vector("MalformedError", "a digest is not 32 bytes")
def delta_asset_digest() -> Made:
    """A digest of 8 bytes for a file of the base."""
    piece = section("asset", [], name="labels.txt", role="labels", base=sha(LABELS)[:8])
    return delta(piece, rows=[])


@vector("MalformedError", NOT_THERE.replace("'w'", "'x'"), base=("ok_delta_base",))
def delta_name() -> Made:
    """A difference to a tensor that the base lacks."""
    return one(changed(), ["x", "F32", [2, 2]])


@vector("MalformedError", NOT_THERE, base=("ok_delta_base",))
def delta_shape() -> Made:
    """As many elements, in another shape."""
    return one(changed(), ["w", "F32", [4]])


@vector("MalformedError", NOT_THERE, base=("ok_delta_base",))
def delta_same_dtype() -> Made:
    """The codec same for the same bits as another dtype."""
    return one(changed("same", None), ["w", "I32", [2, 2]])


@vector("MalformedError", NOT_THERE, base=("ok_delta_base",))
def delta_words_dtype() -> Made:
    """Words of another dtype of the same width."""
    return one(changed(kind="words"), ["w", "U32", [2, 2]])


@vector("MalformedError", NOT_THERE.replace("'w'", "'n'"), base=("ok_delta_base",))
def delta_sum_integers() -> Made:
    """A sum of integers."""
    return one(changed(), ["n", "U8", [3]])


@vector("MalformedError", "raw data has 8 bytes, not 4 x 4", base=("ok_delta_base",))
def delta_sum_width() -> Made:
    """What is added in the tensor's own dtype, where float32 belongs."""
    return one(changed(change=bytes(8)), ["w", "F16", [2, 2]])


@vector("MalformedError", "tensor 'h' adds up to what is no number", base=("ok_delta_base",))
def delta_sum_nan() -> Made:
    """A sum with a NaN of the base."""
    return one(changed(), ["h", "BF16", [4]])


@vector("MalformedError", "tensor 'd' adds up to what is no number", base=("ok_delta_base",))
def delta_sum_infinities() -> Made:
    """Infinities of both signs: the base's is one when it is float32."""
    return one(changed(change=floats(0, -np.inf)), ["d", "F64", [2]])
