"""`python -m sync.cli`: npsync from the source tree, without an install."""

from sync.cli import main

if __name__ == "__main__":
    main()
