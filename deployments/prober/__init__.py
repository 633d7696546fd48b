"""The independent client: it measures what customers see, from outside both regions."""
