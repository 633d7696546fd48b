"""The services of the estate, as one small app per region."""
