"""The report of one operation, built from its journal alone."""
