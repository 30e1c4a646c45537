"""What a sink gets."""

from seedtool.assemble import Array, Assembly, Asset

__all__ = ["Array", "Assembly", "Asset"]
