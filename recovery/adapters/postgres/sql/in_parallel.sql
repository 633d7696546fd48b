-- The planner takes every row for a group of its own, which each worker would hand over: they hand over some blocks.
SET LOCAL parallel_tuple_cost = 0;
