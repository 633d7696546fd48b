"""The parts of a lab: each can start, and prove itself."""
