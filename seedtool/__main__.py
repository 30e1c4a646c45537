"""The command's way in: ``seed``, and ``python -m seedtool``."""

from __future__ import annotations

import sys


def main() -> None:
    """Run the command; stopped while it is still being imported it ends as quietly as later."""
    try:
        from seedtool.cli import main as run
    except KeyboardInterrupt:
        sys.exit(130)
    run()


if __name__ == "__main__":
    main()
