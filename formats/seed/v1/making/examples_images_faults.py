"""Examples that are images, of one fault each: examples_*, limit_examples_* (SPEC 5.7)."""

from __future__ import annotations

from typing import Any

from making import examples_packed as packed
from making.build import Made
from making.examples_blocks import cosines, examples, images, trellis
from making.examples_images import COLOUR, GREY, SMALL
from making.register import vector

PLAIN = images([2, 3], GREY)
MASK, MEAN, *TRELLIS = SMALL.parts
PNG = images([2, 3], GREY[:6], "png", packed.png(3, 2, GREY[:6]))


def picture(form: str, shape: list[int], data: bytes, count: int = 1) -> Made:
    return examples(count, images(shape, b"", form, data))


@vector(
    "MalformedError",
    "examples, inputs: parameter 'form' is not cosines or plain or png or jpeg or webp",
)
def examples_images_form() -> Made:
    """Images by a form that there is not."""
    return examples(2, PLAIN.but(form="gif"))


@vector("MalformedError", "examples: images are not of height, width and few channels")
def examples_images_shape_1() -> Made:
    """Images of one dimension."""
    return examples(2, PLAIN.but(shape=[6]))


@vector("MalformedError", "examples: images are not of height, width and few channels")
def examples_images_shape_4() -> Made:
    """Images of four dimensions."""
    return examples(2, PLAIN.but(shape=[2, 3, 1, 1]))


@vector("MalformedError", "examples, inputs: parameter 'shape' is not all in 1..16384")
def examples_images_height_0() -> Made:
    """Images of no height."""
    return examples(2, PLAIN.but(b"", shape=[0, 3]))


@vector("MalformedError", "examples, inputs: parameter 'shape' is not all in 1..16384")
def examples_images_width_over() -> Made:
    """Images of a width of 2^14 + 1."""
    return examples(2, PLAIN.but(shape=[1, (1 << 14) + 1]))


@vector("MalformedError", "examples: images are not of height, width and few channels")
def examples_images_channels_17() -> Made:
    """Images of 17 channels."""
    return examples(1, images([1, 1, 17], bytes(17)))


@vector("LimitError", "examples: the images take over 67108864 bytes")
def limit_examples_images() -> Made:
    """Images that take 2^26 + 2^13 bytes."""
    return examples((1 << 13) + 1, PLAIN.but(shape=[1 << 7, 1 << 6]))


@vector("MalformedError", "examples, inputs: unknown parameters 'step'")
def examples_images_key_unknown() -> Made:
    """A key that plain images do not have."""
    return examples(2, PLAIN.but(step=4))


@vector("MalformedError", "examples, inputs: parameter 'axes' is not in 0..2")
def examples_images_axes_3() -> Made:
    """Differences along three axes."""
    return examples(2, PLAIN.but(axes=3))


@vector("MalformedError", "plain data has 11 bytes, not 12 x 1")
def examples_images_short() -> Made:
    """A pixel less than there should be."""
    return examples(2, PLAIN.but(GREY[1:]))


# ---- Cosines


@vector("LimitError", "examples: a side is over 512 pixels")
def limit_examples_cosines_side() -> Made:
    """Coefficients of a height of 513."""
    return examples(1, cosines([513, 1], [0] * 513, [{}], 1.0))


@vector("MalformedError", "a mask has 3 bytes, not 2 x 1")
def examples_cosines_mask_long() -> Made:
    """A mask of a byte more."""
    return examples(3, SMALL.but(MASK + b"\0", MEAN, *TRELLIS))


@vector("MalformedError", "examples: a mask has bits after its last")
def examples_cosines_mask_bits() -> Made:
    """A mask with a bit after its last coefficient."""
    mask = bytes([MASK[0], MASK[1] | 0x10])
    return examples(3, SMALL.but(mask, MEAN, *TRELLIS))


@vector("MalformedError", "a mean has 47 bytes, not 48 x 1")
def examples_cosines_mean_short() -> Made:
    """A mean of a byte less."""
    return examples(3, SMALL.but(MASK, MEAN[1:], *TRELLIS))


@vector("MalformedError", "a coded stream ends too early")
def examples_cosines_kept_more() -> Made:
    """A mask that keeps a coefficient more than are coded."""
    return examples(3, SMALL.but(bytes([MASK[0] | 2, MASK[1]]), MEAN, *TRELLIS))


