"""Neighbours to NearestRows nodes: stored rows as int8 or int16."""
