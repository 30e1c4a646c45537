"""Images by the codec `examples`: ok_examples_* (SPEC 5.7).

Readers that lack a decoder of PNG, JPEG or WebP have no need of ok_examples_picture_*.
"""

from __future__ import annotations

from making import examples_packed as packed
from making.build import Made
from making.coder import numbers as drawn
from making.coder import stream, table_of, u16
from making.examples_blocks import classes, cosines, examples, images
from making.register import vector

GREY = bytes(drawn(12, 256, 4))  # two images of 2 x 3, or others
COLOUR = bytes(drawn(18, 256, 6))
SMALL = cosines(
    [3, 4], [400, 0, -30, *[7] * 8, -9], [{0: 44.0, 5: -16.0}, {9: 8.0}, {0: 4000.0}], 2.0
)


def differences(height: int, width: int, pixels: bytes, axes: int) -> bytes:
    """What plain images of one channel are stored as."""

    def at(image: int, row: int, column: int) -> int:
        inside = row >= 0 and column >= 0
        return pixels[(image * height + row) * width + column] if inside else 0

    def difference(image: int, row: int, column: int) -> int:
        made = at(image, row, column) - at(image, row, column - 1)
        if axes == 2:
            made -= at(image, row - 1, column) - at(image, row - 1, column - 1)
        return made % 256

    return bytes(
        difference(i, r, c)
        for i in range(len(pixels) // height // width)
        for r in range(height)
        for c in range(width)
    )


@vector()
def ok_examples_images_plain() -> Made:
    """Two grey images, as they are."""
    return examples(2, images([2, 3], GREY), classes(1, 1), names=("ink", "paper"))


@vector()
def ok_examples_images_width() -> Made:
    """Differences along the width."""
    return examples(2, images([2, 3], GREY, "plain", differences(2, 3, GREY, 1), axes=1))


@vector()
def ok_examples_images_height_and_width() -> Made:
    """Differences along height and width, by range coding."""
    pixels = bytes(3 * (n // 24) + n % 4 + n // 4 % 6 for n in range(48))
    made = differences(6, 4, pixels, 2)
    found = sorted({*made})
    symbols = [found.index(byte) for byte in made]
    table = table_of(symbols, len(found))
    parts = [bytes(found), u16(table), stream(symbols, table, 1)]
    lossless = {"form": "values", "lanes": 1, "tail": 0}
    return examples(2, images([6, 4], pixels, "plain", *parts, axes=2, values=lossless))


@vector()
def ok_examples_images_channels() -> Made:
    """One image of three channels, as differences along the width, by pixels."""
    made = [(b - (COLOUR[i - 3] if i % 9 >= 3 else 0)) % 256 for i, b in enumerate(COLOUR)]
    return examples(1, images([2, 3, 3], COLOUR, "plain", bytes(made), axes=1))


@vector()
def ok_examples_cosines() -> Made:
    """Three images of coefficients, three of which are kept; some pixels are clipped."""
    assert {0, 255} & {*SMALL.content[-36:]}
    return examples(3, SMALL)


@vector()
def ok_examples_cosines_alike() -> Made:
    """No coefficient is kept: all images are the mean."""
    return examples(2, cosines([2, 2], [200, -3, 1000, 40], [{}, {}], 1.0))


@vector()
def ok_examples_cosines_channels() -> Made:
    """Coefficients along channels too, of sizes of every parity."""
    mean = [300, *[n - 8 for n in drawn(29, 17, 2)]]
    rows = [{n: float(24 - 5 * n - 9 * i) for n in range(0, 30, 4)} for i in range(3)]
    return examples(3, cosines([5, 2, 3], mean, rows, 1.0))


@vector()
def ok_examples_picture_png() -> Made:
    """Five images of 3 x 2 in a grey PNG of two a row; what is left is black."""
    pixels = bytes(drawn(30, 256, 8))
    rows = [[0, 1], [2, 3], [4]]
    whole = b""
    for row in rows:
        for y in range(3):
            line = b"".join(pixels[6 * i + 2 * y : 6 * i + 2 * y + 2] for i in row)
            whole += line.ljust(4, b"\0")
    return examples(5, images([3, 2], pixels, "png", packed.png(4, 9, whole)))


@vector()
def ok_examples_picture_colour() -> Made:
    """An image of 2 x 3 in a PNG of RGB."""
    return examples(1, images([2, 3, 3], COLOUR, "png", packed.png(3, 2, COLOUR, 2)))


@vector()
def ok_examples_picture_channel() -> Made:
    """An image of one channel in a grey PNG."""
    return examples(1, images([4, 3, 1], GREY, "png", packed.png(3, 4, GREY)))


@vector()
def ok_examples_picture_jpeg() -> Made:
    """Two images of 8 x 8, each of one grey, in a JPEG."""
    pixels = bytes([61] * 64 + [196] * 64)
    return examples(2, images([8, 8], pixels, "jpeg", packed.JPEG))


@vector()
def ok_examples_picture_webp() -> Made:
    """Two grey images in a WebP, which has colours alone."""
    pixels = bytes((19595 * r + 38470 * g + 7471 * b + 32768) >> 16 for r, g, b in packed.COLOURS)
    return examples(2, images([2, 2], pixels, "webp", packed.WEBP))


@vector()
def ok_examples_picture_webp_colour() -> Made:
    """An image of RGB in a WebP."""
    pixels = bytes(byte for colour in packed.COLOURS for byte in colour)
    return examples(1, images([4, 2, 3], pixels, "webp", packed.WEBP))
