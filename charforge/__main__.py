"""``python -m charforge`` is the command line."""

from charforge.cli.app import main

if __name__ == "__main__":
    main()
