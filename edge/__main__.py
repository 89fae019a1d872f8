"""``python -m edge`` is ``menwei``."""

from edge.cli.main import main

if __name__ == "__main__":
    main()
