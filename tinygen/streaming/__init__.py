"""Running layers row by row: only the rows that are still needed are in memory.

`runs.py` says how a layer computes one row, `segment.py` plans a run of layers, `cuts.py` chooses what runs by rows
and what runs whole within a budget of RAM.
"""
