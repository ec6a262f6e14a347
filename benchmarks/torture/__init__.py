"""Torture: the importer killed, cut off and started twice, and the server's own record held against its results.

`python -m benchmarks.torture --help`; what is promised and what was measured is in docs/reliability.md.
"""
