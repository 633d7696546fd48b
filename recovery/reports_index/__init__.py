"""The folder of reports as one page: newest first, and the tests over time."""
