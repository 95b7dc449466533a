"""Losses of two or three vectors: angles, distances, correlation, and normal distributions that they describe."""