@vector("MalformedError", "examples, inputs: parameter 'values' is missing or no dict")
def examples_cosines_values_missing() -> Made:
    """Coefficients that are kept, and no params of theirs."""
    return examples(3, SMALL.but(values=None))


@vector("MalformedError", "examples, inputs: unknown parameters 'values'")
def examples_cosines_values_of_nothing() -> Made:
    """Params of coefficients where none is kept."""
    block = cosines([2, 2], [200, -3, 1000, 40], [{}, {}], 1.0)
    return examples(2, block.but(values=SMALL.params["values"]))


@vector("MalformedError", "examples: 3 parts where 2 belong")
def examples_cosines_parts_of_nothing() -> Made:
    """A part of coefficients where none is kept."""
    block = cosines([2, 2], [200, -3, 1000, 40], [{}, {}], 1.0)
    return examples(2, block.but(*block.parts, b""))


@vector("MalformedError", "examples: parts are missing")
def examples_cosines_no_mean() -> Made:
    """A mask alone."""
    return examples(3, SMALL.but(MASK))


@vector("MalformedError", "examples: a coefficient is no integer")
def examples_cosines_fraction() -> Made:
    """A coefficient that is no integer."""
    return examples(3, SMALL.but(values={**SMALL.params["values"], "step": 0.25}))


@vector("MalformedError", "examples: a coefficient is too large")
def examples_cosines_large() -> Made:
    """A coefficient of 2^33, with which a sum may be over 2^52."""
    params, parts, _ = trellis([1.0], 0.5)
    block = one(params, *parts)
    return examples(1, block.but(*block.parts[:2], *parts, values={**params, "step": 2.0**32}))


@vector("MalformedError", "examples: a coefficient is too large")
def examples_cosines_infinite() -> Made:
    """A coefficient that overflows."""
    params, parts, _ = trellis([1.0], 0.5)
    values = {**params, "step": 2.0**100, "row_step": 1800}
    return examples(1, one(params).but(*one(params).parts[:2], *parts, b"\0", values=values))


def one(params: dict[str, Any], *parts: bytes) -> Any:
    """An image of 2 x 2 with its first coefficient kept."""
    return cosines([2, 2], [0] * 4, [{0: 1.0}], 0.5)


# ---- Pictures


@vector("MalformedError", "examples: a picture has another size than its images")
def examples_picture_size() -> Made:
    """A picture of another size than its images."""
    return picture("png", [2, 3], packed.png(2, 3, GREY[:6]))


@vector("MalformedError", "examples: a picture is neither grey nor RGB")
def examples_picture_channels_2() -> Made:
    """Two channels, which no picture has."""
    return picture("png", [2, 3, 2], packed.png(3, 2, GREY, 4))


@vector("MalformedError", "examples: a picture is not grey, of 8 bits and alone")
def examples_picture_colours() -> Made:
    """A picture in colours of grey images."""
    return picture("png", [2, 3], packed.png(3, 2, COLOUR, 2))


@vector("MalformedError", "examples: a picture is not RGB, of 8 bits and alone")
def examples_picture_grey() -> Made:
    """A grey picture of images in colours."""
    return picture("png", [2, 3, 3], packed.png(3, 2, GREY[:6]))


@vector("MalformedError", "examples: a picture is not grey, of 8 bits and alone")
def examples_picture_16_bits() -> Made:
    """A picture of 16 bits a pixel."""
    return picture("png", [2, 3], packed.png(3, 2, GREY, 0, 16))


@vector("MalformedError", "examples: a picture can't be read as PNG")
def examples_picture_form() -> Made:
    """A WebP that is said to be a PNG."""
    return picture("png", [4, 2, 3], packed.WEBP)


@vector("MalformedError", "examples: a picture can't be read as JPEG")
def examples_picture_short() -> Made:
    """A picture that stops early."""
    return picture("jpeg", [16, 8], packed.JPEG[:40])


@vector("MalformedError", "examples: 2 parts where 1 belong")
def examples_picture_parts() -> Made:
    """A picture in two parts."""
    return examples(1, PNG.but(PNG.parts[0], b""))


@vector("MalformedError", "examples, inputs: unknown parameters 'quality'")
def examples_picture_key_unknown() -> Made:
    """A key that pictures do not have."""
    return examples(1, PNG.but(quality=90))
