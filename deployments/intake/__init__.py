"""The alert intake: what Alertmanager sends is taken in, kept, and never believed on its own."""
