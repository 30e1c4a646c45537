"""``python -m seedtool`` is ``seed``."""

from seedtool.cli import main

main()
