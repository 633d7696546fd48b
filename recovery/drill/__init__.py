"""A disaster recovery test: what it injects, what it expects, and how it is played."""
