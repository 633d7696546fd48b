"""Route 53's data plane for the lab: authoritative answers, and the checkers behind them."""
