"""The core: what a recovery is, without Prefect, without a clock, without a network."""
