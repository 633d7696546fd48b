"""A test of disaster recovery as evidence: its plan, its scenarios' outcomes, their score, and one document of it."""
