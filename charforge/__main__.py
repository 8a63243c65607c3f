"""``python -m charforge`` is the command line."""

from charforge.cli.main import main

if __name__ == "__main__":
    main()
