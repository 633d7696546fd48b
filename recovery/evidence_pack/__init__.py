"""The evidence pack of a test: its files, a manifest of their hashes, a signature, and whether all of it holds."""
