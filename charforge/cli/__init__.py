"""The command line: parses, calls one studio function, prints."""
