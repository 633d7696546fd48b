"""The region guard: one small server a region, which the region's gateway asks whether it may serve."""
