"""Importers of Keras layers, one family per file. Every module of this package is imported by the registry."""
