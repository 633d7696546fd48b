"""One outside system each; the only importers of its driver."""
