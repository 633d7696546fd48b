"""Settings and secrets in, clients out."""
