"""What takes how long, measured. `python -m benchmarks` runs every module here that has a `run()`.

A module's `run()` returns rows, mappings from column to text or number; all rows of one `table` have the same columns.
"""
