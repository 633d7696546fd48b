"""The steps: one module per verb of the runbooks."""
