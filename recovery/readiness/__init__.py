"""Could a region be left tonight? What is so in both regions, judged by limits, before the night it matters."""
