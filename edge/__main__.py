"""``python -m edge`` is ``menwei``."""

from edge.cli import main

if __name__ == "__main__":
    main()
