"""Fakes that pass the same contract tests as the real thing; users of the ports get them too."""
