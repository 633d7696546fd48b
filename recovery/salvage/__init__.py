"""What a region had committed when it was left, and never sent: listed, and brought home."""
