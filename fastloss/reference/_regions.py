"""Losses of regions: how much of what is predicted and of what is there overlaps."""
