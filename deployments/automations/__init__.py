"""Prefect automations: what happens on its server when an event comes, or does not come in time."""
