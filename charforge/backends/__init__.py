"""Models behind protocols: one file per model family, loaded through entry points."""
