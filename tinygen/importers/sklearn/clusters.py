"""Estimators that look for the nearest of a few centres: linear functions of the row choose it."""
