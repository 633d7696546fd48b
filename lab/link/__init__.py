"""The link between the regions: a TCP forwarder that can be cut, delayed and throttled."""
