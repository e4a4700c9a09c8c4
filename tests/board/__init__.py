"""Rooms made up for the board, by hand and for its tests; they import the product and nothing else."""
