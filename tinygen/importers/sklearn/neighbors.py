"""Estimators that look for the stored rows nearest to a row."""
