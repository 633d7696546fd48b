"""Two real regions on one machine."""
