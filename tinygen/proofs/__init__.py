"""Proofs that a cheaper computation gives the same bytes, for every input that a layer can get.

A kernel states here, or asks here for, what must hold before it may be used: the fast forms of the requantization
(`requantization.py`), sums that share a machine word, transformed convolutions. A proof is a calculation over the
layer's own weights, biases and bounds; where it fails, the selection goes on to a kernel that does not need it.
"""
