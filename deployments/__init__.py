"""Every way in, and what runs where."""
