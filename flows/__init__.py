"""One procedure a file; each reads like its runbook."""
