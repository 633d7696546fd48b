"""The kill matrix in a lab: each procedure's process is killed at each of its points, and another one goes on."""
